"""What is special about IPv64.net: answers in JSON or in a line, and an account that bears three requests in ten seconds."""

import pytest

from homeport.errors import Throttled, Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import RRset

V4 = "198.51.100.7"


def to(key, address=V4):
    return Change(key, None, RRset.of(key, address))


@pytest.mark.parametrize("query", ["", "output=min"])
async def test_both_kinds_of_answer(query, at):
    """What is wrapped in JSON is read as the line is that it wraps."""
    async with at("ipv64") as place:
        provider, home = place.provider, place.key("home")
        provider.service = provider.service._replace(url=f"{place.host.url}/nic/update?{query}")
        assert await provider.apply([to(home)]) == {home: None}
        assert place.host.held(home) == {V4}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"info": "Updateintervall overcommited"}', Throttled),
        (b'{"info": "something new"}', Unconfirmed),
        (b'{"status": "success"}', Unconfirmed),
    ],
)
async def test_other_json(body, error, at):
    """A limit is patience; what is not understood is no success."""
    async with at("ipv64") as place:
        home, place.host.body = place.key("home"), body
        assert type((await place.provider.apply([to(home)]))[home]) is error


async def test_the_account_s_pace(at):
    """However many hosts change, no more than three requests are begun in ten seconds."""
    async with at("ipv64") as place:
        keys = [place.key(f"h{i}") for i in range(7)]
        before = place.clock.monotonic()
        assert await place.provider.apply([to(key) for key in keys]) == dict.fromkeys(keys)
        assert place.clock.monotonic() - before >= 20
        assert place.host.at_once == 1
