"""When to try again."""

from hypothesis import given
from hypothesis import strategies as st

from homeport.jobs.retry import FIRST, LONGEST, next_attempt, next_probe


@given(st.integers(-5, 10_000), st.floats(0, 4e9), st.floats(0, 1, exclude_max=True))
def test_always_later_and_never_too_late(failures, now, random):
    """Any number of failures gives a time between now and the longest wait."""
    assert now <= next_attempt(failures, now, random) <= now + LONGEST


def test_the_ceiling_doubles():
    """Each failure doubles what may be waited, up to the longest."""
    ceilings = [next_attempt(failures, 0, 1.0) for failures in range(1, 12)]
    assert ceilings[:4] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert ceilings[-1] == LONGEST


def test_probes_grow_rare():
    """What needs a person is probed in an hour, in six, then daily."""
    assert [next_probe(halts, 0) for halts in (1, 2, 3, 4, 99)] == [3600, 21600, 86400, 86400, 86400]
