"""A round, from what was learned to what the name servers answer."""

import asyncio

import pytest

from fakes.world import HOME, HOME6, MemoryProvider, ScriptedDetector, World, addresses, key, names
from homeport.engine.lines import Lines
from homeport.engine.report import report
from homeport.engine.round import Rounds
from homeport.engine.source import Source
from homeport.engine.verify import PATIENCE
from homeport.errors import ConfigInvalid, CredentialsRefused, Throttled, Unavailable, Unconfirmed
from homeport.model.address import Family
from homeport.model.host_id import PRESERVE
from homeport.model.ledger import Proof, State
from homeport.model.name import Fqdn
from homeport.model.observation import NoAddress, Unknown
from homeport.model.plan import Hold, Plan
from homeport.model.rrset import RRset, RRType

DAY = 86400


async def until(condition):
    """Let tasks run until `condition` holds."""
    while not condition():  # noqa: ASYNC110 -- what is awaited is the world's doing, not an event
        await asyncio.sleep(0.001)


async def passing(world, rounds, seconds):
    """Let time pass as it does for an agent: a round every five minutes, the first now."""
    for _ in range(int(seconds / 300)):
        await rounds.run()
        await world.clock.advance(300)
    await rounds.run()


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


async def test_withdrawal_waits_and_then_happens(world):
    """Only a known absence, on request, for long enough, removes a record."""
    rounds = world.rounds(world.account(world.wanted(withdraw_after=3600)))
    await rounds.run()
    world.detector.says["v4"] = NoAddress("no IPv4 on eth0")
    await passing(world, rounds, 3000)
    world.detector.says["v4"] = Unknown("carrier lost")  # breaks the absence: it counts anew
    await rounds.run()
    world.detector.says["v4"] = NoAddress("no IPv4 on eth0")
    await passing(world, rounds, 3300)
    assert HOME in world.provider.zone
    await passing(world, rounds, 300)
    assert HOME not in world.provider.zone


async def test_a_withdrawal_comes_about_with_a_scheduler_too(world):
    """Every `once` is a process of its own; how long the address has been gone is remembered between them."""
    account = world.account(world.wanted(withdraw_after=3600))
    await world.rounds(account).run()
    world.detector.says["v4"] = NoAddress("no IPv4 on eth0")
    for _ in range(12):
        await world.rounds(account).run()
        assert HOME in world.provider.zone
        await world.clock.advance(300)
    await world.rounds(account).run()
    assert HOME not in world.provider.zone


async def test_what_nobody_watched_is_no_absence(world):
    """A machine that was off for a day did not see the address gone for a day."""
    account = world.account(world.wanted(withdraw_after=3600))
    await world.rounds(account).run()
    world.detector.says["v4"] = NoAddress("no IPv4 on eth0")
    await world.rounds(account).run()
    await world.clock.advance(DAY)
    await world.rounds(account).run()
    assert HOME in world.provider.zone


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


async def test_a_failed_update_is_not_written_down_as_published(world):
    """It is tried again though the address does not change any more."""
    rounds = world.rounds()
    await rounds.run()
    world.detector.says["v4"] = addresses("9.9.9.9")
    world.provider.errors[HOME] = Unavailable("503")
    await rounds.run()
    assert world.line().published.rdata == {"8.8.8.8"}
    world.provider.errors.clear()
    await passing(world, rounds, 300)
    assert world.provider.zone[HOME].rdata == {"9.9.9.9"}


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


async def test_one_bad_record_does_not_mask_another(world, events):
    """Each record has its own state and reason."""
    bad = key("bad.example.com")
    world.provider.errors[bad] = Unavailable("the host hiccups")
    await world.rounds(world.account(world.wanted(), world.wanted(bad))).run()
    assert world.line(HOME).state is State.CURRENT
    assert (world.line(bad).state, world.line(bad).reason) == (State.RETRYING, "the host hiccups")
    assert "record.failed" in names(events)


async def test_a_failure_is_retried_when_due_and_not_before(world, events):
    """The next attempt is a time; rounds before it leave the provider alone."""
    world.provider.errors[HOME] = Throttled("slow down", retry_after=100)
    rounds = world.rounds()
    await rounds.run()
    world.provider.errors.clear()
    await world.clock.advance(99)
    await rounds.run()
    assert world.provider.applied == 1
    await world.clock.advance(2)
    await rounds.run()
    assert world.line().state is State.CURRENT
    told = [name for name in names(events) if name.startswith("record.")]
    assert told == ["record.failed", "record.recovered", "record.published", "record.verified"]
    assert names(events).count("breaker.opened") == names(events).count("breaker.closed") == 1


