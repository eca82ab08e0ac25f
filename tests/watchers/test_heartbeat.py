"""Hints from beats: another address, and a line that came back; loss and flapping are none."""

import asyncio
from contextlib import asynccontextmanager
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import FakeClock, settle
from fakes.tools import toolbox
from homeport.errors import Unavailable
from homeport.model.address import Family, parse_address
from homeport.watchers.heartbeat import CALM, Heartbeat, Pulse

HERE, THERE, ELSEWHERE = map(parse_address, ("198.51.100.7", "203.0.113.9", "192.0.2.1"))


class Scripted:
    """Says where it sees this machine, until it is told to be silent.

    Attributes:
        sees: by family; `None` is no answer.
        asked: when each family was asked, and how long the answer was waited for.
    """

    def __init__(self, clock, *families):
        self.clock = clock
        self.sees = dict.fromkeys(families or (Family.V4,), HERE)
        self.asked = []
        self.renewed = []
        self.refuses = False

    def describe(self):
        return "ddns.example.com:8054"

    async def families(self):
        return list(self.sees)

    async def ask(self, family, wait):
        self.asked.append((self.clock.monotonic(), family, wait))
        if self.sees[family] is None:
            if not self.refuses:
                await self.clock.sleep(wait)
            raise Unavailable("nobody answered")
        return self.sees[family]

    async def renew(self, family):
        self.renewed.append(self.clock.monotonic())
        raise Unavailable("the name cannot be looked up")

    def times(self, family=Family.V4):
        return [at for at, of, _ in self.asked if of is family]


@asynccontextmanager
async def beating(*families, every=10):
    """Run one with a clock that is turned by hand."""
    clock = FakeClock()
    script, heard = Scripted(clock, *families), []
    watcher = Heartbeat(script, every, toolbox(clock=clock))

    async def listen():
        async for hint in watcher.events():
            heard.append(hint.why)  # noqa: PERF401 -- it never ends, and is looked at meanwhile

    async with asyncio.TaskGroup() as group:
        task = group.create_task(listen())
        await settle()
        yield clock, script, watcher, heard
        task.cancel()


async def test_it_beats_at_its_interval():
    """At once, and then every ten seconds; nothing changed, so nothing is hinted."""
    async with beating() as (clock, script, _, heard):
        await clock.advance(60)
        assert script.times() == [0, 10, 20, 30, 40, 50, 60]
        assert heard == []


async def test_beats_are_spread():
    """Ten thousand agents that were started together do not beat together."""
    clock = FakeClock()
    script = Scripted(clock)
    numbers = iter([0.0, 0.999, *[0.5] * 100])
    tools = toolbox(clock=clock)
    object.__setattr__(tools, "random", lambda: next(numbers))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(anext(Heartbeat(script, 10, tools).events()))
        await clock.advance(30)
        task.cancel()
    first, second, third, *_ = script.times()
    assert (first, second) == (0, 9)
    assert 10.9 < third - second < 11


async def test_another_address_is_a_hint():
    """It names both; the same one again is none."""
    async with beating() as (clock, script, watcher, heard):
        script.sees[Family.V4] = THERE
        await clock.advance(35)
        assert heard == ["ddns.example.com:8054 sees this machine at 203.0.113.9 instead of 198.51.100.7"]
        [told] = watcher.status()["families"]
        assert (told["seen"], told["missed"], told["answered_at"]) == (str(THERE), 0, clock.now() - 5)


async def test_families_are_apart():
    """A dead IPv6 delays no beat over IPv4, and what IPv6 shows is not compared with it."""
    async with beating(Family.V4, Family.V6) as (clock, script, _, heard):
        script.sees[Family.V6] = None
        await clock.advance(60)
        assert script.times() == [0, 10, 20, 30, 40, 50, 60]
        script.sees[Family.V4] = THERE
        await clock.advance(10)
        assert len(heard) == 1


async def test_unanswered_beats_come_sooner_and_never_later():
    """After 1, 2, 4 and 8 seconds, then at the interval; what may have changed is learned anew meanwhile."""
    async with beating() as (clock, script, watcher, heard):
        script.sees[Family.V4] = None
        await clock.advance(60)
        assert script.times() == [0, 10, 11, 13, 17, 25, 35, 45, 55]
        assert [wait for _, _, wait in script.asked][1:6] == [1, 2, 4, 8, 10]
        assert script.renewed == [17, 45]
        [told] = watcher.status()["families"]
        assert (told["missed"], told["why"]) == (7, "nobody answered")
        assert heard == []


async def test_an_error_at_once_makes_no_flood():
    """A closed port answers in no time, and is asked no more often for it."""
    async with beating() as (clock, script, _, _heard):
        script.sees[Family.V4], script.refuses = None, True
        await clock.advance(60)
        assert script.times() == [0, 10, 11, 13, 17, 25, 35, 45, 55]


async def test_a_line_that_came_back_is_a_hint():
    """After three beats that nobody answered the same address is worth a look, too."""
    async with beating() as (clock, script, _, heard):
        script.sees[Family.V4] = None
        await clock.advance(18)
        script.sees[Family.V4] = HERE
        await clock.advance(30)
        assert heard == ["ddns.example.com:8054 answers again over IPv4"]


async def test_loss_is_no_hint():
    """One or two datagrams that were lost say nothing."""
    async with beating() as (clock, script, _, heard):
        script.sees[Family.V4] = None
        await clock.advance(12)
        script.sees[Family.V4] = HERE
        await clock.advance(30)
        assert heard == []


def test_a_server_that_was_away_at_the_start():
    """Its first answer is a hint, for the first round is long over."""
    assert Pulse(Family.V4).answered(HERE, "it", 0.0) is None
    assert Pulse(Family.V4, missed=3).answered(HERE, "it", 30.0) == "it answers again over IPv4"


async def test_a_flapping_nat_hints_once_a_minute():
    """Two addresses in turn are two hints at first, and then one a minute; a new one is told at once."""
    async with beating() as (clock, script, _, heard):
        for turn in range(60):
            script.sees[Family.V4] = (THERE, HERE)[turn % 2]
            await clock.advance(10)
        assert len(heard) <= 2 + 600 / CALM
        before = len(heard)
        script.sees[Family.V4] = ELSEWHERE
        await clock.advance(10)
        assert len(heard) == before + 1


async def test_a_fail_back_is_told_though_late():
    """The second line is told at once, the first again within a minute, also when it was seen before."""
    async with beating() as (clock, script, _, heard):
        script.sees[Family.V4] = THERE
        await clock.advance(10)
        script.sees[Family.V4] = HERE
        await clock.advance(10)
        assert len(heard) == 1
        await clock.advance(CALM)
        assert heard[1:] == ["ddns.example.com:8054 sees this machine at 198.51.100.7 instead of 203.0.113.9"]


@given(st.lists(st.sampled_from([HERE, THERE, ELSEWHERE, None]), min_size=1, max_size=40))
def test_whatever_is_answered_the_last_is_told(answers):
    """After any answers, when one lasts for a minute it is the last that was hinted at, or the first of all."""
    pulse, now, told = Pulse(Family.V4), 0.0, []
    lasting = next((each for each in reversed(answers) if each), HERE)
    for seen in [*answers, *[lasting] * 8]:
        now += 10
        if seen is None:
            pulse.missed += 1
        elif why := pulse.answered(seen, "it", now):
            told.append((now, seen, why))
    changes = [(at, seen) for at, seen, why in told if "instead of" in why]
    first = next((each for each in answers if each), HERE)
    assert (changes[-1][1] if changes else first) == lasting
    assert all(one[1] != two[1] for one, two in pairwise(changes))
