"""Hosts are names inside a zone, and have a history."""

import pytest

from fakes.house import HOME, house
from homeport.control.admission import Wish
from homeport.errors import Refused
from homeport.model.address import parse_address
from homeport.model.directory import Origin
from homeport.model.name import Fqdn


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("dyn.example.com", "the zone itself"),
        ("ns1.dyn.example.com", "name server"),
        ("*.dyn.example.com", "wildcard"),
        ("home.notdyn.example.com", "no zone"),
        ("home.example.com", "homeport zone add"),
    ],
)
async def test_names_that_cannot_be_hosts(name, why):
    """The apex, name servers, wildcards and names elsewhere are refused, each with its reason."""
    async with house() as here:
        with pytest.raises(Refused, match=why):
            await here.hosts.add(Fqdn.parse(name))


async def test_a_host_is_shown_as_it_stands():
    """Addresses, TTL, revision, rights and tokens; adding again changes the rights and keeps the addresses."""
    async with house() as here:
        wish = Wish(HOME, (parse_address("2606:4700::1"), parse_address("198.51.100.7")))
        outcome = await here.updates.update(here.token, [wish], Origin())
        shown = await here.hosts.add(HOME, public_only=True)
        assert shown == here.hosts.show(HOME) == here.hosts.all()[0]
        assert shown | {"created_at": 0} == {
            "name": "home.dyn.example.com",
            "addresses": ["198.51.100.7", "2606:4700::1"],
            "ttl": 60,
            "revision": outcome.revision,
            "public_only": True,
            "allow_private": False,
            "created_at": 0,
            "tokens": [here.issued.id],
            "last_seen": None,
            "sources": [],
            "silent": False,
        }


async def test_history_tells_who_and_whence():
    """Every change of the host is told, newest first, also after it is gone."""
    async with house() as here:
        origin = Origin("dyndns2", here.issued.id, "203.0.113.9", "ab" * 16)
        await here.updates.update(here.token, [Wish(HOME, (parse_address("198.51.100.7"),))], origin)
        await here.hosts.remove(HOME)
        lines = await here.hosts.history(HOME, 10)
        assert [line["what"] for line in lines] == ["removed", "bound", "added"]
        assert lines[1]["addresses"] == ["198.51.100.7"]
        assert (lines[1]["via"], lines[1]["source"], lines[1]["trace"]) == (
            "dyndns2",
            "203.0.113.9",
            "ab" * 16,
        )
        assert len(await here.hosts.history(HOME, 1)) == 1


async def test_a_host_that_is_not_there():
    """Showing, removing and the history of an unknown host name the way out."""
    async with house() as here:
        nobody = Fqdn.parse("nobody.dyn.example.com")
        with pytest.raises(Refused, match="homeport host list"):
            here.hosts.show(nobody)
        with pytest.raises(Refused):
            await here.hosts.remove(nobody)
        with pytest.raises(Refused):
            await here.hosts.history(nobody, 5)


async def test_contradicting_rights():
    """A host cannot take public addresses only and private ones too."""
    async with house() as here:
        with pytest.raises(Refused, match="contradict"):
            await here.hosts.add(HOME, public_only=True, allow_private=True)
