"""What the conformance suite does not hold of ClouDNS: who may ask."""

import pytest

from fakes.hosts import place
from homeport.errors import ConfigInvalid
from homeport.model.plan import Change
from homeport.model.rrset import RRset


@pytest.mark.parametrize(
    ("word", "parameter"), [("sub_auth_id", "sub-auth-id"), ("sub_auth_user", "sub-auth-user")]
)
async def test_a_sub_user_may_ask(word, parameter):
    """A sub-user says who it is under a name of its own, by number or by name."""
    async with place("cloudns") as spot:
        spot.host.user = {parameter: "4712"}
        provider = spot.make(auth_id=None, **{word: "4712"})
        home = spot.key("home")
        wanted = provider.clamp(RRset(home, frozenset({"203.0.113.8"}), 100))
        assert await provider.apply([Change(home, None, wanted)]) == {home: None}
        assert spot.host.find(name=str(home.name))[0].ttl == 300


@pytest.mark.parametrize("given", [{"auth_id": None}, {"sub_auth_id": "4712"}])
async def test_exactly_one_user(given):
    """No user, or two of them, is a configuration that is refused."""
    async with place("cloudns") as spot:
        with pytest.raises(ConfigInvalid, match="one of"):
            spot.make(**given)
