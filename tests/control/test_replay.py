"""A signed request counts once, also across a restart and a clock that jumps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.house import HOME, NAS
from homeport.control.replay import REPLAYED, SPANS, Replay

NOW = 1_800_000_000


def fresh(newest=None):
    return Replay(newest or {}, window=300)


def test_the_window_is_300_seconds_both_ways():
    """300 seconds off is in time, 301 is not, and the refusal carries the server's time."""
    replay = fresh()
    for timestamp in (NOW - 300, NOW + 300):
        assert replay.why_not("t", timestamp, f"n{timestamp}", now=NOW) is None
    for timestamp in (NOW - 301, NOW + 301):
        rejected = replay.why_not("t", timestamp, f"n{timestamp}", now=NOW)
        assert rejected.server_time == NOW
        assert "301 seconds" in rejected.why


def test_a_nonce_counts_once_for_each_token():
    """The same nonce again is refused; another token may happen to choose it too."""
    replay = fresh()
    assert replay.why_not("t", NOW, "nonce", now=NOW) is None
    assert "seen before" in replay.why_not("t", NOW, "nonce", now=NOW).why
    assert "seen before" in replay.why_not("t", NOW, "nonce", now=NOW + 300).why
    assert "seen before" in replay.why_not("t", NOW + 299, "nonce", now=NOW).why
    assert replay.why_not("u", NOW, "nonce", now=NOW) is None


def test_out_of_order_is_fine_while_running():
    """Two updates that overtake each other both count, as long as this process remembers nonces."""
    replay = fresh()
    assert replay.why_not("t", NOW, "a", now=NOW, writes=[HOME]) is None
    assert replay.why_not("t", NOW - 5, "b", now=NOW, writes=[HOME]) is None


def test_after_a_restart_only_newer_counts():
    """What is not newer than the host's last signed commit is refused; other hosts and reads are free."""
    replay = fresh({("t", HOME): NOW - 10})
    for timestamp in (NOW - 11, NOW - 10):
        assert (
            "newer signed update"
            in replay.why_not("t", timestamp, f"x{timestamp}", now=NOW, writes=[HOME]).why
        )
    assert replay.why_not("t", NOW - 10, "y", now=NOW, writes=[NAS]) is None
    assert replay.why_not("t", NOW - 10, "z", now=NOW) is None
    assert replay.why_not("t", NOW - 9, "w", now=NOW, writes=[HOME]) is None


def test_a_commit_from_a_wrong_future_locks_nobody_out():
    """A timestamp the store took while the clock was years ahead is no reason to refuse today."""
    replay = fresh({("t", HOME): NOW + 10**8})
    assert replay.why_not("t", NOW, "n", now=NOW, writes=[HOME]) is None


def test_a_clock_that_is_set_back_locks_nobody_out():
    """It was years ahead, for so long that nonces were forgotten; also what the store has from then is no reason."""
    ahead = NOW + 10**8
    replay = fresh({("t", HOME): ahead - 1})
    assert replay.why_not("t", NOW, "before", now=NOW, writes=[HOME]) is None
    for second in range(0, 1000, 10):
        assert replay.why_not("t", ahead + second, f"n{second}", now=ahead + second, writes=[HOME]) is None
    later = NOW + 1000
    assert replay.why_not("t", later, "after", now=later, writes=[HOME]) is None
    assert "seen before" in replay.why_not("t", NOW, "before", now=NOW, writes=[HOME]).why
    assert "seen before" in replay.why_not("t", ahead, "n0", now=ahead, writes=[HOME]).why


def test_memory_is_bounded():
    """Nonces that cannot be accepted any more are not kept, and where they were only coarsely."""
    replay = fresh()
    for second in range(0, 100_000, 10):
        assert replay.why_not("t", NOW + second, f"n{second}", now=NOW + second) is None
    assert sum(map(len, replay._seen.values())) <= 400 / 10 + 60
    assert len(replay._forgotten) <= SPANS
    rejected = replay.why_not("t", NOW, "n0", now=NOW)
    assert rejected.kind == REPLAYED


STEPS = st.lists(st.tuples(st.integers(-1000, 1000), st.integers(-310, 310), st.integers(0, 3)), max_size=40)


@given(STEPS, st.sampled_from([1, 3, SPANS]))
def test_nothing_counts_twice_however_the_clock_jumps(steps, spans):
    """No (timestamp, nonce) is accepted twice, wherever the server's clock goes in between."""
    replay, accepted = fresh(), set()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("homeport.control.replay.SPANS", spans)
        for at, off, nonce in steps:
            request = (NOW + at + off, str(nonce))
            if replay.why_not("t", *request, now=NOW + at) is None:
                assert request not in accepted
                accepted.add(request)