async def test_retry_after_is_kept_over_a_restart(world):
    """A host that asked for patience gets it from the next process too."""
    world.provider.errors[HOME] = Throttled("slow down", retry_after=1000)
    await world.rounds().run()
    await world.rounds().run()
    assert world.provider.applied == 1


async def test_an_unconfirmed_write_is_observed_before_the_next(world):
    """If the write did arrive, it is not sent again."""
    world.provider.errors[HOME] = Unconfirmed("the connection dropped")
    rounds = world.rounds()
    await rounds.run()
    assert world.line().state is State.UNCONFIRMED
    world.provider.errors.clear()
    world.provider.put(HOME, "8.8.8.8")
    await world.clock.advance(10)
    await rounds.run()
    assert (world.provider.observed, world.provider.applied) == (2, 1)
    assert world.line().state is State.CURRENT


async def test_a_halt_is_told_once_and_probed_rarely(world, events):
    """A refused credential is not hammered."""
    world.provider.errors[HOME] = CredentialsRefused("the token is not valid")
    rounds = world.rounds()
    for _ in range(100):
        await rounds.run()
        await world.clock.advance(300)  # 8 h and 20 min in all
    assert world.provider.applied == 3
    assert names(events).count("record.halted") == 1


async def test_a_halt_is_lifted_by_a_changed_secret(world):
    """Another token, or another setting, is tried at once."""
    world.provider.errors[HOME] = CredentialsRefused("the token is not valid")
    rounds = world.rounds()
    await rounds.run()
    world.provider.errors.clear()
    await rounds.run()
    assert world.line().state is State.HALTED
    world.fingerprint = "b"
    await rounds.run()
    assert world.line().state is State.CURRENT


async def test_a_halt_is_lifted_by_a_person(world):
    """`homeport retry` makes what is halted due now, one name or all."""
    world.provider.errors[HOME] = CredentialsRefused("the token is not valid")
    rounds = world.rounds()
    await rounds.run()
    world.provider.errors.clear()
    with pytest.raises(ConfigInvalid, match="no record is named"):
        rounds.retry(Fqdn.parse("other.example.com"))
    assert [entry.key for entry in rounds.retry(None)] == [HOME]
    await rounds.run()
    assert world.line().state is State.CURRENT


async def test_a_list_that_fails_changes_nothing(world):
    """A provider that cannot be listed is not written to, and nothing is thought to be absent."""
    world.provider.put(HOME, "9.9.9.9")
    world.provider.observe_error = Unavailable("no route")
    await world.rounds().run()
    assert world.provider.applied == 0
    assert world.provider.zone[HOME].rdata == {"9.9.9.9"}


async def test_a_zone_that_cannot_be_listed_hides_no_other(world):
    """What could be observed is published in the same pass; the rest fails with its own reason."""
    lost = key("lost.example.net")
    world.provider.unseen[lost] = Unavailable("the zone example.net cannot be listed")
    rounds = world.rounds(world.account(world.wanted(), world.wanted(lost)))
    await rounds.run()
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}
    assert (world.line(lost).state, world.line(lost).published) == (State.RETRYING, None)
    assert "example.net" in world.line(lost).reason
    plan, code = await rounds.plan()
    assert ([str(lost)], 5) == ([str(at) for at, _ in plan["p"].held], code)


async def test_a_foreign_round_robin_is_held(world):
    """Several values nobody here wrote are left alone, and the reason says how to go on."""
    world.provider.put(HOME, "1.1.1.1", "1.0.0.1")
    await world.rounds().run()
    assert world.provider.zone[HOME].rdata == {"1.1.1.1", "1.0.0.1"}
    assert world.line().state is State.HELD
    assert "adopt" in world.line().reason


async def test_a_shared_record_follows_only_our_member(world):
    """A round robin keeps the others through every change of ours."""
    world.provider.put(HOME, "1.1.1.1")
    rounds = world.rounds(world.account(world.wanted(shared=True, adopt=True)))
    await rounds.run()
    world.detector.says["v4"] = addresses("9.9.9.9")
    await rounds.run()
    assert world.provider.zone[HOME].rdata == {"1.1.1.1", "9.9.9.9"}


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


