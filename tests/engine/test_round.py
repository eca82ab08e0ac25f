"""A round, from what was learned to what the name servers answer."""

import asyncio

import pytest

from fakes.world import HOME, HOME6, MemoryProvider, ScriptedDetector, World, addresses, key, names
from homeport.engine.lines import Lines
from homeport.engine.report import report
from homeport.engine.round import Rounds
from homeport.engine.source import Source
from homeport.engine.verify import PATIENCE
from homeport.errors import Unavailable
from homeport.model.ledger import Proof, State
from homeport.model.observation import NoAddress, Unknown
from homeport.model.plan import Hold, Plan
from homeport.model.rrset import RRset

DAY = 86400


async def until(condition):
    """Let tasks run until `condition` holds."""
    while not condition():  # noqa: ASYNC110 -- what is awaited is the world's doing, not an event
        await asyncio.sleep(0.001)


async def test_first_round_publishes_and_proves(world, events):
    """An address becomes a record, and the name servers are seen to answer it."""
    await world.rounds().run()
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}
    line = world.line()
    assert (line.state, line.proof, line.published) == (State.CURRENT, Proof.DNS, world.provider.zone[HOME])
    assert line.visible_after is not None
    assert names(events) == [
        "address.learned",
        "record.published",
        "record.verified",
        "round.ended",
    ]


async def test_a_quiet_round_asks_the_provider_nothing(world):
    """In an ordinary round what was observed is the ledger."""
    rounds = world.rounds()
    for _ in range(3):
        await rounds.run()
        await world.clock.advance(300)
    assert (world.provider.observed, world.provider.applied) == (1, 1)


async def test_the_ledger_outlives_the_process(world):
    """After a restart nothing is asked that is known."""
    await world.rounds().run()
    await world.rounds().run()
    assert (world.provider.observed, world.provider.applied) == (1, 1)


async def test_a_stale_ledger_is_checked_and_drift_repaired(world):
    """After 24 h the host is listed again, and what somebody changed is put right."""
    rounds = world.rounds()
    await rounds.run()
    world.provider.put(HOME, "9.9.9.9")
    await world.clock.advance(DAY + 1)
    await rounds.run()
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}


async def test_drift_in_dns_is_noticed_at_the_next_interval(world):
    """Name servers that answer otherwise make the host be listed at once."""
    rounds = world.rounds()
    await rounds.run()
    world.provider.put(HOME, "9.9.9.9")
    await rounds.run(check_drift=True)
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}


async def test_a_record_that_is_right_already_is_adopted_without_a_write(world):
    """What the host holds is looked at before anything is written."""
    world.provider.put(HOME, "8.8.8.8")
    await world.rounds().run()
    assert world.provider.applied == 0
    assert (world.line().state, world.line().proof) == (State.CURRENT, Proof.API)


@pytest.mark.parametrize("learned", [Unknown("captive portal"), NoAddress("no IPv4 on eth0")])
async def test_not_learned_is_not_gone(world, events, learned):
    """An address that cannot be learned holds the record, with the reason, and deletes nothing."""
    rounds = world.rounds()
    await rounds.run()
    world.detector.says["v4"] = learned
    await rounds.run()
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}
    assert world.line().state is State.HELD
    assert learned.why in world.line().reason
    assert world.line().published.rdata == {"8.8.8.8"}
    assert names(events).count("record.held") == 1


async def test_one_family_does_not_wait_for_the_other(world):
    """A dead IPv6 source delays no IPv4 record."""
    dead = ScriptedDetector(v6=addresses("2606:4700::1"))
    released = asyncio.Event()
    dead.before = released.wait
    sources = {"wan": Source("wan", (world.detector,)), "six": Source("six", (dead,))}
    account = world.account(world.wanted(HOME), world.wanted(HOME6, source="six"))
    rounds = world.rounds(account, sources=sources)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        await until(lambda: HOME in world.provider.zone)
        assert HOME6 not in world.provider.zone
        released.set()
    assert world.provider.zone[HOME6].rdata == {"2606:4700::1"}


