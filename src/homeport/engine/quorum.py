"""The verdict of the witnesses: pure, so that every lie and every outage is a line in a table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from homeport.model.address import Family, IPAddress, why_not_public, why_not_unicast
from homeport.model.observation import Addresses, NoAddress, Observation, Unknown

ROUTER = "router"
"""The kind of detector that says what the router itself believes to be its address."""
PUSH = "push"
"""The kind that says what a router believed when it spoke last."""
Votes = dict[frozenset[IPAddress], list["Statement"]]


@dataclass(frozen=True, slots=True)
class Statement:
    """What one detector said.

    Attributes:
        needed: how many operators must say the same before this one is believed.
        is_outside: it was seen from elsewhere, not read off this machine.
        observation: what of it may be believed; `Unknown` says why nothing may.
        kind: of the detector.
        protocol: what was spoken with it.
        camp: `mainland` or `worldwide`; empty where traffic to it says nothing of a proxy.
        claimed: the addresses it named, believed or not.
        has_vote: it counts; one that lied repeatedly does not.
        line: the name of the line it was asked over, where there are several.
    """

    witness: str
    operator: str
    needed: int
    is_outside: bool
    observation: Observation
    kind: str = ""
    protocol: str = ""
    camp: str = ""
    claimed: tuple[IPAddress, ...] = ()
    has_vote: bool = True
    line: str = ""


def admit(observation: Observation, family: Family, *, allow_private: bool) -> Observation:
    """Return the observation, or `Unknown` with the reason why its address must not be published."""
    if not isinstance(observation, Addresses):
        return observation
    for address in observation.found:
        if why := _refusal(address, family, allow_private=allow_private):
            return Unknown(f"{address} is not published: {why}")
    return observation


def confirm(observation: Observation, own: Sequence[IPAddress]) -> Observation:
    """Return `own` when an outside witness, asked from the first of them, saw just that one.

    What it saw otherwise is a temporary address, somebody else's, or a translator's.
    """
    if not isinstance(observation, Addresses):
        return observation
    if set(observation.found) == {own[0]}:
        return Addresses(tuple(own))
    seen = ", ".join(map(str, observation.found))
    return Unknown(f"asked from {own[0]} it saw {seen}, which is on no interface of this machine")


def _refusal(address: IPAddress, family: Family, *, allow_private: bool) -> str | None:
    if address.version != family:
        return f"it is no {family} address"
    return why_not_unicast(address) if allow_private else why_not_public(address)


def decide(said: Sequence[Statement], expected: int) -> Observation | None:
    """Return the verdict, or `None` while witnesses are still out whose word could decide.

    The first addresses that enough independent operators agree on are the verdict, unless as many agree on
    others, or mainland China sees another one than the world does; an address that too few saw, or none, is
    `Unknown` with everybody's reasons. `NoAddress` counts only from this machine.

    Args:
        said: what has been said so far.
        expected: how many will have spoken in the end.
    """
    votes = _votes(said)
    agreed = _agreed(votes)
    if split := _split(votes):
        return Unknown(split)
    if len(agreed) == 1:
        return agreed[0][0].observation
    if len(said) < expected and not agreed:
        return None
    gone = next((one for one in said if isinstance(one.observation, NoAddress) and not one.is_outside), None)
    return gone.observation if gone and not votes else Unknown(_why(said, votes))


def is_contestable(said: Sequence[Statement], expected: int) -> bool:
    """Tell whether those who are still out could make a second quorum, against the first."""
    counts = sorted(map(_operators, _votes(said).values()), reverse=True)
    runner_up = counts[1] if len(counts) > 1 else 0
    return expected > len(said) and runner_up + expected - len(said) >= min(one.needed for one in said)


def is_one_sided(said: Sequence[Statement], camps_out: Collection[str]) -> bool:
    """Tell whether only one camp has named an address, and one that is still out could name another."""
    heard = {one.camp for voters in _votes(said).values() for one in voters if one.is_outside}
    is_from_outside = all(one.is_outside for voters in _votes(said).values() for one in voters)
    return is_from_outside and bool({*camps_out} - heard - {""}) and bool(heard - {""})


def is_split(said: Sequence[Statement], camps_out: Collection[str]) -> bool:
    """Tell whether the camps contradict each other so far, and one that is still out could settle it."""
    return _split(_votes(said)) is not None and bool({*camps_out} - {""})


def is_router_s_word(said: Sequence[Statement]) -> bool:
    """Tell whether the verdict rests on the router alone, which may be behind another one and not know it."""
    agreed = _agreed(_votes(said))
    return len(agreed) == 1 and all(one.kind in {ROUTER, PUSH} for one in agreed[0])


def _agreed(votes: Votes) -> list[list[Statement]]:
    """Return those of each address that enough operators vouch for."""
    return [voters for voters in votes.values() if _operators(voters) >= min(one.needed for one in voters)]


def _votes(said: Sequence[Statement]) -> Votes:
    votes: Votes = {}
    for one in said:
        if isinstance(one.observation, Addresses) and one.has_vote:
            votes.setdefault(frozenset(one.observation.found), []).append(one)
    return votes


def _operators(voters: Sequence[Statement]) -> int:
    return len({one.operator for one in voters})


def _split(votes: Votes) -> str | None:
    """Say that the two camps see different addresses, as they do through a proxy that carries part of the traffic."""
    mainland, worldwide = (_views(votes, camp) for camp in ("mainland", "worldwide"))
    if not mainland or not worldwide or mainland & worldwide:
        return None
    return (
        f"mainland China sees {_either(mainland)} and the world sees {_either(worldwide)}: a proxy or VPN carries "
        "part of the traffic; name a source that does not pass it, or the interface"
    )


def _views(votes: Votes, camp: str) -> set[frozenset[IPAddress]]:
    """Return what most operators of a camp see: several views where they disagree, none where nobody there voted."""
    counts = {
        found: _operators([one for one in voters if one.camp == camp])
        for found, voters in votes.items()
        if any(one.camp == camp for one in voters)
    }
    return {found for found, count in counts.items() if count == max(counts.values())}


def _either(views: Collection[frozenset[IPAddress]]) -> str:
    return " or ".join(sorted(map(_text, views)))


def _why(said: Sequence[Statement], votes: Votes) -> str:
    reasons = sorted(  # in an order of their own, for who was first is no news
        f"{one.witness}: {one.observation.why}" for one in said if not isinstance(one.observation, Addresses)
    )
    reasons += sorted(
        f"{one.witness} says {_text(one.claimed)} and has contradicted the others too often to be counted"
        for one in said
        if not one.has_vote
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


def _text(found: Collection[IPAddress]) -> str:
    return ", ".join(sorted(map(str, found)))
