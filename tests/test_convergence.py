"""Whatever happens to the world, once it rests the name points home, and nothing unheard of was ever written.

A story is drawn by hypothesis and played to the real agent in virtual time (`fakes/simulated.py`).
"""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.simulated import INTERVAL, KEYS, OPERATORS, SERVERS, House, living
from fakes.virtual_time import run
from fakes.world import HOME
from homeport import errors
from homeport.jobs.retry import LONGEST, LONGEST_PAUSE, PROBES
from homeport.model.address import Family
from homeport.model.ledger import Proof

LOOK = INTERVAL * 1.1 + 15.0  # seconds until the safety net has looked, and everybody was heard
DAY = 86400.0
LONGEST_ORDERED = 20_000.0  # seconds that a person pauses for
ERRORS = {
    "credentials": lambda: errors.CredentialsRefused("badauth"),
    "refused": lambda: errors.Refused("nohost"),
    "abused": lambda: errors.Abused("abuse"),
    "unavailable": lambda: errors.Unavailable("503"),
    "unconfirmed": lambda: errors.Unconfirmed("the connection was dropped"),
    "conflict": lambda: errors.Conflict("another writer was first"),
    "config": lambda: errors.ConfigInvalid("no such zone"),
    "secret": lambda: errors.SecretUnreadable("the environment lacks CF_TOKEN"),
    "store": lambda: errors.StoreUnavailable("the disk is full"),
    "gap": lambda: errors.Gap("deltas are gone"),
    "in use": lambda: errors.InUse("another process owns it"),
    "not allowed": lambda: errors.NotAllowed("permission denied"),
    "fault": lambda: RuntimeError("a bug in the provider"),
}
PATIENCE = (20.0, 900.0, 7200.0)  # seconds that a host asks for
HALTING = {"credentials", "refused", "abused", "config", "in use", "not allowed"}
MOODS = ("honest", "silent", "dead", "slow", "liar", "private", "broken")
# One operator of the mainland stays honest, and old addresses are told by worldwide ones alone: what a proxy lets the
# world see is agreed on where nobody of the other camp is left to say otherwise.
SICKLY = {"a": (*MOODS, "stale"), "b": (*MOODS, "stale"), "c": (*MOODS, "stale"), "m": MOODS}

seconds = st.sampled_from((0.0, 0.1, 0.5, 2.0, 15.0, 90.0, 330.0, 2000.0, 20_000.0))
steps = st.one_of(
    st.tuples(st.just("pass"), seconds),
    st.tuples(st.just("move"), st.sampled_from(tuple(Family)), st.booleans()),
    st.tuples(st.just("line"), st.booleans(), st.booleans()),
    *(
        st.tuples(st.just("witness"), st.just(operator), st.sampled_from(moods))
        for operator, moods in SICKLY.items()
    ),
    st.tuples(st.just("proxy"), st.booleans()),
    st.tuples(st.just("portal"), st.booleans()),
    st.tuples(
        st.just("host"),
        st.sampled_from(("observe", "apply", "both")),
        st.sampled_from((*ERRORS, *PATIENCE)),
        st.booleans(),
    ),
    st.tuples(st.just("host is well")),
    st.tuples(st.just("edit"), st.sampled_from(tuple(Family)), st.booleans()),
    st.tuples(st.just("names"), st.booleans(), st.sampled_from((0.5, 20.0, 4000.0))),
    st.tuples(
        st.just("jump"), st.sampled_from((-400_000.0, -90_000.0, -3600.0, -6.0, 3.0, 3600.0, 400_000.0))
    ),
    st.tuples(st.just("sleep"), st.sampled_from((30.0, 5000.0, 100_000.0)), st.booleans()),
    st.tuples(st.just("restart"), st.booleans()),
    st.tuples(st.just("pause"), st.booleans(), st.sampled_from((None, 900.0, LONGEST_ORDERED))),
    st.tuples(st.just("resume"), st.booleans()),
    st.tuples(st.just("hint")),
)


