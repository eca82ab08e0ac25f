"""What the conformance suite does not hold of name.com: the apex in its two spellings."""

import pytest

from fakes.hosts import place
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW = "198.51.100.7", "203.0.113.8"


@pytest.mark.parametrize("apex", ["", "@"])
async def test_the_apex_is_known_in_both_spellings(apex):
    """A record at the apex is found and changed, whichever way a list calls it."""
    async with place("namecom") as spot:
        spot.host.apex = apex
        home = spot.key("")
        spot.host.put(home, OLD)
        before = (await spot.provider.observe([home]))[home]
        after = spot.provider.clamp(RRset(home, frozenset({NEW}), 300))
        assert await spot.provider.apply([Change(home, before, after)]) == {home: None}
        assert spot.host.held(home) == {NEW}