async def test_a_failing_record_whose_address_is_lost_makes_no_noise(world):
    """It is held with the reason, nothing is due, and it goes on when the address is back."""
    world.provider.errors[HOME] = Unavailable("503")
    rounds = world.rounds()
    await rounds.run()
    world.detector.says["v4"] = Unknown("the line is down")
    await world.clock.advance(400)
    await rounds.run()
    assert (world.line().state, world.line().reason) == (State.HELD, "scripted here: the line is down")
    assert rounds.book.next_due(rounds.lines, world.clock.now()) is None
    world.provider.errors.clear()
    world.detector.says["v4"] = addresses("8.8.8.8")
    await rounds.run()
    assert world.line().state is State.CURRENT


async def test_patience_outlasts_a_hold(world):
    """A host that asked for ten minutes gets them, though the address was unknown in between."""
    world.provider.errors[HOME] = Throttled("later", retry_after=600)
    rounds = world.rounds()
    await rounds.run()
    world.provider.errors.clear()
    for learned in (Unknown("the line is down"), addresses("8.8.8.8")):
        world.detector.says["v4"] = learned
        await world.clock.advance(100)
        await rounds.run()
    assert world.provider.applied == 1
    assert rounds.book.next_due(rounds.lines, world.clock.now()) is not None
    await world.clock.advance(500)
    await rounds.run()
    assert world.line().state is State.CURRENT


async def test_another_record_waits_too_when_the_host_asks_for_patience(world):
    """The account is asked for patience, not a record of it."""
    other = key("other.example.com")
    account = world.account(world.wanted(), world.wanted(other, source="later"))
    late = ScriptedDetector(v4=Unknown("not yet"))
    sources = {"wan": Source("wan", (world.detector,)), "later": Source("later", (late,))}
    world.provider.errors[HOME] = Throttled("later", retry_after=600)
    rounds = world.rounds(account, sources=sources)
    await rounds.run()
    late.says["v4"] = addresses("9.9.9.9")
    await rounds.run()
    assert (world.provider.observed, world.provider.applied) == (1, 1)
    assert world.line(other).state is State.RETRYING


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


async def test_a_clock_set_forward_withdraws_nothing(world):
    """An hour without an address is an hour lived, not an hour jumped over."""
    rounds = world.rounds(world.account(world.wanted(withdraw_after=3600)))
    await rounds.run()
    world.detector.says["v4"] = NoAddress("no IPv4 on eth0")
    await rounds.run()
    world.clock.jump(7200)
    await rounds.run()
    assert HOME in world.provider.zone


async def test_a_clock_set_back_puts_nothing_off_for_years(world):
    """What was to be tried again at a time of the wrong clock is tried now."""
    world.clock.jump(1e8)
    world.provider.errors[HOME] = Unavailable("503")
    rounds = world.rounds()
    await rounds.run()
    world.provider.errors.clear()
    world.clock.jump(-1e8)
    await rounds.run()
    assert world.line().state is State.CURRENT


async def test_a_start_gives_what_was_halted_another_try(world):
    """A person who restarts the agent has perhaps mended something; what is blocked for abuse stays blocked."""
    world.provider.errors[HOME] = CredentialsRefused("no")
    await world.rounds().run()
    world.provider.errors.clear()
    again = world.rounds()
    again.start()
    await again.run()
    assert world.line().state is State.CURRENT


async def test_a_halt_is_lifted_when_the_record_asks_for_something_else(world):
    """Another TTL may be what the host would not take."""
    world.provider.errors[HOME] = CredentialsRefused("no such TTL")
    await world.rounds().run()
    world.provider.errors.clear()
    await world.rounds(world.account(world.wanted(ttl=300))).run()
    assert world.line().state is State.CURRENT


async def test_a_line_that_is_back_forgets_the_patience_of_the_outage(world):
    """What failed for an hour is tried within two seconds of another address, and not for every flap of the line."""
    rounds = world.rounds()
    world.provider.observe_error = Unavailable("no route")
    for _ in range(12):
        await rounds.run()
        await world.clock.advance(300)
    await rounds.run()
    asked = world.provider.observed
    for learned in (Unknown("the line is down"), addresses("9.9.9.9")):
        world.detector.says["v4"] = learned
        await rounds.run()
    assert rounds.book.next_due(rounds.lines, world.clock.now()) <= world.clock.now() + 2
    await world.clock.advance(2)
    await rounds.run()
    assert world.provider.observed == asked + 1
    failing = rounds.book.get("p", HOME)
    rounds.hasten()
    assert rounds.book.get("p", HOME) == failing
    world.provider.observe_error = None
    await world.clock.advance(4)
    await rounds.run()
    assert world.provider.zone[HOME].rdata == {"9.9.9.9"}


