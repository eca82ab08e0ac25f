"""From the configuration to what the engine works on: nothing is asked here, and nothing begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from homeport import detectors, providers
from homeport.config import secrets
from homeport.config.kinds import kind_of
from homeport.config.models import AddressSource, Record
from homeport.config.models import Agent as Settings
from homeport.engine.account import Account
from homeport.engine.book import Book
from homeport.engine.derive import Wanted
from homeport.engine.lines import Lines
from homeport.engine.round import Rounds
from homeport.engine.source import Source
from homeport.model.host_id import parse_host_id
from homeport.model.line import ANY_LINE, Line
from homeport.model.rrset import RRsetKey, RRType
from homeport.ports import Detector, Tools

if TYPE_CHECKING:  # an agent that beats to nobody does without
    from homeport.watchers.heartbeat import Heartbeat

WATCHERS = {
    "linux": ("netlink", "timerfd"),
    "win32": ("iphlpapi",),
    "darwin": ("route_socket",),
    "freebsd": ("route_socket",),
}  # how each system, by the beginning of its name, tells of changes; all poll, too


def compose(settings: Settings, tools: Tools, book: Book) -> Rounds:
    """Make of the configuration what the engine works on.

    Raises:
        ConfigInvalid: an address source or provider cannot be made of its settings.
    """
    wanted = [one for record in settings.records for one in _signed(settings, record)]
    accounts = [
        Account(
            name,
            providers.load(kind_of(each))(each, way_of(each, tools)),
            {one.key: one for one in wanted if one.provider == name},
            tuple(each.nameservers),
            partial(secrets.fingerprint, each),
            secrets.identity(each),
        )
        for name, each in settings.providers.items()
    ]
    return Rounds(sources_of(settings, tools), accounts, book, tools)


def heartbeat_of(settings: Settings, tools: Tools) -> Heartbeat | None:
    """Return the heartbeat that is configured; `None` when none is."""
    if (wanted := settings.heartbeat) is None:
        return None
    from homeport.net.heartbeat import OwnServer, StunServer
    from homeport.watchers.heartbeat import Heartbeat

    if wanted.stun:
        return Heartbeat(StunServer(wanted.stun, tools), wanted.interval, tools)
    own = settings.providers[wanted.server]
    asked = OwnServer(own.base_url or own.server, own.token, wanted.at, wanted.interval, tools)
    return Heartbeat(asked, wanted.interval, tools)


def watchers_of(platform: str) -> Sequence[str]:
    """Return the kinds of watcher a system has; Python adds a version to the names of some."""
    return next((kinds for system, kinds in WATCHERS.items() if platform.startswith(system)), ())


def sources_of(settings: Settings, tools: Tools) -> dict[str, Source | Lines]:
    """Return the address sources, ready to be asked."""
    single = {
        name: _single(name, source, tools) for name, source in settings.addresses.items() if not source.lines
    }
    several = {
        name: Lines(
            name,
            tuple(single[member] for member in source.lines),
            source.use,
            source.fail_over,
            source.fail_back,
        )
        for name, source in settings.addresses.items()
        if source.lines
    }
    return single | several


def _single(name: str, source: AddressSource, tools: Tools) -> Source:
    def make(line: Line) -> tuple[Detector, ...]:
        bound = _over(line, tools)
        return tuple(detectors.load(kind_of(each))(each, bound) for each in source.detect)

    return Source.made(
        name, make, line=source.line, witnesses=source.witnesses, allow_private=source.allow_private
    )


def way_of(provider: Any, tools: Tools) -> Tools:
    """Return the tools that reach a provider's host as its settings say."""
    bound = _over(Line(provider.interface or None, provider.source), tools)
    return bound.through(getattr(provider, "proxy", None))  # one from outside need not know of it


def _over(line: Line, tools: Tools) -> Tools:
    return tools if line == ANY_LINE else tools.bound(line)


def hears_router(settings: Settings, tools: Tools) -> bool:
    """Tell whether to listen to the router: wanted, and an address is learned where it may hide that it changed."""
    sources = sources_of(settings, tools).values()
    return settings.router_events and any(
        one.kind == "router" or one.witnesses > 1 for source in sources for one in source.detectors
    )


def _signed(settings: Settings, record: Record) -> list[Wanted]:
    """Return what is wanted, with this agent's mark where others have members too and the host has remarks."""
    kind = kind_of(settings.providers[record.provider])
    remark = getattr(providers.load(kind), "remark", "")
    if not (record.shared and settings.id and remark):
        return wanted_of(record)
    mark, options = f"homeport:{settings.id}", dict(record.options)
    options[remark] = f"{options.get(remark, '')} {mark}".strip()
    return [replace(one, mark=mark, options=frozenset(options.items())) for one in wanted_of(record)]


def wanted_of(record: Record) -> list[Wanted]:
    """Return one RRset for each type of a record."""
    withdraw_after = record.withdraw_after if record.when_gone == "withdraw" else None
    return [
        Wanted(
            key=RRsetKey(record.name, rrtype),
            provider=record.provider,
            source="" if follows else record.source(rrtype),
            ttl=record.ttl,
            options=record.options,
            host_id=parse_host_id(record.host_id) if record.host_id and rrtype is not RRType.A else None,
            follows=follows,
            content=record.content.get(rrtype, ""),
            adopt=record.adopt,
            shared=record.shared,
            withdraw_after=withdraw_after,
        )
        for rrtype in record.types
        for follows in (record.follows(rrtype),)
    ]
