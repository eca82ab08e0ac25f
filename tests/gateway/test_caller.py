"""Whose request it is."""

import pytest

from fakes.door import door
from fakes.house import HOME
from homeport.gateway.caller import Callers

PROXIES = ["10.0.0.0/8", "2001:db8:ffff::/48", "127.0.0.1"]


@pytest.mark.parametrize(
    ("peer", "headers", "caller"),
    [
        ("203.0.113.9", {}, "203.0.113.9"),
        ("::ffff:203.0.113.9", {}, "203.0.113.9"),
        ("fe80::1%eth0", {}, "fe80::1"),
        ("203.0.113.9", {"x-forwarded-for": "1.1.1.1"}, "203.0.113.9"),
        ("10.0.0.1", {"x-forwarded-for": "1.1.1.1"}, "1.1.1.1"),
        ("::ffff:10.0.0.1", {"x-forwarded-for": "1.1.1.1"}, "1.1.1.1"),
        ("10.0.0.1", {"x-forwarded-for": "6.6.6.6, 1.1.1.1, 10.2.3.4"}, "1.1.1.1"),
        ("10.0.0.1", {"x-forwarded-for": "6.6.6.6, unknown, 10.2.3.4"}, None),
        ("10.0.0.1", {"x-forwarded-for": "10.9.9.9, 10.2.3.4"}, "10.9.9.9"),
        ("10.0.0.1", {"x-forwarded-for": "1.1.1.1:5555"}, "1.1.1.1"),
        ("10.0.0.1", {"x-forwarded-for": "[2606:4700::1]:5555"}, "2606:4700::1"),
        ("10.0.0.1", {"x-forwarded-for": "::ffff:1.1.1.1"}, "1.1.1.1"),
        ("10.0.0.1", {"x-forwarded-for": ""}, None),
        ("10.0.0.1", {}, "10.0.0.1"),
        (
            "2001:db8:ffff::1",
            {"forwarded": 'for="[2606:4700::1]:4711";proto=https, for=10.0.0.3'},
            "2606:4700::1",
        ),
        ("10.0.0.1", {"forwarded": "by=10.0.0.1;For=1.1.1.1"}, "1.1.1.1"),
        ("10.0.0.1", {"forwarded": "for=_hidden"}, None),
        ("10.0.0.1", {"x-forwarded-for": "1.1.1.1", "forwarded": "for=2.2.2.2"}, "1.1.1.1"),
        ("", {}, None),
    ],
)
def test_only_trusted_proxies_are_believed(peer, headers, caller):
    """The chain is walked from the right as far as we trust; what a stranger says is worth nothing."""
    found = Callers(PROXIES).of(peer, [(name.encode(), value.encode()) for name, value in headers.items()])
    assert (found and str(found)) == caller


def test_without_trust_nobody_is_believed():
    """With no trusted proxies even loopback cannot speak for others."""
    assert str(Callers().of("127.0.0.1", [(b"x-forwarded-for", b"1.1.1.1")])) == "127.0.0.1"


async def test_several_headers_are_one_chain():
    """Headers added one by one by several proxies are read as one list, the last entry first."""
    async with door(trusted=["127.0.0.1", "10.0.0.0/8"]) as at:
        request = b"GET /ip HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 10.0.0.5\r\nConnection: close\r\n\r\n"
        assert (await at.raw(request)).text == "1.1.1.1"


async def test_the_caller_s_address_is_published():
    """Without an address the caller's is meant; a private one only for a host that allows it."""
    async with door(trusted=["127.0.0.1"]) as at:
        path = "/nic/update?hostname=home.dyn.example.com"

        async def ask(source):
            return (await at.ask(path, headers=at.basic | {"X-Forwarded-For": source})).text

        assert await ask("1.1.1.1") == "good 1.1.1.1"
        assert await ask("192.168.1.9") == "dnserr"
        assert await ask("unknown") == "dnserr"
        await at.here.hosts.add(HOME, allow_private=True)
        assert await ask("192.168.1.9") == "good 192.168.1.9"
