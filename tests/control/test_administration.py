"""The use cases by name, arguments in and JSON out."""

import asyncio
import json

import pytest

from fakes.house import HOME, NAS, house
from homeport.config import models
from homeport.control.administration import calls
from homeport.errors import Refused
from homeport.model.name import Fqdn
from homeport.server import administer

NAME = "box.dyn.example.com"


@pytest.fixture
def ask(tmp_path):
    """Return a way to make administration calls on a database of one zone."""
    database = tmp_path / "server.db"
    ns = models.ZoneNameServer(name=Fqdn.parse("ns.example.net"))
    zone = models.ServedZone(name=Fqdn.parse("dyn.example.com"), nameservers=(ns,))
    settings = models.Server(zones=(zone,), store=models.SqliteStore(path=database))

    async def ask(name, /, **args):
        return json.loads(json.dumps(await administer(settings, database, name, **args)))

    return ask


async def test_a_host_and_its_token(ask):
    """Added, shown, listed; the secret is there once, and rotating makes another."""
    await ask("host.add", name=NAME, public_only=True)
    token = await ask("token.create", hosts=[NAME], label="nas")
    assert (await ask("host.show", name=NAME))["tokens"] == [token["id"]]
    assert token["secret"] not in json.dumps(await ask("token.list"))
    rotated = await ask("token.rotate", id=token["id"])
    assert rotated["id"] == token["id"]
    assert rotated["secret"] != token["secret"]
    await ask("token.revoke", id=token["id"])
    assert await ask("token.list") == []
    await ask("host.remove", name=NAME)
    assert await ask("host.list") == []


async def test_a_zone_of_a_command(ask):
    """Added with name servers as text; one of the file cannot be removed."""
    server = {"name": "ns1.lab.example.org", "addresses": ["198.51.100.53"]}
    await ask("zone.add", name="lab.example.org", nameservers=[server], ttl=30)
    assert (await ask("zone.show", name="lab.example.org"))["ttl"] == 30
    await ask("zone.remove", name="lab.example.org")
    with pytest.raises(Refused):
        await ask("zone.remove", name="dyn.example.com")


@pytest.mark.parametrize(
    ("call", "args"),
    [
        ("host.add", {"name": "a..b"}),
        ("host.add", {"name": "nowhere.example.org"}),
        ("host.show", {"name": "absent.dyn.example.com"}),
        ("token.create", {"hosts": ["a\0b"]}),
        ("token.revoke", {"id": "none"}),
        ("zone.add", {"name": "x.example.org", "ttl": 999999}),
        ("zone.add", {"name": "x.example.org", "nameservers": [{"name": "ns.x.org", "addresses": ["one"]}]}),
    ],
)
async def test_what_makes_no_sense_is_refused_in_a_sentence(ask, call, args):
    """Nothing is changed, and the way out is named."""
    with pytest.raises(Refused, match=r"\w"):
        await ask(call, **args)


async def test_calls_at_once_undo_nothing():
    """Removing a host beside a rotation and a revocation brings neither the old secret nor the token back."""
    async with house() as here:
        ask = calls(here.zones, here.hosts, here.tokens, complete=None)
        other = await here.tokens.create([HOME, NAS])
        before = here.token.digest
        await asyncio.gather(
            ask["token.rotate"]({"id": here.issued.id}),
            ask["token.revoke"]({"id": other.id}),
            ask["host.remove"]({"name": str(NAS)}),
        )
        assert here.token.digest != before
        assert here.token.hosts == {HOME}
        assert other.id not in here.directory.tokens
