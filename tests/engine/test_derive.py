"""From what was learned to what is wanted."""

from ipaddress import IPv6Address

import pytest

from fakes.world import HOME, HOME6, World, addresses
from homeport.engine.derive import derive
from homeport.model.host_id import PRESERVE
from homeport.model.observation import NoAddress, Unknown
from homeport.model.plan import Hold, Publish, Withdraw
from homeport.model.rrset import RRset


def test_addresses_are_published_with_the_record_s_ttl_and_options():
    """What was learned, as RDATA."""
    wanted = World().wanted(ttl=120, options=frozenset({("proxied", False)}))
    assert derive(wanted, addresses("8.8.8.8", "8.8.4.4")) == Publish(
        frozenset({"8.8.8.8", "8.8.4.4"}), 120, frozenset({("proxied", False)})
    )


def test_not_learned_is_held():
    """Unknown never deletes."""
    assert derive(World().wanted(), Unknown("split")) == Hold("split")


def test_gone_is_held_by_default():
    """Even a known absence keeps the record, unless the record says otherwise."""
    assert isinstance(derive(World().wanted(), NoAddress("none"), gone_for=1e9), Hold)


@pytest.mark.parametrize(("gone_for", "kind"), [(0, Hold), (3599, Hold), (3600, Withdraw)])
def test_gone_long_enough_is_withdrawn_on_request(gone_for, kind):
    """`when_gone: withdraw` waits `withdraw_after` seconds."""
    wanted = World().wanted(withdraw_after=3600)
    assert isinstance(derive(wanted, NoAddress("none"), gone_for), kind)


def test_host_id_is_put_on_the_prefix():
    """Another machine of the network is named by the prefix and its own identifier."""
    wanted = World().wanted(HOME6, host_id=IPv6Address("::10"))
    found = derive(wanted, addresses("2606:4700:1:2:aaaa:bbbb:cccc:dddd"))
    assert found == Publish(frozenset({"2606:4700:1:2::10"}), 60)


def test_host_id_leaves_ipv4_alone():
    """There is no such thing as an IPv4 host id."""
    wanted = World().wanted(HOME, host_id=IPv6Address("::10"))
    assert derive(wanted, addresses("8.8.8.8")) == Publish(frozenset({"8.8.8.8"}), 60)


def test_host_bits_are_preserved_under_a_new_prefix():
    """What is published keeps its last 64 bits; where nothing is, nothing is guessed."""
    wanted = World().wanted(HOME6, host_id=PRESERVE)
    published = RRset.of(HOME6, "2606:4700:1:1::a", "2606:4700:1:1::b", ttl=60)
    intent = derive(wanted, addresses("2606:4700:2:2::99"), published=published)
    assert intent == Publish(frozenset({"2606:4700:2:2::a", "2606:4700:2:2::b"}), 60)
    assert isinstance(derive(wanted, addresses("2606:4700:2:2::99")), Hold)
