"""A host that does not answer, or asks for patience, is left alone for a while."""

from hypothesis import given
from hypothesis import strategies as st

from homeport.jobs import breaker
from homeport.jobs.breaker import THRESHOLD, State
from homeport.jobs.retry import LONGEST, LONGEST_PAUSE
from homeport.model.breaker import Breaker

NOW = 1_800_000_000.0
NEW = Breaker("p")


def failed(times, standing=NEW, random=0.5):
    for _ in range(times):
        standing = breaker.failed(standing, "no route", NOW, random)
    return standing


def test_it_opens_after_several_failures_in_a_row():
    """One failure less leaves it closed; the reason is kept for people."""
    assert breaker.state(failed(THRESHOLD - 1), NOW) is State.CLOSED
    standing = failed(THRESHOLD)
    assert breaker.state(standing, NOW) is State.OPEN
    assert "no route" in standing.why


def test_its_time_ends_half_open_and_one_more_failure_opens_it_for_longer():
    """A probe that fails opens it at once; one that does not closes it and forgets."""
    standing = failed(THRESHOLD)
    assert breaker.state(standing, standing.until) is State.HALF_OPEN
    again = failed(1, standing)
    assert again.until - NOW == 2 * (standing.until - NOW)
    assert breaker.succeeded(again) == NEW


@given(st.integers(THRESHOLD, 200), st.floats(0, 1, exclude_max=True))
def test_it_is_never_open_for_nothing_nor_for_long(times, random):
    """A pause is at least half of what may be waited, and at most the longest retry."""
    standing = failed(times, random=random)
    assert LONGEST / 20 <= standing.until - NOW <= LONGEST


def test_patience_that_was_asked_for_is_given_whole():
    """The longer one counts, and a line that is back does not shorten it."""
    standing = breaker.asked_for_patience(NEW, "slow down", NOW, 600)
    assert breaker.asked_for_patience(standing, "slow down", NOW, 60).until == NOW + 600
    assert breaker.lifted(standing) == standing
    assert breaker.state(standing, NOW + 599) is State.OPEN


def test_what_opened_for_failures_is_lifted():
    """The past is forgotten with the outage that it was of."""
    assert breaker.lifted(failed(THRESHOLD)) == breaker.lifted(failed(1)) == NEW


def test_a_clock_that_was_years_ahead_does_not_keep_it_open():
    """A time too far away has come."""
    standing = breaker.asked_for_patience(NEW, "slow down", NOW + 1e9, 600)
    assert breaker.state(standing, NOW) is State.HALF_OPEN
    assert breaker.state(standing, NOW + 1e9 - LONGEST_PAUSE / 2) is State.OPEN
