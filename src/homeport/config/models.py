"""The shape of the configuration file. Each default can be written out with the same effect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.engine.follow import families_in
from homeport.model.address import Family, IPAddress
from homeport.model.line import Line
from homeport.model.name import Fqdn
from homeport.model.rrset import ADDRESSES, Option, RRType
from homeport.model.secret import Secret

AUTO = "auto"
"""The address source of every record that names none; who writes a source of this name replaces the built-in one."""
YEAR = 31_536_000  # seconds: no clock is asked to wait longer
LEAST_STUN = 60.0  # seconds: the server is somebody else's
Seconds = Annotated[float, Meta(gt=0, le=YEAR, description="seconds")]
Listen = Annotated[tuple[str, ...], Meta(description='"address:port", one or a list; [::] for IPv6')]
Detecting = Annotated[Any, Meta(extra={"reads": "detector"})]  # settings, read by the detector `kind` names
Publishing = Annotated[Any, Meta(extra={"reads": "provider"})]  # settings, read by the provider `kind` names
Notifying = Annotated[Any, Meta(extra={"reads": "notifier"})]  # settings, read by the notifier `kind` names
Options = Annotated[frozenset[Option], Meta(extra={"reads": "options"})]  # typed by the record's provider

Kept = Annotated[Path, Meta(extra={"is": "state"})]
"""Where Homeport itself writes: it goes along with the program, and not with the file."""


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A mapping of the file: unknown keys are errors."""


class AddressSource(Model, frozen=True, kw_only=True):
    """Where one address comes from: detectors, and how many independent ones must agree; or several such lines."""

    detect: tuple[Detecting, ...] = ()
    witnesses: Annotated[int, Meta(ge=1)] | None = None
    allow_private: bool = False
    interface: Annotated[
        str,
        Meta(description="ask over this interface alone, never over another route", extra={"is": "name"}),
    ] = ""
    source: Annotated[IPAddress, Meta(description="ask from this address of this machine alone")] | None = (
        None
    )
    lines: Annotated[
        tuple[str, ...],
        Meta(description="instead of `detect`: names of other address sources, the best line first"),
    ] = ()
    use: Annotated[
        Literal["best", "all"], Meta(description="the first of the lines that works, or all that work")
    ] = "best"
    fail_over: Annotated[float, Meta(gt=0, le=YEAR, description="seconds a silent line keeps its place")] = 10
    fail_back: Annotated[
        float, Meta(gt=0, le=YEAR, description="seconds a line that came back waits for its place")
    ] = 60

    @property
    def line(self) -> Line:
        """How this source asks."""
        return Line(self.interface or None, self.source)


class Record(Model, frozen=True, kw_only=True):
    """One name this agent keeps pointed at an address: the instruction to manage these whole RRsets."""

    name: Fqdn
    types: tuple[RRType, ...] = ADDRESSES
    content: Annotated[
        dict[RRType, str],
        Meta(
            description="what HTTPS, SVCB or TXT says, with {ipv4} and {ipv6}; without it the published parameters "
            "of HTTPS and SVCB are kept and their address hints follow"
        ),
    ] = {}
    address: Annotated[
        str | dict[RRType, str],
        Meta(description="the name of an address source, or one for each type; auto is built in"),
    ] = AUTO
    provider: str
    ttl: Annotated[int, Meta(ge=1, le=86400, description="seconds")] = 60
    host_id: Annotated[
        str,
        Meta(
            description="put on the learned IPv6 prefix: ::10, a MAC address (its EUI-64), or preserve, what is "
            "published now"
        ),
    ] = ""
    options: Options = frozenset()
    adopt: Annotated[bool, Meta(description="take over an RRset that holds several values already")] = False
    shared: Annotated[bool, Meta(description="round robin: replace only members proven ours")] = False
    when_gone: Literal["hold", "withdraw"] = "hold"
    withdraw_after: Seconds = 3600

    def source(self, rrtype: RRType) -> str:
        """Return the name of the address source for one type of address."""
        return str(self.address[rrtype] if isinstance(self.address, dict) else self.address)

    def families(self) -> list[Family]:
        """Return the families whose addresses the record is, or speaks of."""
        spoken = {family for content in self.content.values() for family in families_in(content)}
        return [family for family in Family if family.rrtype in self.types or family in spoken]

    def follows(self, rrtype: RRType) -> tuple[tuple[Family, str], ...]:
        """Return the families that a type speaks of with their sources; nothing of one that is an address."""
        if rrtype in ADDRESSES:
            return ()
        content = self.content.get(rrtype, "")
        families = families_in(content) if content else [each for each in Family if each.rrtype in self.types]
        return tuple((family, self.source(family.rrtype)) for family in families)