async def test_a_line_that_is_back_changes_nothing_for_who_asked_for_patience_or_refused(world):
    """Neither Retry-After nor a halt is the line's doing."""
    other = key("other.example.com")
    world.provider.errors = {HOME: Throttled("slow down", retry_after=900), other: CredentialsRefused("no")}
    rounds = world.rounds(world.account(world.wanted(), world.wanted(other)))
    await rounds.run()
    for seconds in (0, 2, 2):
        rounds.hasten()
        await world.clock.advance(seconds)
        await rounds.run()
    assert world.provider.applied == 1


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


async def test_the_host_part_that_stands_at_the_host_is_preserved(world):
    """A new ledger asks the host once for what it holds, and then follows the prefix alone."""
    world.provider.put(HOME6, "2606:4700:1:1::a")
    world.own("2606:4700:2:2::99")
    world.detector.says["v6"] = addresses("2606:4700:2:2::99")
    rounds = world.rounds(world.account(world.wanted(HOME6, host_id=PRESERVE)))
    await rounds.run()
    assert world.provider.zone[HOME6].rdata == {"2606:4700:2:2::a"}
    observed = world.provider.observed
    await rounds.run()
    assert world.provider.observed == observed


async def test_a_name_without_an_address_preserves_nothing(world):
    """There is nothing to keep: held with the way out, and the host is not asked again in every round."""
    rounds = world.rounds(world.account(world.wanted(HOME6, host_id=PRESERVE)))
    await rounds.run()
    await rounds.run()
    assert world.provider.observed == 1
    assert HOME6 not in world.provider.zone
    assert "write a host_id" in world.line(HOME6).reason


def preserving(world, **more):
    world.own("2606:4700:2:2::99")
    world.detector.says["v6"] = addresses("2606:4700:2:2::99")
    return world.rounds(world.account(world.wanted(HOME6, host_id=PRESERVE, **more)))


async def test_another_s_value_of_a_shared_name_is_not_preserved(world):
    """A new ledger does not take the one value that is there for its own: it may be another machine's."""
    world.provider.put(HOME6, "2606:4700:1:1::a")
    await preserving(world, shared=True).run()
    assert world.provider.zone[HOME6].rdata == {"2606:4700:1:1::a"}
    assert world.line(HOME6).state is State.HELD


async def test_a_host_that_cannot_be_asked_what_to_preserve_is_the_reason(world):
    """It is told as what it is, tried again with patience, and heals."""
    world.provider.put(HOME6, "2606:4700:1:1::a")
    world.provider.observe_error = Unavailable("no route")
    rounds = preserving(world)
    plan, code = await rounds.plan()
    assert [hold.why for _, hold in plan["p"].held] == ["no route"]
    assert code == Unavailable.exit_code
    world.provider.observed = 0
    for _ in range(600):
        await rounds.run()
        await world.clock.advance(1)
    assert world.provider.observed < 20
    assert world.line(HOME6).reason == "no route"
    world.provider.observe_error = None
    await world.clock.advance(301)
    await rounds.run()
    assert world.provider.zone[HOME6].rdata == {"2606:4700:2:2::a"}


async def test_what_is_to_be_preserved_is_not_asked_for_against_the_account_s_patience(world):
    """A host that asked to wait is not listed meanwhile."""
    world.provider.put(HOME6, "2606:4700:1:1::a")
    world.provider.observe_error = Throttled("slow down", retry_after=900)
    rounds = preserving(world)
    for _ in range(80):
        await rounds.run()
        await world.clock.advance(10)
    assert world.provider.observed == 1


async def test_a_write_that_fails_after_preserving_grows_patient(world):
    """Looking up what to preserve does not make a failing host's records young again."""
    world.provider.put(HOME6, "2606:4700:1:1::a")
    world.provider.errors[HOME6] = Unconfirmed("500")
    rounds = preserving(world)
    for _ in range(600):
        await rounds.run()
        await world.clock.advance(1)
    assert world.provider.applied < 20


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


