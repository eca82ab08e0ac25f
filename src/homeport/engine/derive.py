"""From what was learned to what is wanted. No I/O, no clock, no log."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import assert_never

from homeport.model.address import Family, IPAddress
from homeport.model.host_id import PRESERVE, HostId, combine, host_bits
from homeport.model.observation import Addresses, NoAddress, Observation, Unknown
from homeport.model.plan import Hold, Intent, Publish, Withdraw
from homeport.model.rrset import Option, RRset, RRsetKey, RRType

SUBNET = 64  # bits: the prefix of every network that configures addresses by itself (RFC 4291 section 2.5.1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One RRset this agent was told to keep.

    Attributes:
        source: the name of the address source it follows.
        ttl: seconds.
        follows: the source of each family that the record speaks of, where it is no address itself.
        content: what it says then, with `{ipv4}` and `{ipv6}`; nothing: the hints of the service that is published.
        host_id: put on the learned IPv6 prefix, to name another machine of this network, or to keep its host bits.
        mark: what the agent writes beside its members of a shared RRset, where the host has remarks.
        withdraw_after: seconds of `NoAddress` after which the record goes; `None` holds it for ever.
    """

    key: RRsetKey
    provider: str
    source: str
    ttl: int
    options: frozenset[Option] = frozenset()
    host_id: HostId | None = None
    adopt: bool = False
    shared: bool = False
    withdraw_after: float | None = None
    follows: tuple[tuple[Family, str], ...] = ()
    content: str = ""
    mark: str = ""

    @property
    def family(self) -> Family:
        return Family.V4 if self.key.type is RRType.A else Family.V6

    @property
    def needs(self) -> tuple[tuple[str, Family], ...]:
        """The address sources it is made of, and of which family."""
        return tuple((source, family) for family, source in self.follows) or ((self.source, self.family),)


def derive(
    wanted: Wanted, learned: Observation, gone_for: float = 0.0, published: RRset | None = None
) -> Intent:
    """Return what to do about one RRset. Not learned is not gone: all but a known absence is a `Hold`.

    Args:
        gone_for: seconds for which `NoAddress` has been learned without a break.
        published: what is published now, where its host bits are to be preserved.
    """
    match learned:
        case Addresses() if wanted.host_id == PRESERVE and not published:
            return Hold(
                "there is no published address whose host part could be preserved; write a host_id once"
            )
        case Addresses(found):
            rdata = frozenset(text for address in found for text in _texts(wanted, address, published))
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


def _texts(wanted: Wanted, address: IPAddress, published: RRset | None) -> list[str]:
    if wanted.host_id != PRESERVE or not isinstance(address, IPv6Address):
        return [str(placed(wanted, address))]
    kept = [host_bits(IPv6Address(text)) for text in published.rdata] if published else []
    return [str(combine(address, SUBNET, host_id)) for host_id in kept]


def placed(wanted: Wanted, address: IPAddress) -> IPAddress:
    """Return the address of the machine that is meant: this one, or another one of its network."""
    if wanted.host_id is None or wanted.host_id == PRESERVE or not isinstance(address, IPv6Address):
        return address
    return combine(address, SUBNET, wanted.host_id)
