"""What a person paused is left alone, and goes on by itself or by their word."""

import asyncio

import pytest

from fakes.clock import settle
from fakes.world import HOME, HOME6, MemoryProvider, addresses, key, names
from homeport.engine.pause import apart
from homeport.engine.report import report
from homeport.engine.verify import PATIENCE
from homeport.errors import ConfigInvalid, CredentialsRefused, Unavailable
from homeport.model.ledger import Pause, State
from homeport.model.name import Fqdn
from homeport.model.observation import NoAddress
from homeport.model.plan import Change, Hold, Paused, Plan
from homeport.model.rrset import RRset

NAS = key("nas.example.com")
NAME = HOME.name


@pytest.fixture
def both(world):
    """Two names at one host, published."""
    return world.rounds(world.account(world.wanted(HOME), world.wanted(NAS)))


def moves(world, address="9.9.9.9"):
    world.detector.says["v4"] = addresses(address)


def held(world, rrkey=HOME):
    return set(world.provider.zone[rrkey].rdata)


async def test_nothing_is_written_asked_or_withdrawn_meanwhile(world, both, events):
    """The other name goes on: its records follow, and the host is asked about them alone."""
    await both.run()
    await both.pause(NAME, None)
    moves(world)
    asked = []
    plain = world.provider.observe

    async def observe(keys):
        asked.extend(keys)
        return await plain(keys)

    world.provider.observe = observe
    for _ in range(400):  # more than a day
        await both.run(check_drift=True)
        await world.clock.advance(300)
    assert (held(world), held(world, NAS)) == ({"8.8.8.8"}, {"9.9.9.9"})
    assert set(asked) == {NAS}
    assert [fields["record"] for name, fields in events if name == "record.paused"] == [str(HOME)]


async def test_an_absence_withdraws_nothing_meanwhile(world):
    """Also where the file says that the record goes with the address."""
    rounds = world.rounds(world.account(world.wanted(withdraw_after=600)))
    await rounds.run()
    await rounds.pause(None, None)
    world.detector.says["v4"] = NoAddress("no IPv4 on eth0")
    for _ in range(10):
        await rounds.run()
        await world.clock.advance(300)
    assert held(world) == {"8.8.8.8"}


async def test_it_goes_on_by_itself_and_a_round_is_due(world, both, events):
    """At its time, not before, and whatever was put there by hand meanwhile is put right."""
    await both.run()
    start = world.clock.now()
    await both.pause(NAME, 3600)
    assert both.next_due == start + 3600
    world.provider.put(HOME, "1.2.3.4")
    await world.clock.advance(3599)
    await both.run()
    assert held(world) == {"1.2.3.4"}
    await world.clock.advance(1)
    await both.run()
    assert held(world) == {"8.8.8.8"}
    assert both.next_due is None
    assert names(events).count("record.resumed") == 1


async def test_a_host_that_cannot_be_listed_is_looked_at_by_dns_in_the_end(world):
    """What somebody put there meanwhile is seen by the name servers' answer, and nothing is sent without need."""
    world.provider.write_only = True
    rounds = world.rounds()
    await rounds.run()
    await rounds.pause(None, None)
    await rounds.resume(None)
    await rounds.run()
    assert world.provider.applied == 1
    await rounds.pause(None, None)
    world.provider.put(HOME, "1.2.3.4")
    await world.clock.advance(PATIENCE + 1)
    await rounds.resume(None)
    await rounds.run()
    assert held(world) == {"8.8.8.8"}


async def test_it_outlives_the_process(world, events):
    """Another agent on the same ledger leaves it alone, too, and tells nobody of it again."""
    await world.rounds().run()
    await world.rounds().pause(NAME, 3600)
    moves(world)
    again = world.rounds()
    await again.run()
    assert held(world) == {"8.8.8.8"}
    await world.clock.advance(3601)
    await world.rounds().run()
    assert held(world) == {"9.9.9.9"}
    assert names(events).count("record.paused") == 1


