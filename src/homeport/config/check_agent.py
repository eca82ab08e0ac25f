"""What no single value of the agent's part can tell: names that must be known, things that must fit each other."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from ipaddress import ip_network
from typing import Any

import msgspec

from homeport.config import kinds, pushers
from homeport.config.convert import BROKEN, is_read
from homeport.config.findings import Findings, sound
from homeport.config.listen import endpoint, server, url
from homeport.config.models import AUTO, LEAST_STUN, Agent, Heartbeat, Record, Web
from homeport.config.node import Items, Scalar, Table
from homeport.config.scalar import name_of
from homeport.engine.follow import why_not_content
from homeport.engine.source import can_tell
from homeport.model.address import Family
from homeport.model.host_id import PRESERVE, parse_host_id
from homeport.model.name import Fqdn
from homeport.model.rrset import ADDRESSES, SERVICES, RRType
from homeport.model.secret import Secret
from homeport.ports import Detector

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}")
STARS = "***"  # where a secret comes from that stands in the file itself
_LOOPBACK = ("127.", "localhost", "[::1]")


def check_agent(findings: Findings, agent: Agent) -> Agent:
    if isinstance(agent.web, msgspec.Struct):
        _web(findings, agent.web)
    findings.endpoints("agent.resolver", agent.resolver, server)
    providers = agent.providers if isinstance(agent.providers, Mapping) else None
    sources = agent.addresses if isinstance(agent.addresses, Mapping) else None
    zones = {name: _provider(findings, name, settings) for name, settings in sound(providers)}
    records = list(sound(agent.records))
    for i, record in records:
        _record(findings, f"agent.records[{i}]", record, sources)
        if is_read(record.provider) and providers is not None:
            _placed(findings, f"agent.records[{i}]", record, zones, providers)
    _twice(findings, records)
    for name, source in sound(sources):
        _source(findings, name, source, _families({name, *_above(name, sources)}, records), sources or {})
    used = {str(record.provider) for _, record in records}
    if isinstance(agent.heartbeat, msgspec.Struct):
        _heartbeat(findings, agent.heartbeat, providers)
        used.add(str(agent.heartbeat.server))
    _unused(findings, providers, used, "agent.providers")
    pushers.check(findings, agent)
    _notify(findings, agent)
    if not is_read(agent.records):
        return agent
    read = tuple(_with_options(findings, i, record, providers or {}) for i, record in records)
    return msgspec.structs.replace(agent, records=read)


def _notify(findings: Findings, agent: Agent) -> None:
    """Check that the names are there of which somebody is told, and that a URL that stands in the file is one."""
    known = {record.name for _, record in sound(agent.records) if is_read(record.name)}
    for name, settings in sound(agent.notify):
        path = f"agent.notify.{name}"
        for i, each in sound(getattr(settings, "names", ())):
            if is_read(agent.records) and each not in known:
                findings.warn(f"{path}.names[{i}]", f"no record is named {each}, so nothing is told of it")
        target = getattr(settings, "url", None)
        if isinstance(target, Secret) and target.source == STARS:
            _url(findings, f"{path}.url", target.reveal())


def _web(findings: Findings, web: Web) -> None:
    """Check who is let in from where."""
    findings.endpoints("agent.web.listen", web.listen)
    for i, text in sound(web.trusted_proxies):
        try:
            ip_network(text, strict=False)
        except ValueError:
            findings.fault(
                f"agent.web.trusted_proxies[{i}]", "expected an address or a network like 192.0.2.0/24"
            )
    for i, name in sound(web.names):
        if not _NAME.fullmatch(name):
            findings.fault(
                f"agent.web.names[{i}]",
                "expected a host name as a browser sends it, without port; xn-- for others",
            )


def _provider(findings: Findings, name: str, settings: Any) -> Fqdn | None:
    """Check what every provider's settings share; return the zone it is bound to."""
    path = f"agent.providers.{name}"
    findings.endpoints(f"{path}.nameservers", getattr(settings, "nameservers", ()), server)
    for field in kinds.urls_of(type(settings)):
        _url(findings, f"{path}.{field}", getattr(settings, field))
    zone = getattr(settings, "zone", None)
    if not isinstance(zone, str) or not zone:
        return zone if isinstance(zone, Fqdn) else None
    try:
        return name_of(zone)
    except ValueError as error:
        findings.fault(f"{path}.zone", str(error))
        return None


