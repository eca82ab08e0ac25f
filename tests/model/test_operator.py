"""Which servers are one witness, and in which camp."""

import pytest

from homeport.model.operator import MAINLAND, WORLDWIDE, camp_of, operator_of


@pytest.mark.parametrize(
    ("host", "operator"),
    [
        ("api.ipify.org", "ipify.org"),
        ("api6.ipify.org.", "ipify.org"),
        ("IPIFY.org", "ipify.org"),
        ("4.ipw.cn", "ipw.cn"),
        ("ip.3322.com.cn", "3322.com.cn"),
        ("ip.example.co.uk", "example.co.uk"),
        ("com.cn", "com.cn"),
        ("stun.co.example", "co.example"),
        ("localhost", "localhost:81"),
        ("192.0.2.1", "192.0.2.1:81"),
        ("[2001:db8::1]", "[2001:db8::1]:81"),
        ("2001:db8::1", "[2001:db8::1]:81"),
    ],
)
def test_names_the_operator(host, operator):
    """Hosts below one registrable domain are one operator; an address is told apart by its port."""
    assert operator_of(host, 81) == operator


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ipv4.icanhazip.com", "stun.cloudflare.com"),
        ("1.1.1.1", "[2606:4700:4700::1111]"),
        ("one.one.one.one", "1.0.0.1"),
        ("dns.google", "ns1.google.com"),
        ("8.8.8.8", "stun.l.google.com"),
        ("208.67.222.222", "resolver1.opendns.com"),
        ("whoami.akamai.net", "ns1-1.akamaitech.net"),
        ("ip.3322.net", "members.3322.org"),
    ],
)
def test_several_names_of_one_operator_are_one(one, other):
    """Who runs two famous services is one witness, not two."""
    assert operator_of(one, 443) == operator_of(other, 53)


@pytest.mark.parametrize(
    ("host", "camp"),
    [
        ("myip.ipip.net", MAINLAND),
        ("6.ipw.cn", MAINLAND),
        ("members.3322.org", MAINLAND),
        ("ip.example.com.cn", MAINLAND),
        ("api64.ipify.org", WORLDWIDE),
        ("1.1.1.1", WORLDWIDE),
        ("checkip.global.api.aws", WORLDWIDE),
        ("ip.example.com", ""),
        ("notipip.net", ""),
        ("192.0.2.1", ""),
        ("localhost", ""),
    ],
)
def test_names_the_camp(host, camp):
    """A known operator has one whatever URL of theirs is asked; an unknown one has none."""
    assert camp_of(operator_of(host, 443)) == camp
