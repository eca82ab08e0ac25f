"""ddclient: lines whose values hold for what follows, passwords that hold anything, `use` and its successors."""

from __future__ import annotations

import pytest

from homeport.config.importing.ddclient import blocks_of

HOST = "protocol=cloudflare, login=token, password=s3cret-value home.example.com\n"


def test_as_debian_writes_it(sample):
    """Values without a host hold for every one after them; a host of its own line overrides them."""
    carried = sample("ddclient", "v3.8.conf")
    assert carried.records == {
        ("peanuts.dyndns.example", "A", "dyndns2", "eth0"),
        ("woodstock.dyndns.example", "A", "dyndns2", "eth0"),
        ("lucy.example.net", "A", "dyndns2", "auto"),
    }
    assert carried.secrets == {
        "dyndns2-password": 'hunter2, #with "marks"',
        "dyndns2-2-password": "hunter2-own",
    }
    assert carried.agent.providers["dyndns2"].service == "dyn"
    assert carried.agent.providers["dyndns2-2"].server == "https://dyn.example.net"
    assert carried.agent.interval == 300


def test_both_families(sample):
    """`usev4` and `usev6` say where each address comes from, and a host may switch one off."""
    carried = sample("ddclient", "v3.10.conf")
    assert carried.records == {
        ("example.com", "A", "cloudflare", "auto"),
        ("example.com", "AAAA", "cloudflare", "eth0"),
        ("home.example.com", "A", "cloudflare", "auto"),
        ("home.example.com", "AAAA", "cloudflare", "eth0"),
        ("myhouse.duckdns.org", "A", "duckdns", "auto"),
        ("www.example.net", "A", "namecheap", "auto"),
    }
    left = "\n".join(carried.left)
    for part in (
        "nsu.example.org: its key stands",
        "coffee.example.org: it logs in",
        "woima.example.org: there is no",
    ):
        assert part in left


def test_version_4(sample):
    """Secrets may stand in variables, and stay there; the interval is kept."""
    carried = sample("ddclient", "v4.conf")
    assert {record[2] for record in carried.records} == {"porkbun", "gandi", "dyndns2", "http"}
    assert carried.agent.providers["gandi"].token.source == "env:GANDI_TOKEN"
    assert carried.secrets["porkbun-secret_api_key"] == "hunter2-secret"
    assert carried.agent.interval == 600


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("password='a b, c#d'", "a b, c#d"),
        ("password=a#b", "a#b"),
        ("password=a,", "a"),
        ("password=abc, login=x", "abc"),
        ("password='it''s'", "it''s"),
        ('password="quoted"', '"quoted"'),
        ("password=a,b", "a,b"),
    ],
)
def test_passwords(written, meant):
    """Between single quotes a password is whatever stands there; without, it ends at a space."""
    [block], _ = blocks_of(f"protocol=dyndns2, {written} host.example.com")
    assert (block.values["password"], block.hosts) == (meant, ("host.example.com",))


def test_lines_that_go_on(carry):
    """A backslash at the end continues a line, and a comment behind it does not."""
    carried = carry(
        "ddclient",
        "protocol=cloudflare, \\\nlogin=token, \\\npassword=s3cret-value \\\na.example.com, b.example.com\n",
    )
    assert {record[0] for record in carried.records} == {"a.example.com", "b.example.com"}


def test_login_and_password_behind_the_host(carry):
    """The oldest way still names them."""
    carried = carry("ddclient", "protocol=dyndns2 home.example.com charlie s3cret-value\n")
    assert (carried.agent.providers["dyndns2"].user, list(carried.secrets.values())) == (
        "charlie",
        ["s3cret-value"],
    )


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("use=web, web=checkip.dyndns.org", "auto"),
        ("use=web, web=http://router.example/ip", "web"),
        ("use=if, if=ppp0", "ppp0"),
        ("usev4=ifv4, ifv4=eth1", "eth1"),
        ("use=cmd, cmd='/usr/bin/my-ip -4'", "command"),
        ("usev4=cmdv4, cmdv4=/usr/bin/my-ip", "command"),
        ("use=ip, ip=192.0.2.1", "fixed"),
        ("usev4=ipv4, ipv4=192.0.2.1", "fixed"),
        ("use=fw, fw=192.168.1.1/status.htm", "auto"),
        ("usev4=fritzbox", "auto"),
        ("", "auto"),
    ],
)
def test_where_addresses_come_from(carry, line, source):
    """Each strategy becomes the source that does the same; a router's page becomes what asks the router."""
    carried = carry("ddclient", f"{line}\n{HOST}")
    assert {record[1:] for record in carried.records} == {("A", "cloudflare", source)}


def test_ipv6_of_old(carry):
    """Before 3.10 `ipv6=yes` made the one address an IPv6 address."""
    carried = carry("ddclient", f"use=if, if=eth0, ipv6=yes\n{HOST}")
    assert {record[1] for record in carried.records} == {"AAAA"}


def test_what_is_not_done_is_said(carry):
    """Mail and programs after an update are named once each."""
    carried = carry("ddclient", f"mail=root, postscript=/bin/true\n{HOST}{HOST.replace('home', 'two')}")
    assert [note.partition(":")[0] for note in carried.left] == ["mail", "postscript"]
