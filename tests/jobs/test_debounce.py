"""A burst of hints becomes one."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.clock import FakeClock
from homeport.jobs.debounce import NAMED, PATIENCE, Debounce


async def burst(quiet, gaps):
    """Hint after each of `gaps` seconds; return when the debounce settled, counted from the first hint."""
    clock = FakeClock()
    debounce = Debounce(quiet, clock)
    settled = []

    async def wait():
        settled.append((await debounce.settled(), clock.monotonic()))

    async with asyncio.TaskGroup() as group:
        group.create_task(wait())
        debounce.hint("first")
        for gap in gaps:
            await clock.advance(gap)
            debounce.hint("later")
        await clock.advance(10)
    return settled[0]


@pytest.mark.parametrize(
    ("quiet", "gaps", "at"),
    [
        (0.3, [], 0.3),  # one hint: quiet after 0.3 s
        (0.3, [0.2], 0.5),  # a second one: quiet counts from it
        (0.3, [0.2] * 10, 0.8),  # a burst without end: at the latest after 0.8 s
        (2.0, [1.0] * 10, 2.0),  # a long quiet is its own latest
        (0, [], 0),
    ],
)
async def test_when_it_settles(quiet, gaps, at):
    """Quiet for `quiet`, at the latest max(0.8 s, quiet) after the first hint."""
    _, when = await burst(quiet, gaps)
    assert when == pytest.approx(at)


async def test_reasons_are_given_once_each():
    """Whoever waited learns why, without repetition, and a later burst starts anew."""
    settled, _ = await burst(0.3, [0.1, 0.1])
    assert settled.whys == ("first", "later")
    assert settled.waited == pytest.approx(0.5)


async def test_a_flood_names_a_few_reasons():
    """A thousand changes at once are one burst, which names the first ones and counts the others."""
    debounce = Debounce(0, FakeClock())
    for number in range(1000):
        debounce.hint(str(number))
    debounce.hint("0")
    whys, _ = await debounce.settled()
    assert whys == (*map(str, range(NAMED)), f"{1000 - NAMED} more")
    debounce.hint("later")
    assert (await debounce.settled()).whys == ("later",)


class CountingClock(FakeClock):
    """Counts how often it is asked to wake somebody."""

    def __init__(self):
        super().__init__()
        self.sleeps = 0

    async def sleep(self, seconds):
        self.sleeps += 1
        await super().sleep(seconds)


async def settling(quiet, gaps):
    """Hint after each of `gaps` seconds; return, per burst, when its hints came, when it ended, and what it said."""
    clock, bursts, waiting = CountingClock(), [], []
    debounce = Debounce(quiet, clock)

    async def listen():
        while True:
            burst = await debounce.settled()
            bursts.append((tuple(waiting), clock.monotonic(), burst))
            waiting.clear()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(listen())
        for gap in gaps:
            await clock.advance(gap)
            waiting.append(clock.monotonic())
            debounce.hint(f"at {clock.monotonic()}")
        await clock.advance(max(PATIENCE, quiet))
        task.cancel()
    assert not waiting, "every hint was in a burst"
    return bursts, clock.sleeps


@settings(max_examples=40, deadline=None)
@given(
    quiet=st.sampled_from([0.05, 0.3, 0.8, 2.0]),
    gaps=st.lists(st.floats(0, 1).map(lambda gap: round(gap, 3)), min_size=1, max_size=25),
)
def test_no_hint_starves_and_none_is_early(quiet, gaps):
    """Every hint is in a burst that ends once it was quiet, and at the latest max(0.8 s, quiet) after its first."""
    bursts, sleeps = asyncio.run(settling(quiet, gaps))
    for hinted, ended, burst in bursts:
        assert burst.waited == pytest.approx(ended - hinted[0])
        assert ended == pytest.approx(min(hinted[-1] + quiet, hinted[0] + max(PATIENCE, quiet)))
    assert sleeps <= 2 * len(gaps), "a hint costs no more than another look at the clock"