async def test_an_ipv4_source_that_is_down_holds_up_no_ipv6(world):
    """The AAAA record follows its address, the A record stays as it is with the reason."""
    world.provider.put(HOME, "8.8.8.8")
    world.detector.says["v4"] = Unknown("no answer within 10 s")
    await world.rounds(world.account(world.wanted(HOME), world.wanted(HOME6))).run()
    assert world.provider.zone[HOME6].rdata == {"2606:4700::1111"}
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}
    assert (world.line(HOME).state, world.line(HOME6).state) == (State.HELD, State.CURRENT)


@pytest.mark.parametrize(("write_only", "writes"), [(False, 2), (True, 3)])
async def test_a_crash_between_the_host_s_yes_and_the_ledger(world, write_only, writes):
    """The next start finds the record right where it can be listed, and elsewhere sends the same once more."""
    world.provider.write_only = write_only
    await world.rounds().run()
    remembered = dict(world.ledger.lines)
    world.detector.says["v4"] = addresses("9.9.9.9")
    await world.rounds().run()
    world.ledger.lines = remembered
    for _ in range(3):
        await world.rounds().run()
    assert world.provider.zone[HOME].rdata == {"9.9.9.9"}
    assert (world.provider.applied, world.line().state) == (writes, State.CURRENT)


async def test_two_agents_of_one_name_do_not_fight_for_ever(world, events):
    """Each sees the other's address as drift and says so, and gives in for ever longer: 30 writes in two days."""
    other = ScriptedDetector(v4=addresses("9.9.9.9"))
    theirs = World(clock=world.clock, provider=world.provider, detector=other)
    both = world.rounds(), theirs.rounds()
    for _ in range(2 * 288):
        for rounds in both:
            await rounds.run(check_drift=True)
            await world.clock.advance(150)
    assert 10 < world.provider.applied < 30
    assert names(events).count("record.drifted") >= world.provider.applied - 2


async def test_what_is_learned_together_goes_in_one_batch(world):
    """Both families of many names are one list and one batch."""
    keys = [key(f"h{number}.example.com") for number in range(50)] + [HOME6]
    await world.rounds(world.account(*map(world.wanted, keys))).run()
    assert world.provider.observed == 1
    assert [len(batch) for batch in world.provider.batches] == [51]


async def test_one_provider_does_not_wait_for_another(world):
    """A provider that hangs delays only its own records, now and in the next round."""
    stuck = MemoryProvider()
    released = asyncio.Event()
    stuck.before = released.wait
    other = key("other.example.net")
    accounts = [
        world.account(),
        world.account(world.wanted(other, provider="q"), provider=stuck, name="q"),
    ]
    rounds = world.rounds(*accounts)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        await until(lambda: HOME in world.provider.zone)
        world.detector.says["v4"] = addresses("9.9.9.9")
        group.create_task(rounds.run())
        await until(lambda: world.provider.zone[HOME].rdata == {"9.9.9.9"})
        world.resolver.instead[other] = frozenset({"9.9.9.9"})
        assert other not in stuck.zone
        released.set()
        await until(lambda: other in stuck.zone and stuck.zone[other].rdata == {"9.9.9.9"})
        await world.clock.advance(5)


async def test_accepted_and_never_seen_is_no_failure(world, events):
    """It is written down as accepted, and not sent again for that."""
    world.resolver.lags = True
    rounds = world.rounds()
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        await until(lambda: HOME in world.provider.zone)
        await world.clock.advance(PATIENCE + 5)
    await rounds.run()
    assert (world.line().state, world.line().proof) == (State.CURRENT, Proof.ACCEPTED)
    assert world.provider.applied == 1
    assert "record.unverified" in names(events)


async def test_a_plan_changes_nothing(world):
    """It lists and learns and writes neither the host nor the ledger."""
    plan, code = await world.rounds().plan()
    assert code == 0
    assert [str(change.key) for change in plan["p"].changes] == [str(HOME)]
    assert world.provider.zone == {}
    assert world.ledger.lines == {}


