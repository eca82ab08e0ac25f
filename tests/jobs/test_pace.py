"""What may come often is let through at a bounded rate."""

import asyncio

from fakes.clock import FakeClock, settle
from homeport.jobs.pace import Pace


async def turns(pace, clock, seconds):
    """Take every turn there is for a while, and return how many there were."""
    taken = 0

    async def greedy():
        nonlocal taken
        while True:
            await pace.turn()
            taken += 1

    async with asyncio.TaskGroup() as group:
        task = group.create_task(greedy())
        await clock.advance(seconds)
        task.cancel()
    return taken


async def test_a_flood_is_let_through_evenly_and_never_starved():
    """First the burst, then one at a time."""
    clock = FakeClock()
    pace = Pace(30, 2.0, clock)
    assert await turns(pace, clock, 1) == 30
    assert 29 <= await turns(pace, clock, 60) <= 31


async def test_a_calm_fills_it_again_and_never_over_the_brim():
    """After a day of nothing there is one burst, not a day's worth of turns."""
    clock = FakeClock()
    pace = Pace(30, 2.0, clock)
    await turns(pace, clock, 10)
    await clock.advance(86400)
    assert await turns(pace, clock, 1) == 30


async def test_what_is_rare_does_not_wait():
    """A turn now and then is there at once."""
    clock = FakeClock()
    pace = Pace(2, 2.0, clock)
    for _ in range(50):
        async with asyncio.TaskGroup() as group:
            turn = group.create_task(pace.turn())
            await settle()
            assert turn.done()
        await clock.advance(2)
