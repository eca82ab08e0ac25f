"""The fourth step: the world, over IPv4 and over IPv6 apart, and what it sees of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from homeport.agent import sources_of
from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note, ok, wrong
from homeport.engine.learn import Learned, learn
from homeport.engine.nat import translations
from homeport.model.address import Family
from homeport.model.observation import Addresses, Unknown

FINE = ok("outside.ok", "{family} works: {answered} of {asked} services outside answered and see {addresses}")
DEAD = wrong(
    "outside.dead",
    "nobody outside answers over {family}: {why}",
    "when the steps before this one are well, it is the line or a firewall: look at the router's page",
)
NO_V6 = note("outside.no_ipv6", "nobody outside answers over IPv6, and no record needs it")
NOBODY_ASKED = note(
    "outside.nobody_asked",
    "no address source asks anybody outside over {family}",
    "add a `http_echo`, `stun` or `dns_echo` to see what the world sees",
)
UNLEARNED = wrong(
    "outside.unlearned",
    "the source {source} learns no {family} address: {why}",
    "`homeport detect` shows who said what; nothing is published or withdrawn until it is known",
)
TRANSLATED = note("outside.translated", "{why}")
VOTELESS = note(
    "outside.voteless",
    "{witness} of the source {source} is not counted: it contradicted the others again and again",
    "name another in its place",
)


@dataclass(frozen=True, slots=True)
class _Timed:
    learned: Learned
    seconds: float


async def check(case: Case) -> AsyncIterator[Finding]:
    """Ask every address source about both families."""
    timed = await _learned(case)
    case.learned = [one.learned for one in timed]
    for family in Family:
        for finding in _of(case, family, [one for one in timed if one.learned.family is family]):
            yield finding
    for why in translations(case.learned):
        yield TRANSLATED.found(why=why)
    for finding in _voteless(case):
        yield finding


async def _learned(case: Case) -> list[_Timed]:
    clock = case.tools.clock

    async def one(source: object, family: Family) -> _Timed:
        start = clock.monotonic()
        learned = await learn(source, family, case.tools, hears_all=True)  # type: ignore[arg-type]
        return _Timed(learned, clock.monotonic() - start)

    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(one(source, family))
            for source in sources_of(case.settings, case.tools).values()
            for family in Family
        ]
    return [task.result() for task in asked]


def _of(case: Case, family: Family, timed: Sequence[_Timed]) -> list[Finding]:
    took = max((one.seconds for one in timed), default=0.0)
    world = _world(family, timed, is_wanted=family is Family.V4 or family in _wanted(case))
    found = [replace(finding, seconds=took) for finding in world]
    for one in timed:
        verdict = one.learned.verdict
        if isinstance(verdict, Unknown) and (one.learned.source, family) in _needs(case):
            found.append(UNLEARNED.found(source=one.learned.source, family=family, why=verdict.why))
    return found


def _world(family: Family, timed: Sequence[_Timed], *, is_wanted: bool) -> list[Finding]:
    said = {(one.kind, one.witness): one for each in timed for one in each.learned.said if one.is_outside}
    if not said:
        return [NOBODY_ASKED.found(family=family)] if is_wanted else []
    answered = [one for one in said.values() if one.claimed or isinstance(one.observation, Addresses)]
    if answered:
        addresses = sorted({str(address) for one in answered for address in one.claimed})
        return [
            FINE.found(
                family=family,
                answered=len(answered),
                asked=len(said),
                addresses=", ".join(addresses) or "nothing",
            )
        ]
    if not is_wanted:
        return [NO_V6.found()]
    whys = sorted({f"{one.witness}: {getattr(one.observation, 'why', '')}" for one in said.values()})
    return [DEAD.found(family=family, why="; ".join(whys[:3]))]


def _wanted(case: Case) -> set[Family]:
    return {family for _, family in _needs(case)}


def _needs(case: Case) -> set[tuple[str, Family]]:
    """Return which source has to tell which family."""
    return {
        (record.source(family.rrtype), family)
        for record in case.settings.records
        for family in record.families()
    }


def _voteless(case: Case) -> list[Finding]:
    """Return the witnesses that the running agent counts no more."""
    found = {
        (one["witness"], each["source"])
        for each in case.reports.get("run", {}).get("addresses", ())
        for one in each["witnesses"]
        if not one["has_vote"]
    }
    return [VOTELESS.found(witness=witness, source=source) for witness, source in sorted(found)]