def _url(findings: Findings, path: str, text: Any) -> None:
    if not isinstance(text, str) or not text:
        return
    try:
        url(text)
    except ValueError as error:
        findings.fault(path, str(error))
    if text.startswith("http://") and not text[7:].startswith(_LOOPBACK):
        findings.warn(path, "what is sent there goes over the network in the clear; write https://")


def _heartbeat(findings: Findings, heartbeat: Heartbeat, providers: Any) -> None:
    path = "agent.heartbeat"
    for field in ("stun", "at"):
        _place(findings, f"{path}.{field}", getattr(heartbeat, field))
    named, is_stun = heartbeat.server, is_read(heartbeat.stun) and bool(heartbeat.stun)
    if is_read(named) and is_read(heartbeat.stun) and bool(named) == is_stun:
        findings.fault(path, "give either server, a provider of kind homeport, or stun")
    if is_read(named) and named and providers is not None:
        _own_server(findings, f"{path}.server", named, providers)
    elif is_stun and is_read(heartbeat.every) and heartbeat.interval < LEAST_STUN:
        why = f"a STUN server is somebody else's: not below {LEAST_STUN:g} seconds"
        findings.fault(f"{path}.every", why)


def _place(findings: Findings, path: str, text: str) -> None:
    try:
        if is_read(text) and text:
            endpoint(text)
    except ValueError as error:
        findings.fault(path, str(error))


def _own_server(findings: Findings, path: str, name: str, providers: Mapping[str, Any]) -> None:
    """Check that heartbeats go to a server of ours."""
    if findings.known(path, name, providers, "provider"):
        kind = findings.converter.kinds.get(
            f"agent.providers.{name}", "homeport"
        )  # a kind there is not is told
        if kind != "homeport":
            findings.fault(path, f"{name} is of kind {kind}; heartbeats go to a provider of kind homeport")


def _record(findings: Findings, path: str, record: Record, sources: Any) -> None:
    types = [rrtype for _, rrtype in sound(record.types)]
    if record.types == ():
        findings.fault(f"{path}.types", "expected A, AAAA or both, found nothing")
    if is_read(record.types) and is_read(record.content):
        _content(findings, path, record, types)
    seen: set[RRType] = set()
    for i, rrtype in sound(record.types):
        if rrtype in seen:
            findings.fault(f"{path}.types[{i}]", f"{rrtype} is written twice")
        seen.add(rrtype)
    _address(findings, path, record, sources)
    if record.host_id and is_read(record.host_id):
        _host_id(findings, path, record.host_id, types)
        _preserved(findings, path, record)


def _address(findings: Findings, path: str, record: Record, sources: Any) -> None:
    named, wanted = record.address, [family.rrtype for family in _spoken(record)]
    if isinstance(named, dict):
        for rrtype in wanted:
            if rrtype not in named:
                findings.fault(f"{path}.address", f"no address source is named for {rrtype}")
        for rrtype in named:
            if rrtype not in wanted and is_read(record.types):
                findings.fault(f"{path}.address.{rrtype}", f"{rrtype} is not among the record's types")
    if sources is None:
        return
    pairs = sound(named) if isinstance(named, dict) else sound([named])
    for place, name in pairs:
        where = f"{path}.address.{place}" if isinstance(named, dict) else f"{path}.address"
        findings.known(where, name, {AUTO, *sources}, "address source")


def _spoken(record: Record) -> list[Family]:
    """Return the families of a record, as far as it could be read."""
    types = tuple(rrtype for _, rrtype in sound(record.types))
    content = {rrtype: text for rrtype, text in sound(record.content) if isinstance(text, str)}
    return msgspec.structs.replace(record, types=types, content=content).families()


