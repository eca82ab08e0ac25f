"""Which answers prove that somebody changed a record, and when that is acted on."""

import pytest

from fakes.world import HOME
from homeport.engine import drift
from homeport.engine.drift import DAY, Answer
from homeport.engine.verify import Expected
from homeport.model.rrset import RRset

NOW = 1_800_000_000.0
OURS, THEIRS = frozenset({"8.8.8.8"}), frozenset({"9.9.9.9"})
EXPECTED = Expected(RRset.of(HOME, "8.8.8.8"))


def said(*answers):
    return [Answer(f"ns{i}", rdata, serial) for i, (rdata, serial) in enumerate(answers)]


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        (said((OURS, None), (OURS, None)), None),
        (said((THEIRS, None), (THEIRS, None)), THEIRS),
        (said((frozenset(), None)), frozenset()),
        (said((OURS, None), (THEIRS, None)), None),  # nobody says who is newer
        (said((OURS, 7), (THEIRS, 7)), None),
        (said((OURS, 8), (THEIRS, 7)), None),  # a secondary lags
        (said((OURS, 7), (THEIRS, 8)), THEIRS),  # a secondary lags behind the change
        (said((OURS, 2**32 - 1), (THEIRS, 3)), THEIRS),  # serials go round
        (said((OURS, 7), (OURS, 9), (THEIRS, 8)), None),
        ([], None),
    ],
)
def test_who_is_newest_is_right(answers, found):
    """Agreement, a lagging secondary and a tie are no drift; a newer zone without our value is."""
    assert drift.stray(answers, EXPECTED) == found


def test_a_private_answer_for_a_public_record_is_somebody_in_between():
    """A resolver of the house that answers for everybody proves nothing; where we publish private it does."""
    for private in ("192.168.1.9", "100.64.0.9", "198.18.0.9", "127.0.0.1"):
        assert drift.sound(said((frozenset({private}), 9)), EXPECTED) == []
    lan = Expected(RRset.of(HOME, "192.168.1.8"))
    assert len(drift.sound(said((frozenset({"192.168.1.9"}), 9)), lan)) == 1


def test_what_cannot_be_listed_is_rewritten_once_a_day_at_most_doubling():
    """And what can be listed soon again, and when the servers agree between, as at first."""
    standing, waits = None, []
    for _ in range(3):
        standing = drift.repaired(standing, THEIRS, NOW, write_only=True)
        waits.append(standing.not_before - NOW)
    assert waits == [DAY, 2 * DAY, 4 * DAY]
    assert not drift.may_act(drift.ended(standing), NOW)
    assert drift.repaired(drift.ended(standing), THEIRS, NOW, write_only=True).not_before == NOW + DAY
    assert drift.repaired(None, THEIRS, NOW, write_only=False).not_before < NOW + 1000
    assert drift.may_act(standing, NOW - 1e9), "a clock that was years ahead keeps nothing waiting"


def test_a_suspicion_that_came_to_nothing_is_no_drift_for_people():
    """It was nobody's doing, and it is looked into ever more rarely."""
    standing = drift.refuted(None, THEIRS, NOW)
    assert standing.found_at is None
    for _ in range(9):
        standing = drift.refuted(standing, THEIRS, NOW)
    assert standing.not_before == NOW + DAY
