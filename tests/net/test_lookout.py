"""Looking when something stirred, and telling what is new."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from fakes.clock import FakeClock, settle
from fakes.tools import toolbox
from homeport.errors import Unavailable
from homeport.model.address import parse_address
from homeport.model.interface import InterfaceAddress
from homeport.net.lookout import Lookout, news

WIRE = InterfaceAddress("Ethernet", 2, parse_address("203.0.113.5"), 24)
RADIO = InterfaceAddress("WLAN", 3, parse_address("2001:db8::5"), 64, valid_for=7200, preferred_for=3600)


class Machine:
    """Interfaces that a test changes, and how often they were looked at."""

    def __init__(self, *here):
        self.here = list(here)
        self.looks = 0
        self.clock = FakeClock()
        self.heard = []
        self.lookout = Lookout(replace(toolbox(clock=self.clock), interfaces=self.look))

    async def look(self):
        self.looks += 1
        return list(self.here)

    @contextlib.asynccontextmanager
    async def watched(self):
        async def listen():
            async for hint in self.lookout.hints():
                self.heard.append((self.clock.monotonic(), hint.why))

        async with asyncio.TaskGroup() as group:
            task = group.create_task(listen())
            await settle()
            yield self
            task.cancel()

    async def stir(self, why=""):
        self.lookout.stir(why)
        await settle()


async def test_what_is_seen_is_the_hint():
    """An address that came and one that went are told at once, by name."""
    machine = Machine(WIRE)
    async with machine.watched():
        machine.here = [RADIO]
        await machine.stir()
    assert machine.heard == [(0, "2001:db8::5 on WLAN is there; 203.0.113.5 on Ethernet is gone")]


async def test_a_stir_without_news_is_no_hint():
    """A renewed lifetime stirs the system every few minutes, and no round is run for it."""
    machine = Machine(RADIO)
    async with machine.watched():
        machine.here = [replace(RADIO, valid_for=9000, preferred_for=4000)]
        await machine.stir()
        await machine.clock.advance(60)
    assert not machine.heard


async def test_an_address_is_told_when_it_may_be_used():
    """Duplicate detection ends without a word: it is looked at again after 1 s and 4 s, and then no more."""
    machine = Machine()
    async with machine.watched():
        machine.here = [replace(RADIO, is_tentative=True)]
        await machine.stir()
        await machine.clock.advance(1.5)
        machine.here = [RADIO]
        await machine.clock.advance(1000)
    assert machine.heard == [(4, "2001:db8::5 on WLAN is there")]
    assert machine.looks == 4, "one to begin with, and three for the stir"


async def test_a_new_stir_is_looked_at_at_once():
    """Waiting for duplicate detection keeps nobody else waiting."""
    machine = Machine()
    async with machine.watched():
        await machine.stir()
        await machine.clock.advance(0.5)
        machine.here = [WIRE]
        await machine.stir()
    assert machine.heard == [(0.5, "203.0.113.5 on Ethernet is there")]


async def test_a_flood_costs_ten_looks_a_second():
    """A thousand stirs within a second, each with its change: few looks, and hints that name a few."""
    machine = Machine()
    async with machine.watched():
        for number in range(1000):
            machine.here.append(replace(WIRE, address=parse_address(f"203.0.{number // 250}.{number % 250}")))
            machine.lookout.stir()
            await machine.clock.advance(0.001)
        await machine.clock.advance(10)
    assert machine.looks < 20, "one to begin with, about ten for the second, and the two after it"
    assert "203.0.0.0 on Ethernet is there" in machine.heard[0][1]
    assert machine.heard[-1][1].count(";") == 2
    assert " more" in machine.heard[-1][1]


async def test_a_reason_of_its_own_is_told_whatever_is_seen():
    """A default route, or the end of sleep, shows on no interface."""
    machine = Machine(WIRE)
    async with machine.watched():
        await machine.stir("this machine woke up")
    assert machine.heard == [(0, "this machine woke up")]


async def test_a_failure_ends_it():
    """What can no longer be heard is told to whoever listens."""
    machine = Machine()
    machine.lookout.fail(Unavailable("the socket is closed"))
    with pytest.raises(Unavailable, match="closed"):
        await anext(machine.lookout.hints())


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (WIRE, []),
        (replace(WIRE, valid_for=1), []),
        (replace(WIRE, is_deprecated=True), ["203.0.113.5 on Ethernet changed"]),
        (replace(WIRE, has_carrier=False), ["203.0.113.5 on Ethernet changed"]),
        (replace(WIRE, prefix=25), ["203.0.113.5 on Ethernet changed"]),
        (replace(WIRE, is_tentative=True), ["203.0.113.5 on Ethernet is gone"]),
        (replace(WIRE, address=parse_address("127.0.0.2")), ["203.0.113.5 on Ethernet is gone"]),
    ],
)
def test_what_is_news(after, says):
    """Whatever can change the choice, and nothing else."""
    assert news([WIRE], [after]) == says