def _content(findings: Findings, path: str, record: Record, types: list[RRType]) -> None:
    """Check what the types say that are no addresses."""
    for rrtype, text in sound(record.content):
        where = f"{path}.content.{rrtype}"
        if rrtype in ADDRESSES:
            findings.fault(where, f"{rrtype} is the address itself; leave it out")
        elif rrtype not in types:
            findings.fault(where, f"{rrtype} is not among the record's types")
        elif why := why_not_content(rrtype, text):
            findings.fault(where, why)
    for rrtype in types:
        if rrtype in ADDRESSES or rrtype in record.content:
            continue
        if rrtype in SERVICES and record.shared is True:
            why = f"whose parameters are kept is not known of a shared {rrtype}; write its `content`"
            findings.fault(f"{path}.content", why)
        if rrtype is RRType.TXT:
            findings.fault(f"{path}.content", "what TXT is to say is missing; write `content: {TXT: ...}`")
        elif not set(types) & set(ADDRESSES):
            why = f"{rrtype} follows the addresses of A or AAAA; add one of them, or write its `content`"
            findings.fault(f"{path}.types", why)


def _host_id(findings: Findings, path: str, text: str, types: list[RRType]) -> None:
    where = f"{path}.host_id"
    if types and RRType.AAAA not in types:
        findings.fault(where, "a host id makes an IPv6 address, and AAAA is not among the record's types")
    try:
        parse_host_id(text)
    except ValueError as error:
        findings.fault(where, str(error))


def _preserved(findings: Findings, path: str, record: Record) -> None:
    """Check that what is to be preserved stays, and is one machine's."""
    if record.host_id != PRESERVE:
        return
    where = f"{path}.host_id"
    if record.when_gone == "withdraw":
        why = "nothing would be left to preserve once the record was withdrawn; write the host id itself"
        findings.fault(where, why)
    if set(record.types if is_read(record.types) else ()) - set(ADDRESSES):
        why = "what speaks of an address does not know what is preserved of it; write the host id itself"
        findings.fault(where, why)
    if record.shared is True:
        why = "which of the values of a shared name is this machine's is not known; write the host id itself"
        findings.fault(where, why)


def _placed(
    findings: Findings,
    path: str,
    record: Record,
    zones: Mapping[str, Fqdn | None],
    providers: Mapping[str, Any],
) -> None:
    """Check that the record's provider is there, and that the record lies in its zone."""
    if not findings.known(f"{path}.provider", record.provider, providers, "provider"):
        return
    _holdable(findings, path, record, providers[record.provider])
    zone = zones.get(record.provider)
    if zone and isinstance(record.name, Fqdn) and not record.name.is_within(zone):
        findings.fault(
            f"{path}.name", f"{record.name} is not within {zone}, the zone of provider {record.provider}"
        )


def _holdable(findings: Findings, path: str, record: Record, settings: Any) -> None:
    """Check that the provider holds records of these types, and of several machines where they are shared."""
    if not is_read(settings):
        return
    kind = kinds.kind_of(settings)
    held = kinds.types_of(kind)
    able = [rrtype for _, rrtype in sound(record.types) if rrtype in held]
    for i, rrtype in sound(record.types):
        if rrtype not in held:
            way_out = f"; write `types: [{', '.join(able)}]`" if able else ""
            where = f"{path}.types" if not findings.is_written(f"{path}.types") else f"{path}.types[{i}]"
            findings.fault(where, f"{kind} cannot hold {rrtype} records{way_out}")
    if record.shared is True and kinds.is_write_only(kind):
        why = (
            f"{kind} holds one address for a name and cannot be asked, so nobody's can stand beside another's"
        )
        findings.fault(f"{path}.shared", why)


def _twice(findings: Findings, records: list[tuple[int, Record]]) -> None:
    seen: dict[tuple[Fqdn, RRType, str], int] = {}
    for i, record in records:
        if not is_read(record.name) or not is_read(record.provider):
            continue
        for rrtype in dict.fromkeys(rrtype for _, rrtype in sound(record.types)):
            first = seen.setdefault((record.name, rrtype, record.provider), i)
            if first != i:
                line = findings.line(f"agent.records[{first}]")
                findings.fault(
                    f"agent.records[{i}]",
                    f"{record.name} {rrtype} at {record.provider} is written twice; first in line {line}",
                )


def _above(name: str, sources: Any) -> list[str]:
    """Return the sources of several lines that `name` is one of."""
    return [above for above, source in sound(sources) if is_read(source.lines) and name in source.lines]


