"""A burst of hints becomes one."""

import asyncio

import pytest

from fakes.clock import FakeClock
from homeport.jobs.debounce import Debounce


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
