"""Subscriptions, and the door that events come through."""

from contextlib import asynccontextmanager
from ipaddress import IPv4Address

import pytest

from fakes.misbehaviour import PORTAL
from fakes.router import BOMB, notify, propertyset, router
from homeport.errors import PeerError, Unavailable
from homeport.net import gena
from homeport.net.http import HttpClient

OWN = IPv4Address("127.0.0.1")
EVENT = propertyset({"ExternalIPAddress": "9.1.2.3"})
FIELDS = {"NT": "upnp:event", "NTS": "upnp:propchange", "SID": "uuid:1", "SEQ": "0"}


@asynccontextmanager
async def subscribing(fake):
    http = HttpClient()
    try:
        yield http, f"{fake.url}/evt"
    finally:
        await http.aclose()


class Ear:
    """Hears; `takes` says whether a subscription is ours."""

    def __init__(self, *, takes=True):
        self.heard = []
        self.takes = takes

    def __call__(self, notice):
        self.heard.append(notice)
        return self.takes


async def test_a_subscription_is_granted_and_ended():
    """What is asked for, and what the router makes of it."""
    async with router(lasts="Second-60") as fake, subscribing(fake) as (http, url):
        granted = await gena.subscribe(http, url, "http://127.0.0.1:1/x")
        assert granted.lasts == 60
        asked = fake.requests[-1].headers
        assert (asked["callback"], asked["nt"], asked["timeout"]) == (
            "<http://127.0.0.1:1/x>",
            "upnp:event",
            "Second-300",
        )
        assert (await gena.renew(http, url, granted.sid)).sid == granted.sid
        assert not {"callback", "nt"} & set(fake.requests[-1].headers)
        await gena.unsubscribe(http, url, granted.sid)
        assert fake.subscribers == {}


async def test_what_the_router_forgot_is_an_error():
    """412: subscribe anew."""
    async with router(forgets=True) as fake, subscribing(fake) as (http, url):
        granted = await gena.subscribe(http, url, "http://127.0.0.1:1/x")
        with pytest.raises(Unavailable, match="412"):
            await gena.renew(http, url, granted.sid)


async def test_a_router_that_is_gone_is_an_error():
    """Nobody listens there any more."""
    async with router() as fake:
        pass
    async with subscribing(fake) as (http, url):
        for asking in (
            gena.subscribe(http, url, "http://127.0.0.1:1/x"),
            gena.renew(http, url, "uuid:1"),
            gena.unsubscribe(http, url, "uuid:1"),
        ):
            with pytest.raises(PeerError):
                await asking


async def test_an_event_is_heard_with_its_number_and_variables():
    """And answered, so that the router does not give up on us."""
    ear = Ear()
    async with gena.door(OWN, OWN, ear) as url:
        assert await notify(url, FIELDS | {"SEQ": "7"}, EVENT, "127.0.0.1") == 200
    assert ear.heard == [gena.Notice("uuid:1", 7, {"ExternalIPAddress": "9.1.2.3"})]


async def test_only_the_router_may_come_in():
    """Anybody else is hung up on without a word."""
    ear = Ear()
    async with gena.door(OWN, IPv4Address("127.5.5.5"), ear) as url:
        assert await notify(url, FIELDS, EVENT, "127.0.0.1") == 0
        assert await notify(url, FIELDS, EVENT, "127.5.5.5") == 200
    assert len(ear.heard) == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"path": "guess"}, 404),
        ({"method": "GET"}, 405),
        ({"fields": {"NTS": "ssdp:alive", "SID": "uuid:1"}}, 412),
        ({"fields": {"NTS": "upnp:propchange"}}, 412),
        ({"fields": FIELDS | {"SEQ": "many"}}, 400),
        ({"body": PORTAL}, 400),
        ({"body": BOMB}, 400),
        ({"body": b"x" * 70_000}, 400),
        ({"fields": FIELDS | {"X": "y" * 70_000}}, 400),
    ],
)
async def test_what_is_no_event_is_refused(changes, status):
    """Each with the status of the standard; nothing of it is heard."""
    ear = Ear()
    async with gena.door(OWN, OWN, ear) as url:
        to = url.rpartition("/")[0] + "/guess" if "path" in changes else url
        fields, body = changes.get("fields", FIELDS), changes.get("body", EVENT)
        assert await notify(to, fields, body, "127.0.0.1", changes.get("method", "NOTIFY")) == status
    assert ear.heard == []


async def test_an_event_of_no_subscription_of_ours_is_refused():
    """412 tells the router to forget it."""
    async with gena.door(OWN, OWN, Ear(takes=False)) as url:
        assert await notify(url, FIELDS, EVENT, "127.0.0.1") == 412


async def test_every_door_has_another_address():
    """Nobody guesses where to send an event."""
    async with gena.door(OWN, OWN, Ear()) as one, gena.door(OWN, OWN, Ear()) as two:
        assert one.rpartition("/")[2] != two.rpartition("/")[2]
        assert len(one.rpartition("/")[2]) == 32


async def test_an_address_that_is_not_ours_cannot_be_listened_at():
    """The system's own error."""
    with pytest.raises(OSError, match="assign"):
        async with gena.door(IPv4Address("192.0.2.77"), OWN, Ear()):
            pass