class Tls(Model, frozen=True, kw_only=True):
    certificate: Path
    key: Path


GENERATED: Literal["generated"] = "generated"


class Web(Model, frozen=True, kw_only=True):
    """The agent's page."""

    listen: Listen = ("127.0.0.1:9876",)
    names: Annotated[
        tuple[str, ...],
        Meta(description="host names the page may be asked by, besides localhost and addresses"),
    ] = ()
    tls: Annotated[
        Tls | Literal["generated"] | None,
        Meta(description="a certificate and its key, or one that is made here"),
    ] = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="addresses or networks of proxies in front, whose X-Forwarded-For and -Proto count"),
    ] = ()
    open_metrics: Annotated[
        bool,
        Meta(description="show /metrics, with the names, to every program of this machine, without a token"),
    ] = False


class Heartbeat(Model, frozen=True, kw_only=True):
    """Whom this agent asks, every few seconds, where it is seen: a server of one's own, or a STUN server."""

    server: Annotated[str, Meta(description="a provider of kind homeport: its server is asked")] = ""
    stun: Annotated[str, Meta(description='"host:port" of a STUN server, asked instead')] = ""
    at: Annotated[
        str, Meta(description='"host:port" that beats go to, where it is not as the server says')
    ] = ""
    every: Annotated[float, Meta(ge=1, le=3600, description="seconds; 10, and 60 for STUN")] | None = None

    @property
    def interval(self) -> float:
        """Seconds between two beats."""
        return self.every or (LEAST_STUN if self.stun else 10.0)


class Pusher(Model, frozen=True, kw_only=True):
    """A router, or another dyndns2 client, that may tell this agent its address: its name is the user."""

    password: Secret
    names: Annotated[
        tuple[Fqdn, ...],
        Meta(description="the only names it may update; left out: those of the records that follow it"),
    ] = ()


class Agent(Model, frozen=True, kw_only=True):
    """The agent's part of the file."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,31})?$",
            description="written as homeport:ID into the remark of this agent's members of shared records, where "
            "the host has remarks, and known again by it",
        ),
    ] = ""
    addresses: dict[str, AddressSource] = {}
    records: tuple[Record, ...] = ()
    providers: dict[str, Publishing] = {}
    interval: Annotated[float, Meta(ge=1, le=YEAR, description="seconds between safety-net rounds")] = 300
    debounce: Annotated[float, Meta(ge=0, le=60, description="seconds of quiet before a round")] = 0.3
    heartbeat: Heartbeat | None = None
    router_events: Annotated[
        bool,
        Meta(description="listen to what the home router tells of its address; nothing is changed there"),
    ] = True
    push: Annotated[
        dict[str, Pusher],
        Meta(description="who may push an address to /nic/update of the page, by user name"),
    ] = {}
    notify: Annotated[
        dict[str, Notifying], Meta(description="who is told what happened, by a name each")
    ] = {}
    web: Web = Web()
    state: Kept | None = None
    resolver: Annotated[tuple[str, ...], Meta(description="replaces the system resolver")] = ()


class ZoneNameServer(Model, frozen=True, kw_only=True):
    name: Fqdn
    addresses: tuple[IPAddress, ...] = ()


class ServedZone(Model, frozen=True, kw_only=True):
    name: Fqdn
    nameservers: tuple[ZoneNameServer, ...] = ()
    ttl: Annotated[int, Meta(ge=1, le=86400, description="seconds")] = 60


class Gateway(Model, frozen=True, kw_only=True):
    listen: Listen = ("127.0.0.1:8053",)
    trusted_proxies: Annotated[tuple[str, ...], Meta(description="addresses or networks")] = ()
    tls: Tls | None = None


class Dns(Model, frozen=True, kw_only=True):
    listen: Listen = ("127.0.0.1:5300",)


class Heartbeats(Model, frozen=True, kw_only=True):
    listen: Listen = ("127.0.0.1:8054",)


class SqliteStore(Model, frozen=True, kw_only=True, tag_field="kind", tag="sqlite"):
    path: Kept | None = None


class Server(Model, frozen=True, kw_only=True):
    """The server's part of the file."""

    zones: tuple[ServedZone, ...] = ()
    gateway: Gateway = Gateway()
    dns: Dns = Dns()
    heartbeat: Heartbeats | None = None
    store: SqliteStore = SqliteStore()
    key: Annotated[Secret, Meta(extra={"is": "state"})] | None = None


class Config(Model, frozen=True, kw_only=True):
    """One `homeport.yaml`; either part may be absent."""

    agent: Agent | None = None
    server: Server | None = None
