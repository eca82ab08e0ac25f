"""Which addresses a host may have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.house import HOME
from homeport.control.admission import MOST, Wish, decide
from homeport.model.address import Family, parse_address
from homeport.model.directory import Binding, Host

ANY, PUBLIC, LAN = Host(HOME), Host(HOME, public_only=True), Host(HOME, allow_private=True)


def a(*texts):
    return tuple(map(parse_address, texts))


@pytest.mark.parametrize(
    ("host", "wish", "why"),
    [
        (ANY, Wish(HOME, a("192.168.1.5")), None),
        (ANY, Wish(HOME, a("100.64.0.1", "fd00::1")), None),
        (ANY, Wish(HOME, a("127.0.0.1")), "loopback"),
        (ANY, Wish(HOME, a("fe80::1")), "link-local"),
        (ANY, Wish(HOME, a("0.0.0.0")), "unspecified"),
        (ANY, Wish(HOME, a("1.1.1.1", "224.0.0.1")), "multicast"),
        (PUBLIC, Wish(HOME, a("192.168.1.5")), "RFC 1918"),
        (PUBLIC, Wish(HOME, a("1.1.1.1", "2606:4700::1")), None),
        (ANY, Wish(HOME, observed=a("1.1.1.1")[0]), None),
        (ANY, Wish(HOME, observed=a("192.168.1.5")[0]), "--allow-private"),
        (LAN, Wish(HOME, observed=a("192.168.1.5")[0]), None),
        (LAN, Wish(HOME, observed=a("127.0.0.1")[0]), "loopback"),
        (ANY, Wish(HOME, a("192.168.1.5"), observed=a("192.168.1.5")[0]), None),
        (ANY, Wish(HOME, a("1.1.1.1"), frozenset({Family.V4})), "both set and removed"),
        (ANY, Wish(HOME, a(*(f"1.1.1.{n}" for n in range(MOST + 1)))), "more than"),
    ],
)
def test_address_rules(host, wish, why):
    """A token sets any unicast address; one read off the connection must be global unless allowed."""
    decided = decide(host, Binding(), wish)
    if why is None:
        assert isinstance(decided, Binding)
    else:
        assert why in decided


def test_a_family_not_mentioned_is_untouched():
    """Setting IPv4 leaves IPv6 and texts alone; only `remove` deletes."""
    bound = Binding(frozenset(a("1.1.1.1", "2606:4700::1")), ("text",))
    assert decide(ANY, bound, Wish(HOME, a("1.1.1.2"))) == Binding(
        frozenset(a("1.1.1.2", "2606:4700::1")), ("text",)
    )
    assert decide(ANY, bound, Wish(HOME, remove=frozenset({Family.V6}))) == Binding(
        frozenset(a("1.1.1.1")), ("text",)
    )
    assert decide(ANY, bound, Wish(HOME)) == bound


@given(st.lists(st.ip_addresses().map(str).map(parse_address), max_size=4).map(tuple))
def test_granting_twice_is_granting_once(addresses):
    """What was granted is unchanged when it is wished for again."""
    once = decide(ANY, Binding(), Wish(HOME, addresses))
    if isinstance(once, Binding):
        assert decide(ANY, once, Wish(HOME, addresses)) == once
