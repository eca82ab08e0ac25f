"""Changes and plans."""

import pytest

from homeport.model.name import Fqdn
from homeport.model.plan import Change, Hold, Plan
from homeport.model.rrset import RRset, RRsetKey, RRType

KEY = RRsetKey(Fqdn.parse("home.example.com"), RRType.A)


def test_a_change_changes_something():
    """From nothing to nothing is no change."""
    with pytest.raises(ValueError, match="nothing to nothing"):
        Change(KEY, None, None)


def test_a_plan_is_true_when_there_is_something_to_do():
    """Held records alone are nothing to do."""
    assert not Plan(held=((KEY, Hold("why")),))
    assert Plan((Change(KEY, None, RRset.of(KEY, "8.8.8.8")),))
