"""The template: every way to word a request, and every way to word an answer."""

import json
from types import NoneType

import pytest

from fakes.hosts import place
from fakes.tools import toolbox
from homeport.errors import Abused, ConfigInvalid, CredentialsRefused, Refused, Throttled, Unconfirmed
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers.http import HttpTemplate, Settings

NEW, NEW6 = "203.0.113.8", "2001:db8:1::8"
HOME, HOME6 = (RRsetKey.parse(f"home.example.com {rrtype}") for rrtype in ("A", "AAAA"))


async def told(at, **settings):
    """Return the outcomes of telling both families of one name."""
    at.host.create(HOME.name)
    provider = at.make(**settings)
    changes = []
    for key, address in ((HOME, NEW), (HOME6, NEW6)):
        wanted = provider.clamp(RRset(key, frozenset({address}), 90))
        changes.append(Change(key, None, wanted))
    return await provider.apply(changes)


@pytest.mark.parametrize(
    "template",
    [
        {"url": "/update?host=#{domain}&ip=#{ip}&type=#{recordType}&ttl=#{ttl}&key={token}"},
        {"url": "/update?host=__DOMAIN__&ip=__IP__&type=__RECORDTYPE__&x=__TTL____LINE__&key={token}"},
        {"url": "/update", "body": "host=#{domain}&ip=#{ip}&type=#{recordType}&key={token}"},
        {
            "url": "/update",
            "body": '{"host": "{name}", "ip": "{address}", "type": "{type}", "key": "{token}"}',
        },
        {
            "url": "/update",
            "method": "PUT",
            "headers": {"content-type": "application/x-www-form-urlencoded", "X-Name": "{owner} of {zone}"},
            "zone": "example.com",
            "body": "host={owner}.{zone}&ip={address}&type={type}&key={token}",
        },
    ],
)
async def test_every_way_to_word_a_request(template):
    """A query, a form and JSON reach the host, in our spelling and in two others'."""
    async with place("http") as at:
        results = await told(at, **{**template, "url": at.host.url + template["url"]})
        assert results == {HOME: None, HOME6: None}
        assert at.host.held(HOME) == {NEW}
        assert at.host.held(HOME6) == {NEW6}
        method = template.get("method") or ("POST" if "body" in template else "GET")
        assert {request.method for request in at.host.requests} == {method}


async def test_a_secret_of_any_letters():
    """What a secret holds changes nothing of the request around it."""
    async with place("http") as at:
        at.host.secret = 'a"b&c=d\\ {name}é'
        body = '{"host": "{name}", "ip": "{address}", "type": "{type}", "key": "{token}"}'
        for template in ({}, {"url": f"{at.host.url}/update", "body": body}):
            assert await told(at, **template) == {HOME: None, HOME6: None}
        assert json.loads(at.host.requests[-1].body)["key"] == at.host.secret


async def test_the_ttl_that_was_wished_is_told():
    """A TTL reaches a host that asks for one, and a changed one is a change; elsewhere it is the host's."""
    async with place("http") as at:
        url = f"{at.host.url}/update?host={{name}}&ip={{address}}&type={{type}}&key={{token}}"
        asks = at.make(url=f"{url}&ttl={{ttl}}")
        assert asks.clamp(RRset(HOME, frozenset({NEW}), 90)).ttl == 90
        assert at.make(url=url).clamp(RRset(HOME, frozenset({NEW}), 90)).ttl is None
        await told(at, url=f"{url}&ttl={{ttl}}")
        assert {request.query["ttl"] for request in at.host.requests} == {"90"}


async def test_answers_are_judged_by_the_rules():
    """An answer that is not the success that was described is none, and one that is described as denied halts."""
    async with place("http") as at:
        assert {type(each) for each in (await told(at, success="^done")).values()} == {Unconfirmed}
        denied = await told(at, success="^done", denied="^good")
        assert {type(each) for each in denied.values()} == {CredentialsRefused}
        assert at.host.secret not in str(denied)
        assert "says the credentials are wrong: good" in str(denied)
        assert NEW not in str(denied)
        assert await told(at, success="") == {HOME: None, HOME6: None}


async def test_a_host_cannot_keep_us_searching():
    """However its answer is made for an expression that goes back and forth in it."""
    assert isinstance(await answered("a" * 60_000, success="a*a*b", denied="(?:aa)*b"), Unconfirmed)