class Story:
    """Plays steps to a house, and keeps until when what they did may hold the agent up.

    Attributes:
        retry_until: true time at which the longest pause between two tries ends.
        host_until: true time at which ends what the host itself put off, or refused; 0 when it never did.
    """

    def __init__(self, house, state):
        self.house, self.state = house, state
        self.retry_until = self.host_until = 0.0
        self.edits = 0
        self.is_to_end = False  # a pause may still end by itself
        self.is_abused = False
        self._halts = 0

    async def play(self, step):
        what, *arguments = step
        self.house.tell(f"world: {what} {arguments}")
        await getattr(self, "do_" + what.replace(" ", "_"))(*arguments)

    async def do_pass(self, passed):
        await asyncio.sleep(passed)

    async def do_move(self, family, is_noticed):
        self.house.move(family)
        if is_noticed:
            await self.do_hint()

    async def do_line(self, is_up, is_noticed):
        self.house.is_up = is_up
        if is_noticed:
            await self.do_hint()

    async def do_witness(self, operator, mood):
        self.house.behaves[operator] = mood

    async def do_proxy(self, is_on):
        self.house.is_proxied = is_on

    async def do_portal(self, is_on):
        self.house.is_captured = is_on

    async def do_host(self, where, how, is_applied):
        made = ERRORS.get(how) or (lambda: errors.Throttled("slow down", retry_after=how))

        def fail():
            self.learn(how)
            return made()

        self.house.host.fails = where, fail, is_applied and how in ("unconfirmed", "fault")

    async def do_host_is_well(self):
        self.house.host.fails = None

    def learn(self, how):
        """Take note of how long a failure may keep the agent from trying again."""
        now = self.house.clock.true
        self.retry_until = now + LONGEST
        if how in HALTING:
            self._halts += 1
            self.is_abused |= how == "abused"
            self.host_until = max(self.host_until, now + PROBES[min(self._halts, len(PROBES)) - 1])
        elif isinstance(how, float):
            self.host_until = max(self.host_until, now + how)

    async def do_edit(self, family, is_deleted):
        """Change a record by hand; where nothing can be listed, one that DNS was seen to answer, and only once."""
        at, house = KEYS[family], self.house
        entry = house.ledger.lines.get(("host", at))
        is_proven = entry is not None and entry.proof is Proof.DNS
        if at in house.host.zone and not (house.host.write_only and (self.edits or not is_proven)):
            self.edits += 1
            house.host.put(
                at, *(() if is_deleted else ("198.41.0.4" if family is Family.V4 else "2001:500::1",))
            )

    async def do_names(self, is_deaf, lag):
        self.house.names.is_deaf = is_deaf
        self.house.names.lag[SERVERS[1]] = lag

    async def do_jump(self, by):
        """Set the clock; what the host itself put off is kept on a clock that says it is earlier now."""
        self.house.clock.jump(by)
        if by < 0 and self.host_until:
            self.host_until = max(self.host_until, self.house.clock.true) + min(-by, LONGEST_PAUSE)

    async def do_sleep(self, how_long, is_counted):
        self.house.clock.suspend(how_long, is_counted=is_counted)

    async def do_restart(self, is_lost):
        await self.house.restart(self.state, is_lost=is_lost)

    async def do_pause(self, is_named, seconds):
        """Leave the name alone, by itself or with every other; without a time nothing may be asked of the host."""
        await self.house.agent.pause(HOME.name if is_named else None, seconds)
        self.house.is_paused |= seconds is None
        self.is_to_end = True

    async def do_resume(self, is_named):
        self.house.is_paused = False
        await self.house.agent.resume(HOME.name if is_named else None)

    async def do_hint(self):
        self.house.stirred.set()

    async def rest(self):
        """Let everything be well again, as it is with nobody told; return the seconds until the name is right."""
        house = self.house
        house.is_up, house.is_proxied, house.is_captured = True, False, False
        house.behaves = dict.fromkeys(OPERATORS, "honest")
        house.names.is_deaf, house.names.lag = False, dict.fromkeys(SERVERS, 0.5)
        house.host.fails = None
        if house.is_paused or (self.is_abused and self.is_to_end):  # a retry leaves alone what is paused
            house.tell("world: a person says resume")
            await self.do_resume(is_named=False)
        if self.is_abused:
            house.tell("world: a person says retry")
            await house.agent.retry(None)
        house.tell("world: at rest")
        patience = max(0.0, max(self.retry_until, self.host_until) - house.clock.true)
        paused = LONGEST_ORDERED if self.is_to_end else 0.0
        return LOOK + patience + paused + (DAY if self.edits else 0.0)


