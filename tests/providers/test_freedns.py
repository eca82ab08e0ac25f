"""What is special about FreeDNS: a key is a name's, and both versions of its update URL are spoken."""

import pytest

from homeport.errors import ConfigInvalid, CredentialsRefused, Refused
from homeport.model.plan import Change
from homeport.model.rrset import RRset

V4, V6 = "198.51.100.7", "2001:db8::7"


def to(key, address):
    return Change(key, None, RRset.of(key, address))


async def test_the_first_interface(at):
    """`key` is asked at the URL of version 1, whose "has not changed" is an error by its word alone."""
    async with at("freedns") as place:
        provider, home = place.make(token=None, key=place.host.secret), place.key("home")
        for _ in range(2):
            assert await provider.apply([to(home, V4)]) == {home: None}
        assert {request.path for request in place.host.requests} == {"/dynamic/update.php"}
        assert place.host.held(home) == {V4}


async def test_a_key_in_capitals_is_not_quoted(at):
    """What the host echoes of a wrong key is hidden whatever its case."""
    async with at("freedns") as place:
        provider, home = place.make(token="WrOng-T0ken-ABC"), place.key("home")
        error = (await provider.apply([to(home, V4)]))[home]
        assert type(error) is CredentialsRefused
        assert "wrong-t0ken" not in str(error).lower()


async def test_a_key_that_is_another_name_s(at):
    """The host says which name it updated; another one's success is not this one's."""
    async with at("freedns") as place:
        home, other = place.key("home"), place.key("other")
        place.host.target = str(other.name)
        error = (await place.provider.apply([to(home, V4)]))[home]
        assert type(error) is Refused
        assert f"not {home.name}'s" in str(error)


@pytest.mark.parametrize("given", [{"token": None}, {"key": "both"}])
async def test_settings(given, at):
    """Either the one or the other."""
    async with at("freedns") as place:
        with pytest.raises(ConfigInvalid, match="either `token`"):
            place.make(**given)


async def test_each_family_is_told_by_itself(at):
    """Both families of a name are two requests, and both are held."""
    async with at("freedns") as place:
        home, home6 = place.key("home"), place.key("home", "AAAA")
        assert await place.provider.apply([to(home, V4), to(home6, V6)]) == {home: None, home6: None}
        assert (place.host.held(home), place.host.held(home6)) == ({V4}, {V6})
