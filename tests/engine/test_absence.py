"""How long an address has been gone."""

from hypothesis import given
from hypothesis import strategies as st

from homeport.engine.absence import UNWATCHED, over, seen_again
from homeport.model.address import Family
from homeport.model.ledger import Absence

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