async def test_a_plan_shows_what_is_held(world):
    """What cannot be learned, or listed, is in the plan with its reason."""
    world.detector.says["v4"] = Unknown("captive portal")
    assert (await world.rounds().plan()) == (
        {"p": Plan(held=((HOME, Hold("scripted here: captive portal")),))},
        3,
    )
    world.detector.says["v4"] = addresses("8.8.8.8")
    world.provider.observe_error = Unavailable("no route")
    assert (await world.rounds().plan()) == ({"p": Plan(held=((HOME, Hold("no route")),))}, 5)


async def test_the_ttl_is_part_of_what_is_wanted(world):
    """Another TTL in the configuration is a change."""
    await world.rounds().run()
    await world.rounds(world.account(world.wanted(ttl=300))).run()
    assert world.provider.zone[HOME] == RRset.of(HOME, "8.8.8.8", ttl=300)


async def test_another_host_under_the_same_name_gets_the_records(world):
    """What the ledger says of one account is nothing about another."""
    first = world.account()
    first.identity = "cloudflare a"
    await world.rounds(first).run()
    world.provider.zone.clear()
    second = world.account()
    second.identity = "cloudflare b"
    await world.rounds(second).run()
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}


async def test_an_older_round_does_not_overrule_a_newer_one(world):
    """A slow witness of the past says nothing about the present."""
    gate = asyncio.Event()
    asked = asyncio.Event()
    slow = iter([gate.wait])

    async def before():
        asked.set()
        for wait in slow:
            await wait()
            world.detector.says["v4"] = addresses("9.9.9.9")

    world.detector.before = before
    rounds = world.rounds()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        await asked.wait()
        await rounds.run()
        assert world.provider.zone[HOME].rdata == {"8.8.8.8"}
        gate.set()
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}


async def test_a_retired_configuration_publishes_nothing_more(world):
    """After a reload, what the old one still learns is nobody's business."""
    asked, gate = asyncio.Event(), asyncio.Event()

    async def before():
        asked.set()
        await gate.wait()

    world.detector.before = before
    rounds = world.rounds()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        await asked.wait()
        await rounds.retire()
        gate.set()
    assert world.provider.zone == {}


HERE4 = ("192.168.1.2", "fe80::1", "fd00::2", "127.0.0.1", "::1")


async def test_a_home_without_ipv6_is_as_wanted(world):
    """A family that this machine has no address of and never published is shown, and is no failure."""
    world.own(*HERE4)
    world.detector.says["v6"] = Unknown("no route")
    rounds = world.rounds(world.account(world.wanted(), world.wanted(HOME6)))
    await rounds.run()
    assert (world.line(HOME6).state, report(rounds, 0)["exit_code"]) == (State.HELD, 0)
    assert "no IPv6 here" in world.line(HOME6).reason
    assert (await rounds.plan())[1] == 0
    world.detector.says["v6"] = addresses("2606:4700::1")
    world.own(*HERE4, "2606:4700::1")
    await rounds.run()
    assert world.line(HOME6).state is State.CURRENT


@pytest.mark.parametrize("own", [(), ("fe80::1",), (*HERE4, "2606:4700::1")])
async def test_a_missing_address_is_a_failure_where_there_should_be_one(world, own):
    """Without any line at all, or with IPv6 on an interface, an address that is not learned is told."""
    world.own(*own)
    world.detector.says["v6"] = Unknown("no answer")
    rounds = world.rounds(world.account(world.wanted(), world.wanted(HOME6)))
    await rounds.run()
    assert report(rounds, 0)["exit_code"] == 3