async def test_a_pause_of_all_covers_what_is_added_later(world):
    """A name that the next file brings is left alone as well."""
    await world.rounds().pause(None, None)
    rounds = world.rounds(world.account(world.wanted(HOME), world.wanted(NAS)))
    await rounds.run()
    assert not world.provider.zone
    await rounds.resume(None)
    await rounds.run()
    assert set(world.provider.zone) == {HOME, NAS}


async def test_one_name_goes_on_while_all_are_paused(world, both):
    """Until all are paused anew; to resume all ends every pause."""
    await both.pause(None, None)
    await both.resume(NAME)
    await both.run()
    assert set(world.provider.zone) == {HOME}
    await both.pause(None, 600)
    moves(world)
    await both.run()
    assert held(world) == {"8.8.8.8"}
    await both.pause(NAME, None)
    await both.resume(None)
    await both.run()
    assert (held(world), held(world, NAS)) == ({"9.9.9.9"}, {"9.9.9.9"})


@pytest.mark.parametrize("first", [NAME, None])
async def test_of_two_pauses_the_later_end_counts(world, both, first):
    """Its own or everybody's; and when one goes on alone, its name does not."""
    second = None if first else NAME
    start = world.clock.now()
    await both.pause(first, 7200)
    await both.pause(second, 600)
    assert both.pauses.of(HOME).until == start + 7200
    await world.clock.advance(700)
    await both.run()
    assert HOME not in world.provider.zone


async def test_a_new_time_takes_the_place_of_the_former(world, both, events):
    """Shorter or longer, and it is told."""
    start = world.clock.now()
    await both.pause(NAME, 7200)
    await both.pause(NAME, 60)
    assert both.pauses.of(HOME).until == start + 60
    await both.pause(NAME, None)
    assert both.pauses.of(HOME).until is None
    assert names(events).count("record.paused") == 3


async def test_a_clock_that_was_set_back_makes_no_pause_of_years(world):
    """It lasts as long as it was meant to, from then on."""
    rounds = world.rounds()
    await rounds.pause(NAME, 3600)
    world.clock.jump(-10 * 365 * 86400.0)
    await rounds.run()
    await world.clock.advance(3601)
    await rounds.run()
    assert held(world) == {"8.8.8.8"}


async def test_a_clock_that_was_ahead_ends_it_for_good(world):
    """What went on goes on: it is not paused anew because the clock is right again."""
    rounds = world.rounds()
    await rounds.pause(NAME, 3600)
    world.clock.jump(86400.0)
    await rounds.run()
    world.clock.jump(-86400.0)
    moves(world)
    await rounds.run()
    assert held(world) == {"9.9.9.9"}


async def test_a_name_that_is_not_there_is_an_error(world):
    """And nothing is written down."""
    rounds = world.rounds()
    for wish in (
        rounds.pause(Fqdn.parse("nope.example.com"), None),
        rounds.resume(Fqdn.parse("nope.example.com")),
    ):
        with pytest.raises(ConfigInvalid, match=r"no record is named nope\.example\.com"):
            await wish
    assert not world.ledger.others


async def test_a_write_under_way_ends_before_the_answer(world):
    """Whoever was told that it is paused may change the record by hand: nothing is sent after that."""
    rounds = world.rounds()
    sending, go_on = asyncio.Event(), asyncio.Event()
    plain = world.provider.apply

    async def apply(changes):
        sending.set()
        await go_on.wait()
        return await plain(changes)

    world.provider.apply = apply
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        await sending.wait()
        pausing = group.create_task(rounds.pause(NAME, None))
        await settle()
        assert not pausing.done()
        go_on.set()
    assert held(world) == {"8.8.8.8"}
    assert world.line().observed_at is None


async def test_nobody_waits_for_the_host_of_another_name(world):
    """It may be slow to take what it is sent, and that is no reason to let this one's owner wait."""
    slow = MemoryProvider()
    world.resolver.instead[NAS] = frozenset({"8.8.8.8"})
    sending, go_on = asyncio.Event(), asyncio.Event()
    plain = slow.apply

    async def apply(changes):
        sending.set()
        await go_on.wait()
        return await plain(changes)

    slow.apply = apply
    other = world.account(world.wanted(NAS, provider="q"), provider=slow, name="q")
    rounds = world.rounds(world.account(world.wanted(HOME)), other)
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        await sending.wait()
        async with asyncio.timeout(60):
            await rounds.pause(NAME, None)
        go_on.set()
    assert set(slow.zone) == {NAS}