SERVICE = key("home.example.com", RRType.HTTPS)
TEXT = key("home.example.com", RRType.TXT)
FOLLOWS = ((Family.V4, "wan"), (Family.V6, "wan"))


def speaking(world, *more):
    """Return an account of a name with both addresses, its service, and these."""
    service = world.wanted(SERVICE, source="", follows=FOLLOWS)
    return world.account(world.wanted(), world.wanted(HOME6), service, *more)


async def test_a_service_follows_the_addresses_of_its_name(world):
    """Its parameters stay, its hints change with the addresses, DNS is asked for it, and a second round does nothing."""
    world.provider.put(SERVICE, "1 . alpn=h3,h2 ipv4hint=192.0.2.1")
    rounds = world.rounds(speaking(world))
    await rounds.run()
    said = "1 . alpn=h3,h2 ipv4hint={} ipv6hint=2606:4700::1111"
    assert world.provider.zone[SERVICE].rdata == {said.format("8.8.8.8")}
    assert world.line(SERVICE).proof is Proof.DNS
    applied = world.provider.applied
    await rounds.run()
    assert world.provider.applied == applied
    world.detector.says["v4"] = addresses("9.9.9.9")
    await rounds.run()
    assert world.provider.zone[SERVICE].rdata == {said.format("9.9.9.9")}


async def test_a_parameter_that_somebody_changes_stays_changed(world):
    """The name servers tell of it, the host is asked, and nothing is written over it."""
    rounds = world.rounds(speaking(world))
    await rounds.run()
    before = world.provider.applied
    changed = "1 . alpn=h3 ipv4hint=8.8.8.8 ipv6hint=2606:4700::1111"
    world.provider.put(SERVICE, changed)
    await world.clock.advance(300)
    await rounds.run(check_drift=True)
    assert world.provider.zone[SERVICE].rdata == {changed}
    assert world.provider.applied == before
    assert world.line(SERVICE).published.rdata == {changed}


async def test_what_was_not_learned_holds_what_speaks_of_it(world):
    """The other family goes on."""
    rounds = world.rounds(speaking(world))
    world.detector.says["v6"] = Unknown("portal")
    world.own("2606:4700::1111")
    await rounds.run()
    assert world.line(HOME).state is State.CURRENT
    assert world.line(SERVICE).state is State.HELD
    assert SERVICE not in world.provider.zone


async def test_a_home_without_ipv6_speaks_of_ipv4_alone(world):
    """The family that this machine does without is not waited for."""
    rounds = world.rounds(speaking(world))
    world.detector.says["v6"] = Unknown("nobody answers")
    world.own("8.8.8.8")
    await rounds.run()
    assert world.provider.zone[SERVICE].rdata == {"1 . ipv4hint=8.8.8.8"}


SPF = "v=spf1 ip4:{ipv4} ip6:{ipv6} -all"


@pytest.mark.parametrize("beside", [(), (HOME,), (HOME, HOME6)])
async def test_a_text_does_without_what_its_source_never_tells(world, beside):
    """An address that is written down for one family alone is no reason to wait for the other."""
    text = world.wanted(TEXT, source="", follows=FOLLOWS, content=SPF)
    account = world.account(text, *(world.wanted(each) for each in beside))
    world.detector.says["v6"] = Unknown("the configuration names none")
    world.detector.lacks = (Family.V6,)
    world.own("8.8.8.8", "2606:4700::1111")
    await world.rounds(account).run()
    assert world.provider.zone[TEXT].rdata == {'"v=spf1 ip4:8.8.8.8 -all"'}


@pytest.mark.parametrize("beside", [(), (HOME,)])
async def test_a_text_at_a_home_without_ipv6(world, beside):
    """It names IPv4 alone until there is IPv6, and then never drops it for not being learned."""
    text = world.wanted(TEXT, source="", follows=FOLLOWS, content=SPF)
    rounds = world.rounds(world.account(text, *(world.wanted(each) for each in beside)))
    world.detector.says["v6"] = Unknown("nobody answers")
    world.own("8.8.8.8")
    await rounds.run()
    assert world.provider.zone[TEXT].rdata == {'"v=spf1 ip4:8.8.8.8 -all"'}
    both = {'"v=spf1 ip4:8.8.8.8 ip6:2606:4700::1111 -all"'}
    world.detector.says["v6"] = addresses("2606:4700::1111")
    world.own("8.8.8.8", "2606:4700::1111")
    await rounds.run()
    assert world.provider.zone[TEXT].rdata == both
    world.detector.says["v6"] = Unknown("nobody answers")
    world.own("8.8.8.8")
    await rounds.run()
    assert world.provider.zone[TEXT].rdata == both
    assert world.line(TEXT).state is State.HELD


