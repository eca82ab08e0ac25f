"""The demo: a server and an agent of our own on this machine, wired to each other, and nothing kept.

It is the whole path for real: the address is read off this machine's interfaces, the update is signed and
goes over HTTP, the store is a database on disk, and the name servers that are asked are ours.
"""

from __future__ import annotations

import asyncio
import re
import socket
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.agent import Agent, Loaded, open_agent, unchanging
from homeport.config import models
from homeport.config.paths import server_database
from homeport.detectors.interface import Settings as Interface
from homeport.jobs.clock import SystemClock
from homeport.model.name import Fqdn
from homeport.model.secret import Secret
from homeport.ports import Clock
from homeport.providers.homeport import Settings as OurServer
from homeport.server import Server, administer
from homeport.telemetry.events import Event, listen

ZONE = Fqdn.parse("demo.home.arpa")  # home.arpa is for names that mean something at home only (RFC 8375)
GATEWAY_PORT, DNS_PORT = 8053, 5300
KEPT = 8  # changes shown


@dataclass(frozen=True, slots=True)
class Change:
    """One change as it was seen.

    Attributes:
        noticed_to_visible: seconds from the first hint to the name server's answer; debouncing included.
    """

    at: float
    record: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    noticed_to_visible: float | None


@dataclass(slots=True)
class Demo:
    """What there is to look at.

    Attributes:
        name: follows this machine.
        spare: another host, for a person to try updates on by hand.
        spare_token: its credential, made for this run and worth nothing after it.
    """

    name: Fqdn
    spare: Fqdn
    spare_token: tuple[str, str]
    gateway: tuple[str, int]
    dns: tuple[str, int]
    agent: Agent
    clock: Clock
    changes: deque[Change] = field(default_factory=lambda: deque(maxlen=KEPT))
    _published: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    _hinted_at: float = 0.0

    @property
    def tries(self) -> list[str]:
        """Return what to type to see it with one's own eyes."""
        host, port = self.dns
        gateway = f"http://{self.gateway[0]}:{self.gateway[1]}"
        token, secret = self.spare_token
        return [
            f"dig @{host} -p {port} {self.name} A",
            f"dig @{host} -p {port} {self.name} AAAA",
            f'curl -u {token}:{secret} "{gateway}/nic/update?hostname={self.spare}&myip=203.0.113.7"',
            f"dig @{host} -p {port} {self.spare} A +short",
            f"curl {gateway}/ip",
        ]

    def hear(self, event: Event, fields: dict[str, Any]) -> None:
        """Take from the events what the view shows."""
        if event is Event.CHANGE_HINTED:
            self._hinted_at = self.clock.monotonic() - fields["waited"]
        elif event is Event.RECORD_PUBLISHED:
            self._published[fields["record"]] = (fields["before"], fields["after"])
        elif event in (Event.RECORD_VERIFIED, Event.RECORD_UNVERIFIED):
            self._note(fields["record"], is_visible=event is Event.RECORD_VERIFIED)

    def _note(self, record: str, *, is_visible: bool) -> None:
        before, after = self._published.get(record, ([], []))
        took = self.clock.monotonic() - self._hinted_at if is_visible else None
        self.changes.appendleft(Change(self.clock.now(), record, tuple(before), tuple(after), took))


@asynccontextmanager
async def demonstrate(on_change: Callable[[], None]) -> AsyncIterator[Demo]:
    """Run server and agent until the block ends; what they stored goes with it.

    Args:
        on_change: called after every event.

    Raises:
        HomeportError: it could not start, with the way out.
    """
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="homeport-demo-", ignore_cleanup_errors=True) as kept:
        folder = Path(kept)
        async with asyncio.TaskGroup() as group:
            server, running = await _serve(folder, clock, group)
            name, spare = Fqdn((_label(), *ZONE.labels)), Fqdn(("try", *ZONE.labels))
            settings = _server_settings(0, 0, folder)
            tokens = [await _host(settings, folder, each) for each in (name, spare)]
            [gateway, *_], [dns, *_] = server.gateway_addresses, server.dns_addresses
            async with open_agent(_agent(folder, name, tokens[0], gateway), clock) as agent:
                demo = Demo(name, spare, tokens[1], gateway, dns, agent, clock)

                def hear(event: Event, fields: dict[str, Any]) -> None:
                    demo.hear(event, fields)
                    on_change()

                stop = listen(hear)
                working = group.create_task(agent.run())
                try:
                    yield demo
                finally:
                    stop()
                    working.cancel()
                    await asyncio.wait((working,))
            running.cancel()


async def _serve(folder: Path, clock: Clock, group: asyncio.TaskGroup) -> tuple[Server, asyncio.Task[None]]:
    """Start the server on the ports the README names, or on free ones when those are taken."""
    free = all(_is_free(port) for port in (GATEWAY_PORT, DNS_PORT))
    settings = _server_settings(*((GATEWAY_PORT, DNS_PORT) if free else (0, 0)), folder)
    server, ready = Server(settings, server_database(settings.store.path), clock=clock), asyncio.Event()
    running = group.create_task(server.run(ready))
    await ready.wait()
    return server, running


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as trying:
            if kind is socket.SOCK_STREAM:
                trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trying.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def _server_settings(gateway_port: int, dns_port: int, folder: Path) -> models.Server:
    return models.Server(
        zones=(models.ServedZone(name=ZONE),),
        gateway=models.Gateway(listen=(f"127.0.0.1:{gateway_port}",)),
        dns=models.Dns(listen=(f"127.0.0.1:{dns_port}",)),
        store=models.SqliteStore(path=folder / "server.db"),
    )


async def _host(settings: models.Server, folder: Path, name: Fqdn) -> tuple[str, str]:
    """Add a host and a token for it, as `homeport host add` and `homeport token create` do."""
    database = folder / "server.db"
    await administer(settings, database, "host.add", name=str(name))
    token = await administer(settings, database, "token.create", hosts=[str(name)])
    return token["id"], token["secret"]


def _agent(folder: Path, name: Fqdn, token: tuple[str, str], gateway: tuple[str, int]) -> Loaded:
    ours = OurServer(server=f"http://{gateway[0]}:{gateway[1]}", token=Secret.literal(".".join(token)))
    settings = models.Agent(
        addresses={"lan": models.AddressSource(detect=(Interface(),), allow_private=True)},
        records=(models.Record(name=name, address="lan", provider="ours"),),
        providers={"ours": ours},
        state=folder / "agent",
    )
    return unchanging(settings, folder / "agent")


def _label() -> str:
    """Return this machine's own name as one label."""
    label = re.sub(r"[^a-z0-9-]+", "-", socket.gethostname().split(".")[0].lower()).strip("-")[:63]
    return label if label and label not in ("try", "ns1") else "this-machine"
