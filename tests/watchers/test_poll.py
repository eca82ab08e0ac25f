"""The safety net, and noticing that time went by unseen."""

import asyncio
import contextlib

import pytest

from fakes.clock import FakeClock
from homeport.watchers.poll import Poll


@contextlib.asynccontextmanager
async def polling(clock, interval=300, random=lambda: 0.5):
    heard = []

    async def listen():
        async for hint in Poll(interval, clock, random).events():
            heard.append((clock.monotonic(), hint.why))  # noqa: PERF401 -- it never ends, and is looked at meanwhile

    async with asyncio.TaskGroup() as group:
        task = group.create_task(listen())
        yield heard
        task.cancel()


async def test_hints_every_interval():
    """No sooner, no later, no drift."""
    clock = FakeClock()
    async with polling(clock) as heard:
        await clock.advance(299.5)
        assert not heard
        await clock.advance(601)
    assert [at for at, _ in heard] == [300, 600, 900]


async def test_the_interval_wavers_by_a_tenth():
    """Many agents started by one event spread out, and each still asks about as often as it was told."""
    clock = FakeClock()
    numbers = iter([0.0, 0.5, 0.999999, 0.5])
    async with polling(clock, random=lambda: next(numbers)) as heard:
        await clock.advance(1000)
    assert [round(at) for at, _ in heard] == [270, 570, 900]


@pytest.mark.parametrize("interval", [1, 14, 15, 16, 40.5])
async def test_any_interval_is_kept(interval):
    """Intervals shorter than a look at the clocks, and odd ones."""
    clock = FakeClock()
    async with polling(clock, interval) as heard:
        await clock.advance(interval * 3.5)
    assert [at for at, _ in heard] == [interval, interval * 2, interval * 3]


@pytest.mark.parametrize(("jump", "says"), [(3600, "forward by 3600 s"), (-3600, "back by 3600 s")])
async def test_a_jump_of_the_wall_clock_is_a_hint_soon(jump, says):
    """After sleep, or when somebody sets the clock, the agent looks within seconds."""
    clock = FakeClock()
    async with polling(clock) as heard:
        await clock.advance(100)
        clock.jump(jump)
        await clock.advance(20)
        assert len(heard) == 1
        assert says in heard[0][1]
        await clock.advance(280)
        assert len(heard) == 1, "the interval counts anew"
        await clock.advance(30)
    assert len(heard) == 2


async def test_ntp_at_work_is_no_hint():
    """A second here or there is normal."""
    clock = FakeClock()
    async with polling(clock) as heard:
        for _ in range(10):
            clock.jump(1)
            await clock.advance(20)
    assert not heard


async def test_a_wait_that_took_long_is_a_hint():
    """Where the monotonic clock runs through a sleep, the late wake-up gives it away."""

    class Late(FakeClock):
        async def sleep(self, seconds):
            await super().sleep(seconds)
            if 60 <= self._mono < 75:
                self._mono += 7200
                self._wall += 7200

    clock = Late()
    async with polling(clock) as heard:
        await clock.advance(61)
    assert [why for _, why in heard] == ["this machine was asleep or stalled for 7200 s"]


async def test_only_what_the_time_brings_is_routine():
    """A jump is something that happened; an interval that passed is not."""
    clock, heard = FakeClock(), []

    async def listen():
        async for hint in Poll(300, clock, lambda: 0.5).events():
            heard.append(hint.is_routine)  # noqa: PERF401 -- it never ends, and is looked at meanwhile

    async with asyncio.TaskGroup() as group:
        task = group.create_task(listen())
        await clock.advance(301)
        clock.jump(-3600)
        await clock.advance(20)
        task.cancel()
    assert heard == [True, False]
