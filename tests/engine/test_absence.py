"""How long an address has been gone, and what a round withdraws for it."""

from hypothesis import given
from hypothesis import strategies as st

from fakes.world import HOME, passing
from homeport.engine.absence import UNWATCHED, over, seen_again
from homeport.model.address import Family
from homeport.model.ledger import Absence
from homeport.model.observation import NoAddress, Unknown

NEW = Absence("wan", Family.V4)
STEPS = st.lists(st.tuples(st.floats(0, 5000), st.floats(-1e6, 1e6), st.booleans()), max_size=20)


def test_the_first_look_counts_nothing():
    """It is gone from now on."""
    assert seen_again(NEW, 1e9, 50.0).seconds == 0
    assert seen_again(seen_again(NEW, 1e9, 50.0), 1e9 + 300, 350.0).seconds == 300


def test_a_look_at_the_address_ends_it():
    """The next absence counts from the start."""
    assert over(seen_again(seen_again(NEW, 1e9, 50.0), 1e9 + 300, 350.0)) == NEW


@given(STEPS)
def test_no_clock_makes_it_longer(steps):
    """Whatever is done to the wall clock, and however often the machine restarts, it is what passed at most."""
    wall, monotonic, passed, absence = 1.8e9, 1000.0, 0.0, NEW
    absence = seen_again(absence, wall, monotonic)
    for seconds, jump, is_restart in steps:
        wall, monotonic, passed = wall + seconds + jump, monotonic + seconds, passed + min(seconds, UNWATCHED)
        if is_restart:
            monotonic = min(monotonic, 5.0)
        absence = seen_again(absence, wall, monotonic)
        assert absence.seconds <= passed + 1e-3


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
    await world.clock.advance(86400)
    await world.rounds(account).run()
    assert HOME in world.provider.zone


async def test_a_clock_set_forward_withdraws_nothing(world):
    """An hour without an address is an hour lived, not an hour jumped over."""
    rounds = world.rounds(world.account(world.wanted(withdraw_after=3600)))
    await rounds.run()
    world.detector.says["v4"] = NoAddress("no IPv4 on eth0")
    await rounds.run()
    world.clock.jump(7200)
    await rounds.run()
    assert HOME in world.provider.zone
