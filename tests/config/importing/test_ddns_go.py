"""ddns-go: several configurations or one, its domains with zones and parameters, its callback."""

from __future__ import annotations

import json

import pytest

from homeport.config.importing.ddns_go import Domain, domain_of

ONE = """\
ipv4: {{enable: true, gettype: url, url: "https://myip.ipip.net", domains: {domains}}}
dns: {{name: {name}, id: "{id}", secret: "{secret}"}}
ttl: "{ttl}"
"""


def one(domains="[home.example.com]", name="cloudflare", id="", secret="s3cret-value", ttl=""):  # noqa: A002 -- ddns-go's own word
    return ONE.format(domains=domains, name=name, id=id, secret=secret, ttl=ttl)


def test_several_configurations(sample):
    """Each keeps its host, its names and where its addresses come from."""
    carried = sample("ddns-go", "v6.yaml")
    assert carried.records == {
        ("home.example.com", "A", "alidns", "auto"),
        ("home.example.com", "AAAA", "alidns", "eth0"),
        ("nas.example.com", "A", "alidns", "auto"),
        ("example.com", "A", "alidns", "auto"),
        ("six.example.net", "AAAA", "cloudflare", "command"),
        ("hook.example.org", "A", "http", "web"),
    }
    options = {str(record.name): dict(record.options) for record in carried.agent.records}
    assert options["nas.example.com"] == {"line": "telecom"}
    assert options["six.example.net"] == {"proxied": True}
    assert {record.ttl for record in carried.agent.records if "example.com" in str(record.name)} == {600}


def test_what_it_leaves(sample):
    """The page's password, disabled records and hosts that cannot be are named."""
    left = "\n".join(sample("ddns-go", "v6.yaml").left)
    for part in (
        "cf, A records: ipv4 is not enabled",
        "?Weird=: cloudflare has no",
        "dynadot: it used",
    ):
        assert part in left


def with_webhook(**hook):
    """Return a configuration of one name and a webhook."""
    conf = {
        "dns": {"name": "cloudflare", "secret": "t"},
        "ipv4": {
            "enable": True,
            "gettype": "url",
            "url": "https://x.example",
            "domains": ["home.example.com"],
        },
    }
    return json.dumps({"dnsconf": [conf], "webhook": hook})


def test_the_webhook_goes_on(sample):
    """As it is written, its URL in the store; what differs is told."""
    carried = sample("ddns-go", "v6.yaml")
    [(name, hook)] = carried.agent.notify.items()
    assert (name, hook.body, hook.url.source) == ("webhook", '{"text": "#{ipv4Addr}"}', "secret:webhook-url")
    assert carried.secrets["webhook-url"] == "https://hooks.example.org/hunter2-webhook"
    assert not sample("ddns-go", "v4.yaml").agent.notify


@pytest.mark.parametrize(
    ("hook", "headers", "body", "token"),
    [
        (
            {
                "webhookheaders": "Authorization: Bearer abc\r\nX-From: #{ipv4Domains}",
                "webhookrequestbody": "{}",
            },
            {"Authorization": "Bearer {token}", "X-From": "#{ipv4Domains}"},
            "{}",
            "abc",
        ),
        (
            {"webhookrequestbody": '{"token": "abc", "content": "新地址 #{ipv4Addr}"}'},
            {},
            '{"token": "{token}", "content": "新地址 #{ipv4Addr}"}',
            "abc",
        ),
    ],
)
def test_a_webhooks_secrets_are_kept_apart(carry, hook, headers, body, token):
    """Of its headers and its body, too."""
    carried = carry("ddns-go", with_webhook(webhookurl="https://hooks.example.org/x", **hook))
    told = carried.agent.notify["webhook"]
    assert (told.headers, told.body) == (headers, body)
    assert carried.secrets["webhook-token"] == token
    assert told.language == ("zh-CN" if "新" in body else "en")


def test_a_webhook_that_cannot_be_is_left(carry):
    """Two secrets, or what is no URL: the names are carried over all the same."""
    for hook in (
        {
            "webhookurl": "https://x.example",
            "webhookheaders": "X-Key: a",
            "webhookrequestbody": '{"token": "b"}',
        },
        {"webhookurl": "hooks.example.org"},
    ):
        carried = carry("ddns-go", with_webhook(**hook))
        assert not carried.agent.notify
        assert any(note.startswith("webhook: ") for note in carried.left)


