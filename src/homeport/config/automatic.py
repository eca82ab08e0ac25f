"""`auto`: where an address comes from when nobody says where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from homeport import detectors
from homeport.config.kinds import settings_of
from homeport.config.models import AUTO, AddressSource, Agent
from homeport.config.place import is_mainland_china
from homeport.errors import ConfigInvalid

_Detectors = tuple[tuple[str, Mapping[str, Any]], ...]
# Different operators over different protocols: what spoils one of them leaves two to agree.
_WORLDWIDE: _Detectors = (
    ("stun", {"server": "cloudflare"}),
    ("dns_echo", {"server": "opendns"}),
    ("http_echo", {"service": "ipify"}),
    ("http_echo", {"service": "aws"}),
)
_MAINLAND: _Detectors = (
    ("http_echo", {"service": "ipw"}),
    ("http_echo", {"service": "dnspod"}),
    ("http_echo", {"service": "3322"}),
    ("stun", {"server": "miwifi"}),
)
_HERE: _Detectors = (("interface", {}), ("router", {}))


def source(*, is_mainland: bool | None = None) -> AddressSource:
    """Return the built-in source for the place where this machine is.

    The interface is the source of IPv6, and of IPv4 where that is public; the router of IPv4 behind one; the
    rest are witnesses. In mainland China those there are asked beside the others.
    """
    there = is_mainland_china() if is_mainland is None else is_mainland
    wanted = (*_HERE, *(_MAINLAND if there else ()), *_WORLDWIDE)
    made = (_made(kind, settings) for kind, settings in wanted)
    return AddressSource(detect=tuple(each for each in made if each is not None))


def filled(agent: Agent) -> Agent:
    """Return the agent with the built-in source, where a record uses it or there is no other."""
    used = {record.source(family.rrtype) for record in agent.records for family in record.families()}
    used |= {line for source in agent.addresses.values() for line in source.lines}
    if AUTO in agent.addresses or (agent.addresses and AUTO not in used):
        return agent
    return msgspec.structs.replace(agent, addresses={**agent.addresses, AUTO: source()})


def _made(kind: str, settings: Mapping[str, Any]) -> msgspec.Struct | None:
    """Return a detector's settings, `None` where this installation has no such detector."""
    try:
        return settings_of(detectors.load(kind))(**settings)
    except ConfigInvalid:
        return None