class Says:
    """A host that gives the same answer to everything."""

    def __init__(self, text, status=200):
        self.answer = HttpAnswer(status, {}, text.encode(), "https://dns.example.net/update")

    async def request(self, *_args, **_kwargs):
        return self.answer


async def answered(text, status=200, **settings):
    """Return what telling one address comes to at a host that says `text`."""
    settings = {"url": "https://dns.example.net/update?ip={address}", **settings}
    provider = HttpTemplate(Settings(**settings), toolbox(http=Says(text, status)))
    wanted = provider.clamp(RRset(HOME, frozenset({NEW}), 90))
    return (await provider.apply([Change(HOME, None, wanted)]))[HOME]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("good 203.0.113.8", NoneType),
        ("updated; nohost is how it is called", NoneType),
        ("badauth", CredentialsRefused),
        ("\n NOHOST home.example.com", Refused),
        ("!yours", Refused),
        ("notfqdn", Refused),
        ("KO", Refused),
        ("abuse", Abused),
        ("911", Throttled),
        ("dnserr", Throttled),
        ("<html>\nabuse", Unconfirmed),
    ],
)
async def test_words_of_refusal_need_no_description(text, error):
    """What every dyndns2 client takes for a no is one, unless `success` describes it."""
    assert type(await answered(text)) is error
    assert await answered(text, success=".") is None


async def test_another_answer_is_shown():
    """What the host said is in the message, without a secret that it echoes; only of a page a portal is suspected."""
    token, url = Secret.literal('a"b'), "https://dns.example.net/update?ip={address}&key={token}&pass=hunter2"
    said = str(await answered('no: a\\"b a%22b &quot; hunter2', success="^fine", token=token, url=url))
    assert said.startswith('dns.example.net answered "no: *** *** &quot; ***"')
    assert "portal" not in said
    assert "answered nothing" in str(await answered("", success="^fine"))
    assert "portal" in str(await answered("<!doctype html>", success="^fine"))


def test_secrets_that_are_written_out():
    """A URL, a header and a body tell that they hold one, a place does not."""
    told = Settings(
        url="https://x/?a={name}&api_key=1",
        headers={"Authorization": "Bearer abc", "X-Key": "{address}", "Accept": "key"},
        body="ip={address}&password=2&token=#{ip}",
    )
    assert told.literal_secrets == {"url": ["1"], "headers": ["abc"], "body": ["2"]}


async def test_accounts_apart_and_without_what_is_in_the_url():
    """Two templates at one host are two accounts, and neither's name says what the URL holds."""
    async with place("http") as at:
        accounts = [at.make(url=f"{at.host.url}/inl1ne-{i}?k={{token}}").account for i in range(2)]
        assert len(set(accounts)) == 2
        assert not any("inl1ne" in account for account in accounts)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "example.com/{name}"}, "must begin with https://"),
        ({"url": "https://x/{owner}"}, "`zone` is needed"),
        ({"url": "https://x/{token}"}, "`token` is needed exactly"),
        ({"url": "https://x/", "token": Secret.literal("x")}, "`token` is needed exactly"),
        ({"url": "https://x/?n={nam}"}, r"there is no \{nam\}; write \{name\}"),
        ({"url": "https://x/?n={whatever}"}, r"there is no \{whatever\}; there is \{name\} "),
        ({"url": "https://x/", "headers": {"X": "#{IP}"}}, r"there is no #\{IP\}; write #\{ip\}"),
        ({"url": "https://x/", "body": "n=__DOMIAN__"}, "there is no __DOMIAN__; write __DOMAIN__"),
        ({"url": "https://x/", "success": "("}, "`success` is no regular expression"),
        ({"url": "https://x/", "denied": "a{99999999999}"}, "`denied` is no regular expression"),
    ],
)
def test_what_cannot_work_is_said_at_once(settings, words):
    """A template that could never work is refused with its reason when it is read."""
    with pytest.raises(ConfigInvalid, match=words):
        Settings(**settings)


async def test_names_outside_of_the_zone():
    """A name beside the zone is no name in it."""
    async with place("http") as at:
        provider = at.make(zone=Fqdn.parse("example.com"))
        with pytest.raises(ConfigInvalid, match="not within"):
            provider.clamp(RRset(RRsetKey.parse("a.notexample.com A"), frozenset({NEW}), 60))
