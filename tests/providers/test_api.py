"""What every host with an HTTP API has in common, and one with zones: accounts, patience, lists of many pages."""

import asyncio

import pytest

from fakes.clock import FakeClock, settle
from homeport.errors import Abused, Refused, Throttled, Unavailable
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.providers import _base, load
from homeport.providers._about import Limits
from homeport.providers._api import Pace, identity


def settings(kind, **given):
    return load(kind).Settings(**given)


def test_an_account_is_its_credentials_and_where_they_are_good():
    """Two zones of one account have one budget; another key, another server or another secret in the file has its own."""
    first, second = Secret.literal("pdns-one"), Secret.literal("pdns-two")
    plain = identity(settings("powerdns", api_key=first))
    assert plain == identity(settings("powerdns", api_key=first, zone=Fqdn.parse("example.com")))
    assert plain != identity(settings("powerdns", api_key=second))
    assert plain != identity(settings("powerdns", api_key=first, base_url="https://pdns.example.net/api/v1"))
    assert plain != identity(settings("powerdns", api_key=Secret("env:PDNS", lambda: "pdns-one")))
    assert "pdns-one" not in " ".join(plain)


async def test_two_tokens_are_two_accounts(at):
    """Where the token alone tells two accounts apart, each has its own budget."""
    for kind in ("http", "homeport"):
        async with at(kind) as place:
            others = [place.make(token=f"{name}.s3cret-of-{name}").account for name in ("one", "two", "two")]
            assert len(set(others)) == 2
            assert "s3cret" not in " ".join(others)


@pytest.mark.parametrize("stop", [Throttled("wait", retry_after=5), Abused("blocked")])
async def test_what_is_left_in_line_is_told_and_not_sent(stop):
    """Once a host asks for patience or has blocked the account, no further request goes out."""
    keys = [RRsetKey.parse(f"h{i}.example.com A") for i in range(9)]
    changes = [Change(key, None, RRset.of(key, "192.0.2.1")) for key in keys]
    sent = []

    async def send(some):
        sent.extend(some)
        if len(sent) == 3:
            raise stop

    results = await _base.in_line([[each] for each in changes], send, 1)
    assert sent == changes[:3]
    assert list(results.values()) == [None, None, *[stop] * 7]


async def test_halves_are_not_tried_where_the_host_asks_for_patience():
    """A batch that is refused is divided, unless the first half was one too many."""
    keys = [RRsetKey.parse(f"h{i}.example.com A") for i in range(4)]
    changes = [Change(key, None, RRset.of(key, "192.0.2.1")) for key in keys]
    sent = []

    async def send(some):
        sent.append(len(some))
        if len(sent) == 1:
            raise _base.OneRefused(Refused("one of them"))
        raise Throttled("wait", retry_after=5)

    results = await _base.apart(changes, send)
    assert sent == [4, 2]
    assert {type(each) for each in results.values()} == {Throttled}


async def test_a_request_that_is_cancelled_in_line_keeps_no_place():
    """Whoever is cancelled while it waits, for its turn or for its second, leaves the way open to the next."""
    clock = FakeClock()
    pace = Pace(Limits(at_once=1, per_second=1), clock)

    async def one():
        async with pace:
            pass

    await one()  # the next may begin in a second
    for waiting in (0, 1):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one()) for _ in range(2)]  # one waits for its second, one for its turn
            await settle()
            tasks[waiting].cancel()
            await clock.advance(5)
        assert [task.cancelled() for task in tasks] == [waiting == 0, waiting == 1]


async def test_a_list_that_goes_round_in_a_circle_is_no_list(at):
    """Pages are followed to the last; one that was there already is an error, and not the end."""
    following = {None: "b", "b": "c", "c": None}

    async def fetch(where):
        return where, following[where]

    async with at("vercel") as place:
        assert await place.provider.linked(fetch) == [None, "b", "c"]
        following["c"] = "b"
        with pytest.raises(Unavailable, match="same page twice"):
            await place.provider.linked(fetch)


async def test_a_zone_that_is_refused_is_looked_up_again(at):
    """A zone that was made anew has another id; the next look finds it, whatever the host said of the old one."""
    async with at("rainyun") as place:
        home = place.key("home")
        assert await place.provider.observe([home]) == {home: None}
        place.host.zones = {"7007": place.host.zones["1001"]}
        first = (await place.provider.observe([home]))[home]
        assert isinstance(first, Refused)
        assert await place.provider.observe([home]) == {home: None}


def test_a_secret_is_not_quoted_in_any_spelling():
    """What a host echoes of a request may be percent-encoded."""
    said = _base.quoted("no: token=a%2Fb%3Dc+d e a/b=c d", "a/b=c d", "a/b=c")
    assert "b%3D" not in said
    assert "a/b" not in said