async def test_a_text_waits_for_ipv6_where_this_machine_has_it(world):
    """What was not learned is not gone."""
    text = world.wanted(TEXT, source="", follows=FOLLOWS, content=SPF)
    rounds = world.rounds(world.account(text))
    world.detector.says["v6"] = Unknown("portal")
    world.own("8.8.8.8", "2606:4700::1111")
    await rounds.run()
    assert world.line(TEXT).state is State.HELD
    assert TEXT not in world.provider.zone


async def test_a_family_that_never_is_does_not_keep_a_text(world):
    """Where the only family there can be is gone, the text goes when its record would."""
    text = world.wanted(TEXT, source="", follows=FOLLOWS, content=SPF, withdraw_after=60)
    rounds = world.rounds(world.account(text))
    world.detector.says["v6"] = Unknown("nobody answers")
    world.own("8.8.8.8")
    await rounds.run()
    world.detector.says["v4"] = NoAddress("no line")
    for _ in range(3):
        await world.clock.advance(60)
        await rounds.run()
    assert TEXT not in world.provider.zone


async def test_a_text_beside_somebody_else_s(world):
    """A shared text joins what is there, and follows the address beside it."""
    world.provider.put(TEXT, '"site-verification=1"')
    shared = world.wanted(TEXT, source="", follows=FOLLOWS[:1], content="v=spf1 ip4:{ipv4} -all", shared=True)
    rounds = world.rounds(world.account(shared))
    for address in ("8.8.8.8", "9.9.9.9"):
        world.detector.says["v4"] = addresses(address)
        await rounds.run()
        said = {'"site-verification=1"', f'"v=spf1 ip4:{address} -all"'}
        assert world.provider.zone[TEXT].rdata == said


MARK = "homeport:office"


def signed(world, **more):
    options = frozenset({("comment", MARK)})
    return world.account(world.wanted(shared=True, mark=MARK, options=options, **more))


async def test_a_lost_ledger_does_not_hold_what_is_marked(world):
    """The member that carries this agent's mark is replaced; the others stay, with what is written beside them."""
    world.provider.has_remarks = True
    world.provider.put(HOME, "1.1.1.1", "1.0.0.1", remarks={"1.1.1.1": MARK, "1.0.0.1": "theirs"})
    await world.rounds(signed(world)).run()
    assert dict(world.provider.zone[HOME].remarks) == {"8.8.8.8": MARK, "1.0.0.1": "theirs"}
    assert world.line().state is State.CURRENT


async def test_an_id_that_comes_later_is_written_beside_our_member_alone(world):
    """What was published without it is signed once, and a second pass does nothing."""
    world.provider.has_remarks = True
    world.provider.put(HOME, "1.0.0.1", remarks={"1.0.0.1": "theirs"})
    await world.rounds(world.account(world.wanted(shared=True, adopt=True))).run()
    assert dict(world.provider.zone[HOME].remarks) == {"8.8.8.8": "", "1.0.0.1": "theirs"}
    rounds = world.rounds(signed(world))
    await rounds.run()
    assert dict(world.provider.zone[HOME].remarks) == {"8.8.8.8": MARK, "1.0.0.1": "theirs"}
    applied = world.provider.applied
    await world.clock.advance(86400)
    await rounds.run()
    assert world.provider.applied == applied


async def test_who_left_a_shared_name_may_come_back(world):
    """That it took its own member away is known, and no reason to hold it out."""
    world.provider.put(HOME, "1.0.0.1")
    account = world.account(world.wanted(shared=True, adopt=True, withdraw_after=60))
    rounds = world.rounds(account)
    await rounds.run()
    world.detector.says["v4"] = NoAddress("no line")
    for _ in range(4):
        await world.clock.advance(30)
        await rounds.run()
    assert world.provider.zone[HOME].rdata == {"1.0.0.1"}
    world.detector.says["v4"] = addresses("9.9.9.9")
    again = world.rounds(world.account(world.wanted(shared=True, withdraw_after=60)))
    await again.run()
    assert world.provider.zone[HOME].rdata == {"1.0.0.1", "9.9.9.9"}
