"""Whether somebody beyond the router translates this machine's IPv4 address, in words: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network

from homeport.engine.learn import Learned
from homeport.engine.quorum import ROUTER, Statement
from homeport.model.address import Family, IPAddress, why_not_public
from homeport.model.observation import Addresses, Unknown

_SHARED = IPv4Network("100.64.0.0/10")
_UNREACHABLE = "nobody can connect to this machine by IPv4: use IPv6, a tunnel, or ask the provider for a public IPv4 address"


def translations(learned: Iterable[Learned]) -> list[str]:
    """Say of every line why nobody can connect to this machine over it by IPv4; nothing where nothing speaks for it."""
    found: dict[str, None] = {}
    for one in learned:
        if one.family is Family.V4:
            for line in sorted({statement.line for statement in one.said}):
                said = [statement for statement in one.said if statement.line == line]
                found |= dict.fromkeys(_translated(said))
    return list(found)


def _translated(said: Sequence[Statement]) -> list[str]:
    routers = {address for one in said if one.kind == ROUTER for address in one.claimed}
    seen = _seen(said)
    if seen and not routers and any(_tells_none(one) for one in said if one.kind == ROUTER):
        who = "the provider (carrier-grade NAT) or another router (double NAT)"
        behind = f"the router tells no public address of its own and the world sees {_shown(seen)}"
        return [f"{behind}: {who} translates it; {_UNREACHABLE}"]
    return [why for router in sorted(routers, key=int) if (why := _why(router, seen))]


def _tells_none(one: Statement) -> bool:
    return isinstance(one.observation, Unknown) and one.observation.tells_none


def _seen(said: Sequence[Statement]) -> set[IPAddress]:
    """Return what enough outside witnesses agree on, whatever the router says."""
    operators: dict[IPAddress, set[str]] = {}
    needed = min((one.needed for one in said if one.is_outside), default=1)
    for one in said:
        if one.is_outside and one.has_vote and isinstance(one.observation, Addresses):
            for address in one.observation.found:
                operators.setdefault(address, set()).add(one.operator)
    return {address for address, names in operators.items() if len(names) >= needed}


def _why(router: IPAddress, seen: set[IPAddress]) -> str | None:
    if router in _SHARED:
        behind = f"the router has the shared address {router}: the provider translates it (carrier-grade NAT)"
    elif why_not_public(router):
        behind = f"the router has the private address {router}: another router translates it (double NAT)"
    elif seen and router not in seen:
        behind = (
            f"the router has {router} and the world sees {_shown(seen)}: the provider or a VPN translates it"
        )
    else:
        return None
    return f"{behind}; {_UNREACHABLE}"


def _shown(seen: set[IPAddress]) -> str:
    return ", ".join(sorted(map(str, seen)))
