"""The verdict of the witnesses: pure, so that every lie and every outage is a line in a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address

from homeport.model.address import Family, IPAddress, why_not_public, why_not_unicast
from homeport.model.observation import Addresses, NoAddress, Observation, Unknown


@dataclass(frozen=True, slots=True)
class Statement:
    """What one detector said.

    Attributes:
        needed: how many operators must say the same before this one is believed.
        is_outside: it was seen from elsewhere, not read off this machine.
    """

    witness: str
    operator: str
    needed: int
    is_outside: bool
    observation: Observation


def admit(
    observation: Observation, family: Family, *, allow_private: bool, own: Iterable[IPAddress] | None = None
) -> Observation:
    """Return the observation, or `Unknown` with the reason why its address must not be published.

    Args:
        own: the addresses of this machine's interfaces, for what was seen from outside: an IPv6 address
            that is on none of them is somebody else's, or one that changes by the hour.
    """
    if not isinstance(observation, Addresses):
        return observation
    for address in observation.found:
        if why := _refusal(address, family, allow_private=allow_private):
            return Unknown(f"{address} is not published: {why}")
        if own is not None and isinstance(address, IPv6Address) and address not in own:
            return Unknown(f"{address} is not published: it is on no interface of this machine")
    return observation


def _refusal(address: IPAddress, family: Family, *, allow_private: bool) -> str | None:
    if address.version != family:
        return f"it is no {family} address"
    return why_not_unicast(address) if allow_private else why_not_public(address)


def decide(said: Sequence[Statement], expected: int) -> Observation | None:
    """Return the verdict, or `None` while witnesses are still out whose word could decide.

    The first addresses that enough independent operators agree on are the verdict, unless as many agree on
    others; an address that too few saw, or none, is `Unknown` with everybody's reasons. `NoAddress` counts
    only from this machine.

    Args:
        said: what has been said so far.
        expected: how many will have spoken in the end.
    """
    votes = _votes(said)
    agreed = [voters for voters in votes.values() if _operators(voters) >= min(one.needed for one in voters)]
    if len(agreed) == 1:
        return agreed[0][0].observation
    if len(said) < expected and not agreed:
        return None
    gone = next((one for one in said if isinstance(one.observation, NoAddress) and not one.is_outside), None)
    return gone.observation if gone and not votes else Unknown(_why(said, votes))


def is_contestable(said: Sequence[Statement], expected: int) -> bool:
    """Tell whether those who are still out could make a second quorum, against the first."""
    counts = sorted((_operators(voters) for voters in _votes(said).values()), reverse=True)
    runner_up = counts[1] if len(counts) > 1 else 0
    return expected > len(said) and runner_up + expected - len(said) >= min(one.needed for one in said)


def _votes(said: Sequence[Statement]) -> dict[frozenset[IPAddress], list[Statement]]:
    votes: dict[frozenset[IPAddress], list[Statement]] = {}
    for one in said:
        if isinstance(one.observation, Addresses):
            votes.setdefault(frozenset(one.observation.found), []).append(one)
    return votes


def _operators(voters: Sequence[Statement]) -> int:
    return len({one.operator for one in voters})


def _why(said: Sequence[Statement], votes: dict[frozenset[IPAddress], list[Statement]]) -> str:
    reasons = sorted(  # in an order of their own, for who was first is no news
        f"{one.witness}: {one.observation.why}" for one in said if not isinstance(one.observation, Addresses)
    )
    if len(votes) > 1:
        views = sorted(f"{voters[0].witness} says {_text(found)}" for found, voters in votes.items())
        reasons.insert(0, "the sources disagree: " + ", ".join(views))
    elif votes:
        [(found, voters)] = votes.items()
        needed = min(one.needed for one in voters)
        reasons.insert(
            0, f"only {len(voters)} of the {needed} needed saw {_text(found)} ({voters[0].witness})"
        )
    return "; ".join(reasons) or "no address source is configured"


def _text(found: frozenset[IPAddress]) -> str:
    return ", ".join(sorted(map(str, found)))
