"""One pass over an account: who is asked, who is left alone, and what people are told."""

import threading

from fakes.world import HOME, HOME6, MemoryProvider, key, names
from homeport.errors import Abused, CredentialsRefused, Throttled, Unavailable
from homeport.jobs.breaker import THRESHOLD
from homeport.model.ledger import State
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
