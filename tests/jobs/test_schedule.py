"""One alarm on a wall clock that may jump."""

import asyncio

from fakes.clock import FakeClock
from homeport.jobs.schedule import Alarm


async def test_rings_when_the_time_has_come():
    """Not before, and then at once."""
    clock = FakeClock()
    alarm = Alarm(clock)
    async with asyncio.TaskGroup() as group:
        ringing = group.create_task(alarm.rings())
        await clock.advance(100)
        assert not ringing.done()
        alarm.set(clock.now() + 10)
        await clock.advance(9)
        assert not ringing.done()
        await clock.advance(1.1)
        assert ringing.done()
    assert alarm.when is None


async def test_can_be_set_earlier():
    """What is due sooner comes sooner."""
    clock = FakeClock()
    alarm = Alarm(clock)
    alarm.set(clock.now() + 1000)
    async with asyncio.TaskGroup() as group:
        ringing = group.create_task(alarm.rings())
        await clock.advance(1)
        alarm.set(clock.now() + 5)
        await clock.advance(6)
        assert ringing.done()


async def test_a_jump_of_the_clock_is_noticed():
    """After a sleep or a correction, what is due is due."""
    clock = FakeClock()
    alarm = Alarm(clock)
    alarm.set(clock.now() + 100_000)
    async with asyncio.TaskGroup() as group:
        ringing = group.create_task(alarm.rings())
        await clock.advance(1)
        clock.jump(200_000)
        await clock.advance(61)
        assert ringing.done()