async def unkept(clock, story, seed, *, write_only):
    """Play a story and let the world rest; return what the agent did not keep of its promises, and how it came."""
    house = House(clock, seed, write_only=write_only)
    async with living(house) as state:
        told = Story(house, state)
        for step in story:
            await told.play(step)
        await asyncio.sleep(await told.rest())
        late = house.stands()
        quiet = len(house.host.log)
        await asyncio.sleep(3 * LOOK)
        idle = [what for _, what, *_ in house.host.log[quiet:] if what == "apply"]
        faults = [*house.wrong, *late, *house.stands(), *idle]
        return f"{faults}{house.told()}" if faults else ""


def test_a_network_that_comes_late_is_no_reason_to_wait_for_the_poll():
    """At boot nothing resolves and no interface tells when that ends: the first address is out within half a minute."""

    async def boots(clock):
        house = House(clock)
        house.is_up = False
        async with living(house):
            await asyncio.sleep(20)
            house.is_up = True
            await asyncio.sleep(30)
            assert not house.stands(), house.told()
            assert not house.wrong, house.told()

    run(boots)


@pytest.mark.parametrize("lost", [None, "ledger"])
def test_no_restart_writes_what_stands_already(lost):
    """Twenty starts on one address are one write for each family, whatever became of the ledger."""

    async def starts(clock):
        house = House(clock)
        async with living(house) as state:
            for _ in range(20):
                await asyncio.sleep(60)
                await house.restart(state, is_lost=lost is not None)
            await asyncio.sleep(60)
        assert {len(done) for done in house.host.writes.values()} == {1}, house.told()

    run(starts)


@pytest.mark.parametrize("write_only", [False, True])
@pytest.mark.parametrize("how", sorted(ERRORS.keys() - {"fault"}))
def test_a_record_that_fails_for_ever_delays_no_other(how, write_only):
    """Whatever its error says, the other family of the name follows every change at once."""

    async def follows(clock):
        house = House(clock, write_only=write_only)
        house.host.refuses = {KEYS[Family.V6]: ERRORS[how]()}
        async with living(house):
            for pause in (5, 100, 1000, 20, 4000, 4):
                await asyncio.sleep(pause)
                assert Family.V4 not in house.stands(), house.told()
                house.move(Family.V4)
                house.stirred.set()
                await asyncio.sleep(5)
                assert Family.V4 not in house.stands(), house.told()

    run(follows)


def holds(examples):
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])


stories = given(story=st.lists(steps, max_size=30), seed=st.integers(0, 999), write_only=st.booleans())


@holds(40)
@stories
def test_the_name_points_home_once_the_world_rests(story, seed, write_only):
    """Within the safety-net interval, and what the host itself or its failures asked to wait; nothing wrong ever."""
    assert run(lambda clock: unkept(clock, story, seed, write_only=write_only)) == ""


@pytest.mark.soak
@holds(3000)
@stories
def test_the_name_points_home_after_any_story(story, seed, write_only):
    """The same, for hours."""
    assert run(lambda clock: unkept(clock, story, seed, write_only=write_only)) == ""
