"""One pass over an account: who is asked, who is left alone, and what people are told."""

import threading

import pytest

from fakes.world import HOME, HOME6, MemoryProvider, ScriptedDetector, addresses, key, names, passing
from homeport.engine.source import Source
from homeport.errors import Abused, ConfigInvalid, CredentialsRefused, Throttled, Unavailable, Unconfirmed
from homeport.jobs.breaker import THRESHOLD
from homeport.model.ledger import State
from homeport.model.name import Fqdn
from homeport.model.observation import Unknown

NAMES = [key(f"h{number}.example.com") for number in range(20)]


async def failing(world, rounds, *, times, wait=300):
    """Let an account fail for a while: nobody answers there."""
    world.provider.observe_error = Unavailable("no route")
    for _ in range(times):
        await world.clock.advance(wait)
        await rounds.run()


async def test_a_dead_host_is_left_alone_by_all_its_records(world, events):
    """Twenty records do not each knock at a door that nobody opens: the account has one patience."""
    rounds = world.rounds(world.account(*map(world.wanted, NAMES)))
    world.provider.observe_error = Unavailable("no route")
    for _ in range(1200):
        await rounds.run()
        await world.clock.advance(1)
    assert names(events).count("breaker.opened") > 0
    assert world.provider.observed < THRESHOLD * len(NAMES) / 2


async def test_half_open_one_record_is_tried_and_the_others_follow(world, events):
    """What opens the way is a single record; when it comes through the rest goes in one batch."""
    rounds = world.rounds(world.account(*map(world.wanted, NAMES)))
    await failing(world, rounds, times=THRESHOLD)
    world.provider.observe_error = None
    await world.clock.advance(300)
    await rounds.run()
    assert [len(batch) for batch in world.provider.batches] == [1, len(NAMES) - 1]
    assert names(events)[-1] == "round.ended"
    assert "breaker.closed" in names(events)
    assert all(world.line(each).state is State.CURRENT for each in NAMES)


async def test_patience_is_the_account_s_over_a_restart(world):
    """A record that the host never saw waits too, and the next process knows until when."""
    world.provider.errors[HOME] = Throttled("slow down", retry_after=900)
    await world.rounds().run()
    other = key("other.example.com")
    account = world.account(world.wanted(), world.wanted(other))
    again = world.rounds(account)
    world.provider.errors.clear()
    await again.run()
    assert world.provider.applied == 1
    assert world.line(other).state is State.RETRYING
    assert world.line(other).next_attempt == world.clock.now() + 900
    assert "slow down" in world.line(other).reason
    await world.clock.advance(901)
    await world.rounds(account).run()
    assert world.line(other).state is State.CURRENT


async def test_two_providers_of_one_account_have_one_patience(world):
    """Whose budget is spent counts, not under which name the file has it."""
    second = MemoryProvider()
    accounts = [world.account(), world.account(world.wanted(HOME6, provider="q"), provider=second, name="q")]
    world.detector.says["v6"] = Unknown("not yet")
    rounds = world.rounds(*accounts)
    world.provider.errors[HOME] = Throttled("slow down", retry_after=900)
    await rounds.run()
    world.detector.says["v6"] = world.detector.says["v4"]
    await rounds.run()
    assert second.observed == second.applied == 0


async def test_a_refusal_shows_that_the_host_is_there(world, events):
    """Wrong credentials are no reason to leave the account alone."""
    rounds = world.rounds()
    await failing(world, rounds, times=THRESHOLD - 1)
    world.provider.observe_error = CredentialsRefused("no")
    await world.clock.advance(300)
    await rounds.run()
    assert "breaker.opened" not in names(events)
    assert "record.halted" in names(events)


async def test_what_is_blocked_for_abuse_is_given_up_until_a_person_says_so(world, events):
    """It is a dead letter: told once, with its cause, never probed, and replayed by `homeport retry`."""
    world.provider.errors[HOME] = Abused("blocked for abuse")
    rounds = world.rounds()
    for _ in range(60):
        await rounds.run()
        await world.clock.advance(3600)
    rounds.start()
    await rounds.run()
    assert world.provider.applied == 1
    assert names(events).count("record.given_up") == 1
    assert "record.halted" not in names(events)
    assert world.line().is_given_up
    assert world.line().reason == "blocked for abuse"
    world.provider.errors.clear()
    assert [entry.key for entry in rounds.retry(None)] == [HOME]
    await rounds.run()
    assert world.line().state is State.CURRENT


async def test_a_halt_that_becomes_worse_is_told_again(world, events):
    """Refused first, blocked for abuse later: people hear of both."""
    world.provider.errors[HOME] = CredentialsRefused("no")
    rounds = world.rounds()
    await rounds.run()
    world.provider.errors[HOME] = Abused("blocked for abuse")
    await world.clock.advance(3700)
    await rounds.run()
    assert [name for name in names(events) if name in ("record.halted", "record.given_up")] == [
        "record.halted",
        "record.given_up",
    ]


async def test_secrets_are_read_beside_the_loop_and_once_a_pass(world):
    """Twenty halted records take one look at the secrets, in a thread."""
    read_in = []

    def fingerprint():
        read_in.append(threading.current_thread())
        return "a"

    account = world.account(*map(world.wanted, NAMES))
    account.fingerprint = fingerprint
    world.provider.errors = dict.fromkeys(NAMES, CredentialsRefused("no"))
    rounds = world.rounds(account)
    await rounds.run()
    await rounds.run()
    assert len(read_in) == 2
    assert threading.main_thread() not in read_in


async def test_a_person_s_retry_does_not_break_a_host_s_patience(world):
    """`homeport retry` lifts what failed by itself; what the host asked for is given."""
    world.provider.errors[HOME] = Throttled("slow down", retry_after=900)
    rounds = world.rounds()
    await rounds.run()
    rounds.retry(None)
    await rounds.run()
    assert world.provider.applied == 1
    await world.clock.advance(901)
    world.provider.errors.clear()
    await failing(world, rounds, times=2 * THRESHOLD)
    world.provider.observe_error = None
    rounds.retry(None)
    await rounds.run()
    assert world.line().state is State.CURRENT


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
