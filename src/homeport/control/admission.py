"""Whether a host may be bound to what is wished for it: a pure decision."""

from __future__ import annotations

import msgspec

from homeport.model.address import Family, IPAddress, why_not_public, why_not_unicast
from homeport.model.directory import Binding, Host
from homeport.model.name import Fqdn

MOST = 16  # addresses of one host: what still fits a UDP answer beside the rest


class Wish(msgspec.Struct, frozen=True):
    """What a request wants of one host.

    Attributes:
        addresses: replace those of the families they belong to.
        remove: families to be left without an address.
        observed: the address that was read off the connection, wished for because nothing else was.
    """

    host: Fqdn
    addresses: tuple[IPAddress, ...] = ()
    remove: frozenset[Family] = frozenset()
    observed: IPAddress | None = None


def decide(host: Host, bound: Binding, wish: Wish) -> Binding | str:
    """Return what `host` shall be bound to, or why the wish is refused, in a sentence."""
    wished = wish.addresses if wish.observed is None else (*wish.addresses, wish.observed)
    gone: set[int] = set(wish.remove)
    for address in wished:
        if why := _why_not(host, address, wish):
            return why
        if address.version in wish.remove:
            return "the same family cannot be both set and removed"
        gone.add(address.version)
    addresses = frozenset((*wished, *(kept for kept in bound.addresses if kept.version not in gone)))
    if len(addresses) > MOST:
        return f"more than {MOST} addresses for one host"
    return Binding(addresses, bound.texts)


def _why_not(host: Host, address: IPAddress, wish: Wish) -> str | None:
    if why := why_not_unicast(address):
        return f"{address} is no address of a host ({why})"
    is_observed = address == wish.observed and address not in wish.addresses
    if not (is_observed or host.public_only):
        return None
    why = why_not_public(address)
    if why and is_observed and not host.allow_private:
        return (
            f"the connection comes from {address}, which the world cannot reach ({why}); say which address is"
            " meant, or allow it with: homeport host add --allow-private"
        )
    if why and host.public_only:
        return f"{address} is not globally reachable ({why}), and this host takes public addresses only"
    return None
