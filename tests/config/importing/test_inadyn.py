"""In-a-Dyn: its sections, providers by any part of their name, and servers of one's own."""

from __future__ import annotations

import pytest

from homeport.config.importing.inadyn import sections_of
from homeport.errors import ConfigInvalid

ONE = "provider {name} {{ username = charlie\n password = s3cret-value\n hostname = home.example.com\n {more} }}\n"


def test_many_providers(sample):
    """Every section becomes the provider that is meant, the two of Cloudflare one with both families."""
    carried = sample("inadyn", "v2.10.conf")
    assert carried.records == {
        ("example.freemyip.com", "A", "http", "auto"),
        ("peanuts.dyndns.example", "A", "dyndns2", "auto"),
        ("woodstock.dyndns.example", "A", "dyndns2", "auto"),
        ("example.duckdns.org", "A", "duckdns", "auto"),
        ("flemming.example.net", "A", "noip", "eth0"),
        ("tunnel123456.tunnelbroker.net", "A", "dyndns2", "auto"),
        ("home.example.com", "A", "cloudflare", "auto"),
        ("home.example.com", "AAAA", "cloudflare", "auto"),
        ("myhostname.example.net", "A", "http", "web"),
        ("example.org", "A", "namecheap", "auto"),
        ("www.example.org", "A", "namecheap", "auto"),
        ("test.example.org", "A", "namecheap", "auto"),
    }
    assert carried.secrets["dyndns2-2-password"] == "hunter2-tunnel/+dsad21321"
    assert any(note.startswith("freedns: it logs in") for note in carried.left)


def test_names_of_old(sample):
    """`default@` before a provider and `alias` for its names are understood; a path of dyndns2's is dyndns2."""
    carried = sample("inadyn", "v2.0.conf")
    assert {record[2] for record in carried.records} == {"dyndns2"}
    assert [carried.agent.providers[name].service for name in ("dyndns2", "dyndns2-2")] == [
        "dyn",
        "nsupdate.info",
    ]
    assert carried.agent.providers["dyndns2-3"].server == "https://members.example.org/nic/update"
    assert 'hunter2 { "quoted" }' in carried.secrets.values()
    assert carried.agent.interval == 600


def test_basic_credentials_of_a_server_of_ones_own(sample):
    """User and password become the one secret of an Authorization header."""
    carried = sample("inadyn", "v2.10.conf")
    assert carried.secrets["http-2-token"] == "bXl1c2VyOmh1bnRlcjItY3VzdG9t"
    assert carried.agent.providers["http-2"].headers == {"Authorization": "Basic {token}"}
    assert carried.agent.providers["http-2"].success == "good|OK|true|updated"


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/u?host=", "https://x.example/u?host={name}"),
        ("/u?h=%h&u=%u&p=%p&ip=%i", "https://x.example/u?h={name}&u=charlie&p={token}&ip={address}"),
    ],
)
def test_a_path_of_ones_own(carry, path, url):
    """What inadyn fills in is filled in here; without such a place the name is put behind the path."""
    text = f'custom own {{ username = charlie\n password = s3cret-value\n ddns-server = x.example\n ddns-path = "{path}"\n hostname = a.example.com }}'
    carried = carry("inadyn", text)
    assert carried.agent.providers["http"].url == url


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("dyndns@3322.org", "3322"),
        ("default@loopia.com", "loopia"),
        ("spdyn", "spdyn"),
        ("default@ovh.com:2", "ovh"),
        ("strato", "strato"),
    ],
)
def test_a_provider_by_any_part_of_its_name(carry, name, service):
    """The preset is found that the name means."""
    assert carry("inadyn", ONE.format(name=name, more="")).agent.providers["dyndns2"].service == service


def test_a_provider_that_is_none_of_ours(carry):
    """It is left with the reason."""
    text = ONE.format(name="noip", more="") + ONE.format(name="default@sitelutions.com", more="")
    assert carry("inadyn", text).left[0].startswith("default@sitelutions.com: there is no provider for it")


def test_ipv6_by_its_command(carry):
    """A command that prints IPv6 addresses makes the record an AAAA, which is said."""
    carried = carry("inadyn", ONE.format(name="noip", more='checkip-command = "ip -6 addr show"'))
    assert {record[1] for record in carried.records} == {"AAAA"}
    assert any("asks for IPv6" in note for note in carried.changed)


def test_a_bracket_that_is_missing():
    """It is said, not guessed."""
    with pytest.raises(ConfigInvalid, match="never closed"):
        sections_of("provider noip { username = x")


def test_another_file_is_not_read(carry):
    """`include` is left with the way out."""
    assert carry("inadyn", 'include("~/.pw")\n' + ONE.format(name="noip", more="")).records
