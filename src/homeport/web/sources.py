"""Forms for whom an address source asks, made of the types of detectors' settings.

A program or a file of this machine has none: `page_rules` lets nobody set one from a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport import detectors
from homeport.config.kinds import settings_of
from homeport.config.models import AddressSource, Agent
from homeport.config.page_rules import is_settable
from homeport.web import fields
from homeport.web.fields import OF_SOURCE, SOURCES, Part
from homeport.web.words import said

KINDS = {
    "interface": said("an interface of this machine"),
    "router": said("the router"),
    "http_echo": said("a web service"),
    "dns_echo": said("a DNS server that tells who asks"),
    "stun": said("a STUN server"),
    "neighbour": said("another machine in this network"),
    "push": said("what a router pushes"),
    "server": said("a Homeport server"),
    "static": said("an address that stays"),
}
"""What people call whom one can ask, the most wanted first; a kind that is installed beside ours goes by its name."""
LABELS = {
    "address": said("Addresses"),
    "every": said("Every address that fits"),
    "from": said("Name it calls with"),
    "gateway": said("Router"),
    "host_id": said("Host part of IPv6"),
    "interface": said("Interface"),
    "ipv6": said("Its IPv6 address too"),
    "mac": said("MAC address"),
    "match": said("Pattern"),
    "name": said("Name"),
    "prefer": said("What comes first"),
    "prefix": said("Network"),
    "protocol": said("Protocol"),
    "server": said("Server"),
    "service": said("Service"),
    "type": said("Type"),
    "url": said("URL"),
}
NEW = "new"
OWN = ("witnesses", "allow_private")  # of a source, without which some cannot be made
_AT = re.compile(rf"{SOURCES}/(.+)/detect/(\d{{1,4}}|{NEW})", re.DOTALL)


def kinds() -> dict[str, str]:
    """Return every kind that a page may set, with what people call it."""
    there = [kind for kind in detectors.kinds() if _is_ours(kind)]
    known = {kind: name for kind, name in KINDS.items() if kind in there}
    return known | {kind: kind for kind in there if kind not in known}


def part(agent: Agent, text: str, at: str, kind: str = "") -> Part | None:
    """Return the form of one of those that a source asks, or of one more; `None` where there is none.

    Args:
        at: as `fields.detector_at` says it; `new` for one more, of a source that need not be there yet.
        kind: of one more.
    """
    found = _AT.fullmatch(at)
    if found is None:
        return None
    name, number = found.groups()
    there = agent.addresses[name].detect if name in agent.addresses and _is_written(text, name) else ()
    if number == NEW:
        return _new(_part(text, name, len(there), kind), text, at) if kind in kinds() else None
    if int(number) >= len(there):
        return None
    kind = str(there[int(number)].__struct_config__.tag)
    return _part(text, name, int(number), kind) if _is_ours(kind) else None


def _part(text: str, name: str, number: int, kind: str) -> Part:
    place = ("agent", SOURCES, name, "detect", number)
    wanted = settings_of(detectors.load(kind))
    return Part(
        fields.detector_at(name, number), name, place, fields.fields(wanted, text, place, LABELS), asks=kind
    )


def _new(made: Part, text: str, at: str) -> Part:
    """Return the form of one more; where the source is not there yet, with what is to be said of it."""
    place = made.place[:3]
    own = [
        field._replace(name=f"{OF_SOURCE}{field.name}")
        for field in fields.fields(AddressSource, text, place)
        if field.name in OWN and not fields.is_there(text, place)
    ]
    return made._replace(at=at, is_new=True, kind=made.asks, fields=(*made.fields, *own))


def sentences() -> Iterator[str]:
    """Yield the helps of every form here."""
    for kind in KINDS:
        for field in fields.fields(settings_of(detectors.load(kind)), "", (), LABELS):
            if field.help:
                yield field.help


def _is_ours(kind: str) -> bool:
    return is_settable(settings_of(detectors.load(kind)))


def _is_written(text: str, name: str) -> bool:
    """Tell whether the file has a source of its own by that name: one is built in."""
    return fields.is_there(text, ("agent", SOURCES, name))
