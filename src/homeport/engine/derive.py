"""From what was learned to what is wanted. No I/O, no clock, no log."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import assert_never

from homeport.model.address import Family, IPAddress
from homeport.model.host_id import combine
from homeport.model.observation import Addresses, NoAddress, Observation, Unknown
from homeport.model.plan import Hold, Intent, Publish, Withdraw
from homeport.model.rrset import Option, RRsetKey, RRType

SUBNET = 64  # bits: the prefix of every network that configures addresses by itself (RFC 4291 section 2.5.1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One RRset this agent was told to keep.

    Attributes:
        source: the name of the address source it follows.
        ttl: seconds.
        host_id: put on the learned IPv6 prefix, to name another machine of this network.
        withdraw_after: seconds of `NoAddress` after which the record goes; `None` holds it for ever.
    """

    key: RRsetKey
    provider: str
    source: str
    ttl: int
    options: frozenset[Option] = frozenset()
    host_id: IPv6Address | None = None
    adopt: bool = False
    shared: bool = False
    withdraw_after: float | None = None

    @property
    def family(self) -> Family:
        return Family.V4 if self.key.type is RRType.A else Family.V6


def derive(wanted: Wanted, learned: Observation, gone_for: float = 0.0) -> Intent:
    """Return what to do about one RRset. Not learned is not gone: all but a known absence is a `Hold`.

    Args:
        gone_for: seconds for which `NoAddress` has been learned without a break.
    """
    match learned:
        case Addresses(found):
            rdata = frozenset(str(_placed(wanted, address)) for address in found)
            return Publish(rdata, wanted.ttl, wanted.options)
        case Unknown(why):
            return Hold(why)
        case NoAddress(why) if wanted.withdraw_after is None:
            return Hold(f"{why}; the record stays (when_gone: withdraw would remove it)")
        case NoAddress(why) if gone_for < wanted.withdraw_after:
            return Hold(f"{why}; the record is withdrawn after {wanted.withdraw_after:g} s of that")
        case NoAddress(why):
            return Withdraw(why)
        case _:
            assert_never(learned)


def _placed(wanted: Wanted, address: IPAddress) -> IPAddress:
    if wanted.host_id is None or not isinstance(address, IPv6Address):
        return address
    return combine(address, SUBNET, wanted.host_id)
