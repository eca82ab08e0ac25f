"""Believing what a router pushed last."""

from dataclasses import replace
from ipaddress import IPv6Network

import pytest

from fakes.tools import toolbox
from homeport.detectors.push import Push, Settings
from homeport.errors import StoreUnavailable
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Unknown
from homeport.model.pushed import Pushed


class Kept:
    """ports.Pushes that holds what it was given."""

    def __init__(self, words):
        self.words = words

    async def of(self, credential):
        if isinstance(found := self.words.get(credential), Exception):
            raise found
        return found


def word(*addresses, prefix=None):
    return Pushed(
        tuple(map(parse_address, addresses)), IPv6Network(prefix) if prefix else None, 1.0, "10.0.0.1"
    )


async def detected(family, words, **settings):
    tools = replace(toolbox(), pushed=Kept(words))
    return await Push(Settings(from_="fritz", **settings), tools).detect(family)


async def test_its_last_word_is_its_address():
    """Each family for itself, several of one too."""
    words = {"fritz": word("93.184.216.34", "2a00:1::9", "2a00:1::a"), "other": word("93.184.216.35")}
    assert await detected(Family.V4, words) == Addresses((parse_address("93.184.216.34"),))
    assert await detected(Family.V6, words) == Addresses(
        tuple(map(parse_address, ("2a00:1::9", "2a00:1::a")))
    )


@pytest.mark.parametrize(
    ("words", "family", "settings", "why"),
    [
        ({}, Family.V4, {}, "fritz has pushed nothing yet; let it call /nic/update"),
        ({"fritz": word("2a00:1::9")}, Family.V4, {}, "fritz has pushed no IPv4 address yet"),
        ({"fritz": word("2a00:1::9")}, Family.V6, {"host_id": "::10"}, "no prefix yet"),
        (
            {"fritz": word(prefix="2a00:1:2:3:4::/80")},
            Family.V6,
            {"host_id": "::1:2:3:4"},
            "a host id has 48 bits here",
        ),
        ({"fritz": StoreUnavailable("pushed.json cannot be used")}, Family.V4, {}, "cannot be used"),
    ],
)
async def test_what_was_not_pushed_is_not_known(words, family, settings, why):
    """Nothing is concluded from a router's silence, and the reason says what it lacks."""
    found = await detected(family, words, **settings)
    assert isinstance(found, Unknown)
    assert why in found.why


async def test_where_nobody_keeps_it_nothing_is_known():
    """As while the first file is written, when there is no agent yet."""
    assert isinstance(await Push(Settings(from_="fritz"), toolbox()).detect(Family.V4), Unknown)


@pytest.mark.parametrize(
    ("prefix", "host_id", "address"),
    [
        ("2a00:1:2:3::/64", "::10", "2a00:1:2:3::10"),
        ("2a00:1:2:300::/56", "::10", "2a00:1:2:300::10"),
        ("2a00:1:2:3::/64", "52:54:00:12:34:56", "2a00:1:2:3:5054:ff:fe12:3456"),
    ],
)
async def test_a_machine_behind_it_is_named_by_its_host_id(prefix, host_id, address):
    """The router's own IPv6 address leads to the router: what is behind it has the pushed prefix."""
    words = {"fritz": word("93.184.216.34", "2a00:ffff::1", prefix=prefix)}
    assert await detected(Family.V6, words, host_id=host_id) == Addresses((parse_address(address),))
    assert await detected(Family.V4, words, host_id=host_id) == Addresses((parse_address("93.184.216.34"),))


@pytest.mark.parametrize("host_id", ["preserve", "2a00::1", "ten"])
def test_a_host_id_that_cannot_be_one_is_refused_when_it_is_read(host_id):
    """The mistake is told with the file."""
    with pytest.raises(ValueError, match=r"host id|last 64 bits"):
        Settings(from_="fritz", host_id=host_id)


def test_it_is_one_witness_and_speaks_for_itself():
    """As a router does; two sources that follow one credential are one witness."""
    one = Push(Settings(from_="fritz"), toolbox())
    assert (one.witnesses, one.operator, one.describe()) == (1, "push fritz", "push fritz")
