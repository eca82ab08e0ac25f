"""Asking whether the agent is well, as often as strangers like."""

import asyncio

from fakes.clock import FakeClock
from homeport.errors import Unavailable
from homeport.web.pulse import FRESH, Pulse


class House:
    """An agent that is asked for its status, and counts that."""

    def __init__(self):
        self.asked = 0
        self.is_there = True

    async def status(self):
        self.asked += 1
        await asyncio.sleep(0)
        if not self.is_there:
            raise Unavailable("nobody is there")
        return {"exit_code": self.asked}


async def test_many_who_ask_at_once_are_one_question():
    """And for a while after it; then it is asked again."""
    house, clock = House(), FakeClock()
    pulse = Pulse(house, clock)
    found = await asyncio.gather(*(pulse.status() for _ in range(50)))
    assert {each["exit_code"] for each in found} == {1}
    assert (await pulse.status())["exit_code"] == 1
    await clock.advance(FRESH)
    assert (await pulse.status())["exit_code"] == 2


async def test_one_that_went_is_not_remembered_as_well():
    """Nor is its silence asked about more often than its word."""
    house, clock = House(), FakeClock()
    pulse = Pulse(house, clock)
    assert await pulse.status()
    house.is_there = False
    await clock.advance(FRESH)
    assert await pulse.status() is None
    assert await pulse.status() is None
    assert house.asked == 2
