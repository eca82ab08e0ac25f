"""Several lines behind one name."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import settle
from fakes.world import ScriptedDetector, addresses
from homeport.engine.learn import OTHER_LINES, learn
from homeport.engine.lines import Lines
from homeport.engine.source import Source
from homeport.model.address import Family
from homeport.model.observation import Addresses, NoAddress, Unknown

FIBRE, LTE = addresses("8.8.8.8"), addresses("9.9.9.9")
DEAD = Unknown("no answer")


def lines(use="best", **more):
    return Lines("home", (Source("fibre", ()), Source("lte", ())), use, **more)


def step(those, now, fibre, lte):
    return those.choose(Family.V4, [fibre, lte], now)


def test_the_best_line_that_works_is_taken_at_once():
    """At the start there is no hysteresis: what works is published."""
    assert step(lines(), 0, FIBRE, LTE) == (FIBRE, None)
    assert step(lines(), 0, DEAD, LTE) == (LTE, None)
    assert step(lines(), 0, FIBRE, DEAD) == (FIBRE, None)


def test_fail_over_waits_and_says_for_what():
    """A line that is silent for a moment keeps its place; then the other one has it."""
    those = lines(fail_over=10)
    step(those, 0, FIBRE, LTE)
    held, again = step(those, 5, DEAD, LTE)
    assert isinstance(held, Unknown)
    assert held.why == "fibre is silent (no answer); lte takes over after 10 s of that"
    assert again == 10
    assert step(those, 14, DEAD, LTE)[1] == 1
    assert step(those, 15, DEAD, LTE) == (LTE, None)


def test_a_flutter_changes_nothing():
    """A line that is back before its time is up never lost its place."""
    those = lines(fail_over=10)
    step(those, 0, FIBRE, LTE)
    step(those, 5, DEAD, LTE)
    assert step(those, 12, FIBRE, LTE) == (FIBRE, None)
    assert step(those, 20, DEAD, LTE)[1] == 10


def test_fail_back_waits_until_the_line_has_proved_itself():
    """The better line has its place again when it has worked for a while, and another look is due then."""
    those = lines(fail_over=10, fail_back=60)
    step(those, 0, DEAD, LTE)
    assert step(those, 100, FIBRE, LTE) == (LTE, 60)
    assert step(those, 130, DEAD, LTE) == (LTE, None)
    assert step(those, 140, FIBRE, LTE) == (LTE, 60)
    assert step(those, 200, FIBRE, LTE) == (FIBRE, None)


def test_all_lines_that_work_share_the_name():
    """A silent one leaves after its time, one that came back joins after its own, and the set is never emptied."""
    those = lines("all", fail_over=10, fail_back=60)
    both = addresses("8.8.8.8", "9.9.9.9")
    assert step(those, 0, FIBRE, LTE) == (both, None)
    assert step(those, 5, DEAD, LTE) == (both, 10)
    assert step(those, 15, DEAD, LTE) == (LTE, None)
    assert step(those, 20, FIBRE, LTE) == (LTE, 60)
    assert step(those, 80, FIBRE, LTE) == (both, None)
    verdict, _ = step(those, 100, DEAD, DEAD)
    assert isinstance(verdict, Unknown)
    assert "fibre: no answer; lte: no answer" in verdict.why


def test_no_address_is_known_only_when_every_line_knows():
    """One line without an address and one that could not be asked are not an absence."""
    gone = NoAddress("eth0 is up and has no IPv4 address")
    assert isinstance(step(lines(), 0, gone, gone)[0], NoAddress)
    assert isinstance(step(lines(), 0, gone, DEAD)[0], Unknown)


@pytest.mark.parametrize("use", ["best", "all"])
@given(steps=st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_only_what_was_learned_is_published_and_it_settles(use, steps):
    """Whatever the lines do, no address is invented, and when they rest the verdict is what works."""
    those, now = lines(use, fail_over=10, fail_back=60), 0
    for passed, fibre, lte in steps:
        now += passed
        verdict, again = step(those, now, FIBRE if fibre else DEAD, LTE if lte else DEAD)
        assert again is None or again >= 0
        if isinstance(verdict, Addresses):
            assert set(verdict.found) <= {*FIBRE.found, *LTE.found}
            assert fibre or lte
    while again is not None:
        now += again
        verdict, again = step(those, now, FIBRE if fibre else DEAD, LTE if lte else DEAD)
    working = [one for one, is_up in ((FIBRE, fibre), (LTE, lte)) if is_up]
    if not working:
        assert isinstance(verdict, Unknown)
    elif use == "best":
        assert verdict == working[0]
    else:
        assert set(verdict.found) == {address for one in working for address in one.found}


async def test_a_line_that_hangs_does_not_hold_up_the_others(world):
    """Once one line is learned the others get three seconds, and then count as silent."""
    slow, quick = ScriptedDetector(v4=FIBRE), ScriptedDetector(v4=LTE)
    slow.before = lambda: world.clock.sleep(OTHER_LINES + 1)
    those = Lines("home", (Source("fibre", (slow,)), Source("lte", (quick,))))
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(learn(those, Family.V4, world.tools))
        await settle()
        assert not asked.done()
        await world.clock.advance(OTHER_LINES)
    learned = asked.result()
    assert learned.verdict == LTE
    assert [one.line for one in learned.said] == ["lte"]


async def test_a_line_that_fails_at_once_hurries_nobody(world):
    """It is what was learned that ends the patience with the others, not that one of them is dead."""
    dead, slow = ScriptedDetector(), ScriptedDetector(v4=LTE)
    slow.before = lambda: world.clock.sleep(OTHER_LINES + 1)
    those = Lines("home", (Source("fibre", (dead,)), Source("lte", (slow,))))
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(learn(those, Family.V4, world.tools))
        await world.clock.advance(OTHER_LINES + 1)
    assert asked.result().verdict == LTE


def test_how_the_lines_stand_is_told(world):
    """Which is in use, since when each works or is silent, and when that changes by itself."""
    those = lines(fail_over=10, fail_back=60)
    start = world.clock.now()

    def stand(now, fibre, lte):
        world.clock._mono, world.clock._wall = now, start + now
        step(those, now, fibre, lte)
        return [
            (one.name, one.is_up, one.is_used, one.since - start, one.next_at and one.next_at - start)
            for one in those.standing(Family.V4, world.clock)
        ]

    assert stand(0, FIBRE, LTE) == [("fibre", True, True, 0, None), ("lte", True, False, 0, None)]
    assert stand(5, DEAD, LTE) == [("fibre", False, True, 5, 15), ("lte", True, False, 0, None)]
    assert stand(15, DEAD, LTE) == [("fibre", False, False, 5, None), ("lte", True, True, 0, None)]
    assert stand(20, FIBRE, LTE) == [("fibre", True, False, 20, 80), ("lte", True, True, 0, None)]
