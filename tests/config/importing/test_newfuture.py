"""NewFuture/DDNS: several providers or one, its ways to learn an address, its edgeone that is none of ours."""

from __future__ import annotations

import json

import pytest


def one(**settings):
    return json.dumps(
        {"dns": "alidns", "id": "i", "token": "s3cret-value", "ipv4": ["a.example.com"], **settings}
    )


def test_several_providers(sample):
    """Each keeps its names; a name with its zone marked keeps that."""
    carried = sample("newfuture", "v4.1.json")
    assert carried.records == {
        ("home.example.com", "A", "cloudflare", "auto"),
        ("home.example.com", "AAAA", "cloudflare", "machine"),
        ("six.example.com", "AAAA", "cloudflare", "machine"),
        ("nas.example.net", "A", "dnspod", "machine-2"),
        ("eo.example.org", "A", "edgeone", "command"),
        ("w.example.com.cn", "A", "west", "machine-2"),
        ("hook.example.org", "A", "http", "web"),
    }
    assert str(carried.agent.providers["dnspod"].zone) == "example.net"
    assert carried.agent.providers["cloudflare"].email == "user@example.com"
    assert carried.agent.addresses["machine"].detect[0].match == "^(?:2409:.*)"


def test_its_edgeone_means_acceleration_domains(sample):
    """What would have changed an origin there is not made to change DNS records here."""
    carried = sample("newfuture", "v4.1.json")
    assert any(note.startswith("edgeone: there it means acceleration domains") for note in carried.left)
    assert "cdn.example.org" not in carried.text


@pytest.mark.parametrize("name", ["v4.0.json", "v2.json"])
def test_one_provider(sample, name):
    """The older forms have one host and no `providers`."""
    assert ("home.example.com", "A") in {record[:2] for record in sample("newfuture", name).records}


def test_an_index_that_is_false(carry):
    """A family that is switched off is left, and said to be."""
    carried = carry("newfuture", one(ipv6=["a.example.com"], index6=False))
    assert {record[1] for record in carried.records} == {"A"}
    assert carried.left == ["alidns, AAAA records: index6 is false there"]


@pytest.mark.parametrize(
    ("index", "source"),
    [
        ("default", "machine"),
        ("public", "auto"),
        ("url:https://ip.example.org/", "web"),
        (["url:https://api.ipify.org", "public"], "auto"),
        ("cmd:/usr/bin/my-ip -4", "command"),
        ("shell:a | b", "command"),
        ("192\\.168\\..*", "machine"),
    ],
)
def test_ways_to_learn_an_address(carry, index, source):
    """Each way becomes the source that does the same."""
    assert {record[3] for record in carry("newfuture", one(index4=index)).records} == {source}


@pytest.mark.parametrize(
    ("dns", "kind"),
    [
        ("aliyun", "alidns"),
        ("Tencent", "tencentcloud"),
        ("huawei", "huaweicloud"),
        ("esa", "aliesa"),
        ("namesilo", "namesilo"),
    ],
)
def test_a_host_by_its_other_names(carry, dns, kind):
    """Names that are understood there are understood here."""
    assert {record[2] for record in carry("newfuture", one(dns=dns)).records} == {kind}


def test_a_proxy_with_a_password_is_a_secret(carry):
    """Its URL goes into the store; one without stands in the file."""
    carried = carry("newfuture", one(proxy="http://me:pa55word@127.0.0.1:1080"))
    assert carried.secrets["alidns-proxy"] == "http://me:pa55word@127.0.0.1:1080"
    assert 'proxy: "http://127.0.0.1:1080"' in carry("newfuture", one(proxy="127.0.0.1:1080")).text


def test_the_international_dnspod(carry):
    """It is the same API at another address."""
    carried = carry("newfuture", one(dns="dnspod_com"))
    assert carried.agent.providers["dnspod"].base_url == "https://api.dnspod.com"