async def test_what_was_published_once_is_missed(world):
    """IPv6 that was there and went is a failure, and so is a name that was to have nothing else."""
    world.own(*HERE4)
    both, alone = world.account(world.wanted(), world.wanted(HOME6)), world.account(world.wanted(HOME6))
    world.detector.says["v6"] = Unknown("no route")
    rounds = world.rounds(alone)
    await rounds.run()
    assert report(rounds, 0)["exit_code"] == 3
    world.detector.says["v6"] = addresses("2606:4700::1")
    rounds = world.rounds(both)
    world.own(*HERE4, "2606:4700::1")
    await rounds.run()
    world.own(*HERE4)
    world.detector.says["v6"] = Unknown("no route")
    await rounds.run()
    assert report(rounds, 0)["exit_code"] == 3


async def test_several_lines_are_a_source_like_another(world):
    """The record follows the line that works, and the round says when to look again."""
    fibre, lte = ScriptedDetector(v4=addresses("8.8.8.8")), ScriptedDetector(v4=addresses("9.9.9.9"))
    lines = Lines("wan", (Source("fibre", (fibre,)), Source("lte", (lte,))), fail_over=10)
    rounds = world.rounds(sources={"wan": lines})
    await rounds.run()
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}
    assert rounds.turns_at is None
    fibre.says = {}
    await rounds.run()
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}
    assert "lte takes over" in world.line(HOME).reason
    assert rounds.turns_at == world.clock.now() + 10
    await world.clock.advance(1)
    assert rounds.turns_at == world.clock.now() + 9
    await world.clock.advance(9)
    await rounds.run()
    assert world.provider.zone[HOME].rdata == {"9.9.9.9"}


async def test_a_line_s_turn_is_known_while_what_was_published_is_not_seen_yet(world):
    """Fail-over does not wait for slow name servers, which are asked for a minute."""
    fibre, lte = ScriptedDetector(v4=addresses("8.8.8.8")), ScriptedDetector(v4=addresses("9.9.9.9"))
    lines = Lines("wan", (Source("fibre", (fibre,)), Source("lte", (lte,))), use="all", fail_over=10)
    rounds = world.rounds(sources={"wan": lines})
    await rounds.run()
    fibre.says = {}
    lte.says = {"v4": addresses("9.9.9.10")}
    world.resolver.lags = True
    told = []
    rounds.on_learned = lambda: told.append(rounds.turns_at)
    begun = world.clock.now()
    async with asyncio.TaskGroup() as group:
        round_ = group.create_task(rounds.run())
        await world.clock.advance(5)
        assert not round_.done()
        assert told == [begun + 10]
        await world.clock.advance(100)


async def test_a_pass_that_a_reload_finds_at_work_is_not_taken_for_the_new_place(world):
    """What is written at the old host while the file changes to another one is published there, too."""
    old, new = world.account(), world.account(provider=MemoryProvider())
    old.identity, new.identity = "here", "there"
    before = world.rounds(old)
    after = Rounds({"wan": Source("wan", (world.detector,))}, (new,), before.book, world.tools)
    await before.run()
    await before.retire()
    await after.run()
    assert new.provider.zone[HOME].rdata == {"8.8.8.8"}


async def test_a_slow_router_is_heard_once_for_each_new_address(world):
    """The round does not wait for it; the survey does, says who translates, and is quiet until the address changes."""
    echoes = [ScriptedDetector(f"{name}.org", 2, v4=addresses("8.8.8.8")) for name in "ab"]
    router = ScriptedDetector("your router", v4=Unknown("none", tells_none=True))
    router.kind = "router"
    asked = []

    async def slowly():
        asked.append(world.clock.now())
        await asyncio.sleep(0.05)

    router.before = slowly
    rounds = world.rounds(sources={"wan": Source("wan", (*echoes, router))})
    await rounds.run()
    assert rounds.translations == []
    for _ in range(3):
        await rounds.survey()
    assert len(asked) == 2
    [told] = rounds.translations
    assert "carrier-grade NAT" in told
    for one in echoes:
        one.says = {"v4": addresses("8.8.4.4")}
    await rounds.run()
    await rounds.survey()
    assert "8.8.4.4" in rounds.translations[0]