async def test_what_is_only_looked_at_when_the_pause_comes_is_not_written(world):
    """The host is slow to list, and nobody waits for it: the write that would follow does not."""
    rounds = world.rounds()
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def before():
        asked.set()
        await go_on.wait()

    world.provider.before = before
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        await asked.wait()
        await rounds.pause(NAME, None)
        go_on.set()
    assert not world.provider.zone
    assert world.line().failures == 0


async def test_nobody_looks_for_what_is_paused(world, events):
    """A write that was to be seen is looked for no more."""
    world.resolver.lags = True
    rounds = world.rounds()
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        await settle()
        await rounds.pause(NAME, None)
        await world.clock.advance(PATIENCE + 1)
    assert not {"record.verified", "record.unverified"} & set(names(events))


async def test_what_failed_waits_as_well_and_is_not_counted(world):
    """No alarm rings for it, no exit code tells of it, and a retry of all leaves it alone."""
    world.provider.errors[HOME] = Unavailable("503")
    rounds = world.rounds()
    await rounds.run()
    assert rounds.next_due is not None
    await rounds.pause(NAME, None)
    assert rounds.next_due is None
    assert report(rounds, 0)["exit_code"] == 0
    assert rounds.retry(None) == []
    with pytest.raises(ConfigInvalid, match=r"`homeport resume home\.example\.com`"):
        rounds.retry(NAME)


async def test_the_report_says_until_when_and_what_it_would_be(world):
    """Its state before, its value now; and whether everybody is paused."""
    world.provider.errors[HOME] = CredentialsRefused("no")
    rounds = world.rounds(world.account(world.wanted(HOME), world.wanted(HOME6)))
    await rounds.run()
    now = world.clock.now()
    await rounds.pause(None, 60)
    said = report(rounds, now)
    assert said["paused"] == {"since": now, "until": now + 60}
    v4, v6 = said["records"]
    assert (v4["state"], v4["paused_until"], v4["next_attempt"], v4["reason"]) == (
        "paused",
        now + 60,
        None,
        "",
    )
    assert v4["would_be"] == {"state": "halted", "rdata": ["8.8.8.8"], "why": "no"}
    assert v6["would_be"] == {"state": "current", "rdata": ["2606:4700::1111"], "why": ""}
    await rounds.resume(None)
    said = report(rounds, now)
    assert said["paused"] is None
    assert [(each["state"], each["would_be"]) for each in said["records"]] == [
        ("halted", None),
        ("current", None),
    ]


async def test_the_plan_tells_of_it_apart(world, both):
    """With what would be done, and without a say in the exit code."""
    world.provider.put(HOME, "1.1.1.1", "1.0.0.1")
    await both.pause(None, None)
    plans, code = await both.plan()
    assert (plans["p"].changes, plans["p"].held, code) == ((), (), 0)
    home, nas = plans["p"].paused
    assert home[0] == HOME
    assert isinstance(home[1].would, Hold)
    assert nas[1].would.after.rdata == {"8.8.8.8"}
    assert not plans["p"]


def test_what_is_as_it_should_be_is_named_too():
    """Somebody who asks for the plan sees everything that is paused."""
    change = Change(NAS, None, RRset.of(NAS, "8.8.8.8", ttl=60))
    made = apart(Plan((change,), ()), {HOME: Pause(NAME, 1.0, 9.0)})
    assert made == Plan((change,), (), ((HOME, Paused(9.0, None)),))


async def test_a_halt_stays_a_halt(world):
    """A pause is no retry: what waits for a person waits when it goes on."""
    world.provider.errors[HOME] = CredentialsRefused("no")
    rounds = world.rounds()
    await rounds.run()
    await rounds.pause(NAME, 60)
    await world.clock.advance(61)
    await rounds.run()
    assert world.line().state is State.HALTED
    assert world.provider.applied == 1