def _families(names: Collection[str], records: list[tuple[int, Record]]) -> list[Family]:
    """Return the families that records want from any of these sources."""
    used = {
        family
        for _, record in records
        for family in Family
        if family in _spoken(record)
        and (record.address.get(family.rrtype) if isinstance(record.address, dict) else record.address)
        in names
    }
    return sorted(used)


def _source(
    findings: Findings, name: str, source: Any, families: list[Family], sources: Mapping[str, Any]
) -> None:
    path = f"agent.addresses.{name}"
    if source.lines:
        _lines(findings, path, source, sources)
        return
    for field in ("use", "fail_over", "fail_back"):
        if findings.is_written(f"{path}.{field}"):
            findings.fault(
                f"{path}.{field}", "it says what becomes of `lines`, and there are none; leave it out"
            )
    if source.detect == ():
        findings.fault(f"{path}.detect", "expected at least one address source, found none")
    if source.detect in ((), BROKEN) or BROKEN in source.detect or not is_read(source.witnesses):
        return
    asked = [kinds.build(settings) for settings in source.detect]
    short = {
        family: why
        for family in families or Family
        if (why := _untold(name, asked, family) or _too_few(asked, family, source.witnesses))
    }
    if not families and len(short) < len(Family):
        return  # no record uses it yet, and there is a family for which it is enough
    for why in dict.fromkeys(short.values()):
        who = " and ".join(str(family) for family in short if short[family] == why)
        where = f"{path}.witnesses" if source.witnesses else f"{path}.detect"
        findings.fault(where, f"{who}: {why}")


def _lines(findings: Findings, path: str, source: Any, sources: Mapping[str, Any]) -> None:
    """Check a source that is made of others."""
    if source.detect:
        findings.fault(f"{path}.lines", "a source has `detect` or `lines`, not both")
    for i, name in sound(source.lines):
        where = f"{path}.lines[{i}]"
        if not findings.known(where, name, {AUTO, *sources}, "address source"):
            continue
        if getattr(sources.get(name), "lines", ()):
            findings.fault(where, f"{name} has lines of its own; name those instead")
        elif name in source.lines[:i]:
            findings.fault(where, f"{name} is written twice")
    if is_read(source.use) and len(source.lines) < 2:
        findings.fault(f"{path}.lines", "expected two lines or more")


def _untold(name: str, asked: list[Detector], family: Family) -> str | None:
    """Say that none of the sources knows anything of a family, `None` when one does."""
    if any(can_tell(one, family) for one in asked):
        return None
    told = [other.rrtype for other in Family if any(can_tell(one, other) for one in asked)]
    way_out = f"write `types: [{', '.join(told)}]` at the records" if told else "take another"
    return f"nothing in {name} can tell it; {way_out}, or add a source that can"


def _too_few(asked: list[Detector], family: Family, witnesses: int | None) -> str | None:
    """Say why the sources of a family cannot agree, `None` when they can.

    Where nobody says how many must, one that is believed alone (an interface) is enough beside others.
    """
    able = [one for one in asked if can_tell(one, family)]
    operators = sorted({one.operator for one in able})
    needed = witnesses or min((one.witnesses for one in able), default=1)
    if len(operators) >= needed:
        return None
    there = f"{len(operators)} ({', '.join(operators)})" if operators else "none"
    why = f"{needed} independent witnesses must agree and there is {there}"
    return f"{why}; add sources run by others, or lower witnesses"


def _unused(findings: Findings, values: Any, used: set[str], path: str) -> None:
    for name, _ in sound(values):
        if name not in used:
            findings.warn(f"{path}.{name}", "no record uses it")


def _with_options(findings: Findings, i: int, record: Record, providers: Mapping[str, Any]) -> Record:
    """Return the record with its options read by its provider's own type."""
    provider = providers.get(record.provider) if isinstance(record.provider, str) else None
    if not isinstance(record.options, Scalar | Items | Table) or not is_read(provider) or provider is None:
        return record
    read = kinds.read_options(findings.converter, record.options, provider, f"agent.records[{i}].options")
    return msgspec.structs.replace(record, options=read)
