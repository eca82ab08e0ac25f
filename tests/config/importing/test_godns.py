"""GoDNS: JSON and YAML, one provider or several that domains name."""

from __future__ import annotations

import json

import pytest


def one(provider, **settings):
    domains = [{"domain_name": "example.com", "sub_domains": ["www"]}]
    return json.dumps({"provider": provider, "domains": domains, "ip_type": "IPv4", **settings})


def test_several_providers(sample):
    """A domain names its provider, whose credentials are its own; files of secrets stay files."""
    carried = sample("godns", "v3.json")
    assert carried.records == {
        ("www.example.com", "A", "cloudflare", "auto"),
        ("example.com", "A", "cloudflare", "auto"),
        ("test.example.net", "A", "duckdns", "auto"),
        ("myname.duckdns.org", "A", "duckdns", "auto"),
    }
    assert carried.agent.providers["cloudflare"].token.source == "file:/run/secrets/cf_token"
    assert all(
        dict(record.options) == {"proxied": True}
        for record in carried.agent.records
        if record.provider == "cloudflare"
    )
    assert carried.agent.resolver == ("[2001:4860:4860::8888]:53",)
    assert any(note.startswith("Hetzner: its token is of dns.hetzner.com") for note in carried.left)
    assert any(note.startswith("notify: ") for note in carried.left)


def test_yaml(sample):
    """The same in YAML; an interface is asked for the family that is wanted."""
    carried = sample("godns", "v2.yaml")
    assert carried.records == {
        ("somesubdomain.example.com", "AAAA", "ionos", "eth0"),
        ("anothersubdomain.example.com", "AAAA", "ionos", "eth0"),
    }
    assert not carried.agent.addresses["eth0"].allow_private


@pytest.mark.parametrize(
    ("provider", "given", "kind"),
    [
        ("AliDNS", {"email": "id", "password": "s3cret-value"}, "alidns"),
        ("DNSPod", {"login_token": "1,s3cret-value"}, "dnspod"),
        ("HE", {"password": "s3cret-value"}, "he"),
        ("NoIP", {"email": "me@example.org", "password": "s3cret-value"}, "noip"),
        ("strato", {"password": "s3cret-value"}, "dyndns2"),
        ("OVH", {"app_key": "k", "app_secret": "s3cret-value", "consumer_key": "c0nsumer"}, "ovh"),
        ("TransIP", {"email": "me", "login_token": "s3cret-value"}, "transip"),
        ("Cloudflare", {"email": "me@example.org", "password": "s3cret-value"}, "cloudflare"),
    ],
)
def test_hosts(carry, provider, given, kind):
    """Each host's credentials go where ours wants them."""
    carried = carry("godns", one(provider, **given))
    assert carried.records == {("www.example.com", "A", kind, "auto")}
    assert "s3cret-value" in "".join(carried.secrets.values())


def test_credentials_that_are_not_enough(carry):
    """Dynu's password alone opens none of ours, and that is said."""
    text = json.loads(one("NoIP", email="me", password="s3cret-value"))
    text["providers"] = {"Dynu": {"password": "s3cret-other"}}
    text["domains"].append({"domain_name": "example.net", "sub_domains": ["a"], "provider": "Dynu"})
    assert carry("godns", json.dumps(text)).left[0].startswith("Dynu: it used a password for IP updates")
