"""Who contradicts the others again and again is no longer counted."""

from fakes.world import addresses
from homeport.engine.reputation import LIES, TRUTHS, Reputation
from homeport.model.address import Family
from homeport.model.observation import Unknown

TRUE, FALSE = addresses("8.8.8.8"), addresses("9.9.9.9")


def note(reputation, said, times=1, verdict=TRUE):
    for _ in range(times):
        reputation.note(verdict, [("liar", said)], Family.V4)


def test_lies_in_a_row_cost_the_vote_and_truths_give_it_back():
    """Once may be a change seen early; three times is a broken service, which may be mended."""
    reputation = Reputation()
    note(reputation, FALSE, LIES - 1)
    assert reputation.has_vote("liar", Family.V4)
    note(reputation, FALSE)
    assert not reputation.has_vote("liar", Family.V4)
    note(reputation, TRUE, TRUTHS - 1)
    assert not reputation.has_vote("liar", Family.V4)
    note(reputation, TRUE)
    assert reputation.has_vote("liar", Family.V4)


def test_a_truth_between_forgives():
    """Lies count only without an agreement between."""
    reputation = Reputation()
    for _ in range(LIES):
        note(reputation, FALSE, LIES - 1)
        note(reputation, TRUE)
    assert reputation.has_vote("liar", Family.V4)


def test_nobody_lies_where_nothing_was_agreed_or_nothing_was_said():
    """An outage is no lie, a split is nobody's, and each family has its own record."""
    reputation = Reputation()
    note(reputation, FALSE, LIES, verdict=Unknown("split"))
    note(reputation, Unknown("down"), LIES)
    assert reputation.has_vote("liar", Family.V4)
    note(reputation, FALSE, LIES)
    assert reputation.has_vote("liar", Family.V6)