def test_the_one_configuration_of_old(sample):
    """Before version 5 there was one; a DNSPod token is its ID and the token."""
    carried = sample("ddns-go", "v4.yaml")
    assert carried.records == {
        ("home.example.com.cn", "A", "dnspod", "pppoe-wan"),
        ("home.example.com.cn", "AAAA", "dnspod", "auto"),
    }
    assert carried.secrets == {"dnspod-token": "12345,hunter2-dnspod"}
    assert carried.agent.addresses["pppoe-wan"].allow_private


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("home.example.com", Domain("home.example.com")),
        ("home:example.com", Domain("home.example.com", "example.com")),
        ("@:example.com", Domain("example.com", "example.com")),
        (":example.com", Domain("example.com", "example.com")),
        ("@.example.com", Domain("example.com")),
        (
            "a.b:example.com?Line=oversea&x=",
            Domain("a.b.example.com", "example.com", (("Line", "oversea"), ("x", ""))),
        ),
    ],
)
def test_a_line_of_domains(line, meant):
    """The zone may be said by a colon, and parameters follow a question mark."""
    assert domain_of(line) == meant


@pytest.mark.parametrize(
    "domains",
    [
        '"a.example.com\\nb.example.com"',
        '"a.example.com\\r\\nb.example.com\\r\\n"',
        '["a.example.com，b.example.com"]',
    ],
)
def test_domains_as_they_are_pasted(carry, domains):
    """Line breaks and commas part domains where they stand in one text."""
    carried = carry("ddns-go", one(domains))
    assert {name for name, *_ in carried.records} == {"a.example.com", "b.example.com"}


def test_a_zone_that_is_said_is_kept_when_it_is_the_only_one(carry):
    """Names of one zone need no list of zones; names of two do."""
    carried = carry("ddns-go", one('["a:example.co.uk", "b:example.co.uk"]'))
    assert str(carried.agent.providers["cloudflare"].zone) == "example.co.uk"
    carried = carry("ddns-go", one('["a:example.com", "b:example.net"]'))
    assert carried.agent.providers["cloudflare"].zone is None


def test_two_lines_of_one_name(carry):
    """A name twice at one host cannot be one RRset; the first stays and the other is named."""
    carried = carry(
        "ddns-go", one('["a.example.com?Line=telecom", "a.example.com?Line=unicom"]', "alidns", "id")
    )
    assert len(carried.records) == 1
    assert carried.left == [
        "a.example.com A: it is written twice with different settings; the first is carried over"
    ]


def test_a_pool_of_origins(carry):
    """What would have changed an origin there is not made to change DNS records here."""
    carried = carry("ddns-go", one('["a.example.com", "cdn.example.com?GroupId=og-1"]', "edgeone", "i"))
    assert {record[0] for record in carried.records} == {"a.example.com"}
    assert carried.left == [
        "cdn.example.com: it sets the addresses of a pool of origins, and not DNS records"
    ]


def test_an_unknown_host_is_not_alidns(carry):
    """ddns-go takes whom it does not know for Alidns; that is a guess, and none is made here."""
    both = "dnsconf:\n  - {ipv4: {enable: true, domains: [a.example.com]}, dns: {name: cloudflare, secret: s3cret-value}}\n  - {name: e, ipv4: {enable: true, domains: [b.example.com]}, dns: {name: nowcn, id: i, secret: s}}\n"
    assert "e: there is no provider for nowcn" in carry("ddns-go", both).left


def test_names_that_are_none_and_names_of_other_scripts(carry):
    """A name that cannot be is left with its fault, one in Chinese is carried over."""
    carried = carry("ddns-go", one('["家.example.com", "-.example.com"]'))
    assert {name for name, *_ in carried.records} == {"xn--fct.example.com"}
    assert carried.left[0].startswith("-.example.com: ")


def test_a_callback_with_two_secrets(carry):
    """There is one place for a secret, so that a request with two is left."""
    both = "dnsconf:\n  - {ipv4: {enable: true, domains: [a.example.com]}, dns: {name: cloudflare, secret: s3cret-value}}\n  - {name: h, ipv4: {enable: true, domains: [b.example.com]}, dns: {name: callback, id: 'https://x.example/?token=aaa&password=bbb'}}\n"
    carried = carry("ddns-go", both)
    assert any(note.startswith("h: its request holds several secrets") for note in carried.left)
