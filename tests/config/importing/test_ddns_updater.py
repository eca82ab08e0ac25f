"""ddns-updater: a list of settings, each with its own words for credentials."""

from __future__ import annotations

import json

import pytest


def one(provider, **settings):
    entry = {"provider": provider, "domain": "example.com", "owner": "home", "ip_version": "ipv4", **settings}
    return json.dumps({"settings": [entry]})


def test_version_2(sample):
    """Names are whole, zones are guessed only where one is needed, and a suffix becomes a host id."""
    carried = sample("ddns-updater", "v2.json")
    assert carried.records == {
        ("home.example.com", "A", "cloudflare", "auto"),
        ("home.example.com", "AAAA", "cloudflare", "auto"),
        ("www.example.net", "A", "namecheap", "auto"),
        ("example.org", "A", "route53", "auto"),
        ("host.example.eu", "AAAA", "rfc2136", "auto"),
        ("g.example.com", "A", "googleclouddns", "auto"),
    }
    assert carried.agent.records[0].host_id == "::72ad:8fbb:a54e:bedd"
    assert carried.agent.providers["cloudflare"].zone is None
    rfc2136 = carried.agent.providers["rfc2136"]
    assert (rfc2136.server, rfc2136.port, str(rfc2136.zone)) == ("2001:db8::53", 5353, "example.eu")
    assert json.loads(carried.secrets["googleclouddns-service_account"])["type"] == "service_account"
    assert "n.example.com: there is no provider for njalla" in carried.left


def test_version_1(sample):
    """`host` stands beside the domain and may be several; DuckDNS needs no domain."""
    carried = sample("ddns-updater", "v1.json")
    assert carried.records == {
        ("myhome.duckdns.org", "A", "duckdns", "auto"),
        ("mynas.duckdns.org", "A", "duckdns", "auto"),
        ("subdomain.example.org", "AAAA", "godaddy", "auto"),
        ("example.com", "A", "http", "auto"),
    }
    assert carried.agent.providers["http"].url.endswith("&client_key={token}&ipv4={address}")
    assert carried.agent.providers["http"].success == "good"
    assert str(carried.agent.providers["godaddy"].zone) == "example.org"


def test_a_port_that_is_no_number(carry):
    """It is left out, and nothing else is lost."""
    settings = {"server": "ns.example.com:\u00b2", "tsig_key_name": "k", "tsig_algorithm": "hmac-sha256"}
    carried = carry("ddns-updater", one("rfc2136", **settings, tsig_secret="s3cret-value"))
    assert carried.agent.providers["rfc2136"].server == "ns.example.com"


@pytest.mark.parametrize(
    ("provider", "given", "kind"),
    [
        ("aliyun", {"access_key_id": "i", "access_secret": "s3cret-value"}, "alidns"),
        ("aws", {"access_key": "i", "secret_key": "s3cret-value"}, "route53"),
        ("dyn", {"username": "u", "client_key": "s3cret-value"}, "dyndns2"),
        ("hetznercloud", {"token": "s3cret-value"}, "hetzner"),
        (
            "ovh",
            {"mode": "api", "app_key": "k", "app_secret": "s3cret-value", "consumer_key": "c0nsumer"},
            "ovh",
        ),
        ("ovh", {"username": "u", "password": "s3cret-value"}, "dyndns2"),
        ("powerdns", {"server_url": "http://127.0.0.1:8081", "api_key": "s3cret-value"}, "powerdns"),
        ("spaceship", {"api_key": "k3y-value", "api_secret": "s3cret-value"}, "spaceship"),
        ("domeneshop", {"token": "t", "secret": "s3cret-value"}, "dyndns2"),
    ],
)
def test_hosts(carry, provider, given, kind):
    """Each host's credentials go where ours wants them."""
    carried = carry("ddns-updater", one(provider, **given))
    assert carried.records == {("home.example.com", "A", kind, "auto")}
    assert "s3cret-value" in carried.secrets.values()


@pytest.mark.parametrize("suffix", ["::1/48", "nonsense", "2001:db8::/64"])
def test_a_suffix_that_is_no_host_id(carry, suffix):
    """It is left, and the record is carried over without it."""
    carried = carry(
        "ddns-updater", one("cloudflare", token="s3cret-value", ip_version="ipv6", ipv6_suffix=suffix)
    )
    assert carried.agent.records[0].host_id == ""
    assert any(
        note.startswith("home.example.com, ipv6_suffix: only the last 64 bits") for note in carried.left
    )


def test_both_families_where_it_does_not_say(carry):
    """It took whichever address there was; here both are kept, and that is said."""
    carried = carry("ddns-updater", one("cloudflare", token="s3cret-value", ip_version=""))
    assert {record[1] for record in carried.records} == {"A", "AAAA"}
    assert any("both are kept" in note for note in carried.changed)
