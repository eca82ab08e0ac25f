"""Choosing the address of an interface that will last."""

import sys

import pytest

from fakes.netns import network_namespace, wire
from fakes.tools import toolbox
from homeport.detectors.interface import Interface, Settings, choose
from homeport.model.address import Family, parse_address
from homeport.model.interface import InterfaceAddress
from homeport.model.observation import Addresses, NoAddress, Unknown
from homeport.net.interfaces import addresses

GUA = "2a00:1450::"
DAY, HOUR = 86400, 3600


def on(interface, text, **about):
    address = parse_address(text)
    given = {"index": 2, "prefix": 64 if address.version == 6 else 24} | about
    return InterfaceAddress(interface, address=address, **given)


def chosen(here, family=Family.V6, **settings):
    verdict = choose(here, family, Settings(**settings))
    assert isinstance(verdict, Addresses), verdict
    [address] = verdict.found
    return str(address)


def why(here, family=Family.V6, **settings):
    verdict = choose(here, family, Settings(**settings))
    assert isinstance(verdict, Unknown), verdict
    return verdict.why


@pytest.mark.parametrize(
    ("here", "best"),
    [
        ([on("eth0", GUA + "1", is_temporary=True), on("eth0", GUA + "2")], GUA + "2"),
        ([on("eth0", GUA + "1", is_deprecated=True, preferred_for=0), on("eth0", GUA + "2")], GUA + "2"),
        ([on("eth0", GUA + "1", is_tentative=True), on("eth0", GUA + "2")], GUA + "2"),
        ([on("eth0", "fe80::1"), on("eth0", GUA + "2")], GUA + "2"),
        ([on("lo", "::1"), on("eth0", GUA + "2")], GUA + "2"),
        ([on("eth0", "fd00::1"), on("eth0", GUA + "2", valid_for=HOUR)], GUA + "2"),
        ([on("eth0", "fd00::1")], "fd00::1"),
        (
            [on("eth0", GUA + "1", valid_for=DAY), on("eth0", GUA + "2", is_stable=True, valid_for=HOUR)],
            GUA + "2",
        ),
        ([on("eth0", GUA + "1", valid_for=HOUR), on("eth0", GUA + "2", valid_for=DAY)], GUA + "2"),
        (
            [
                on("eth0", GUA + "1", valid_for=DAY, preferred_for=60),
                on("eth0", GUA + "2", valid_for=DAY, preferred_for=HOUR),
            ],
            GUA + "2",
        ),
        ([on("eth0", GUA + "2"), on("eth0", GUA + "1")], GUA + "1"),
        ([on("wlan0", GUA + "1", index=3), on("eth0", GUA + "2", index=2)], GUA + "2"),
        ([on("eth0", GUA + "1", has_carrier=False), on("wlan0", GUA + "2", index=3)], GUA + "2"),
    ],
)
def test_ranks_what_is_there(here, best):
    """Never passing ones; public, stable and long-lived before the rest; and always the same one."""
    assert chosen(here) == best
    assert chosen(here[::-1]) == best


def test_of_several_ipv4_addresses_always_the_same_is_taken():
    """A public one before a private one, whatever the order they are listed in."""
    here = [on("eth0", "10.0.0.1"), on("eth0", "203.0.113.1"), on("eth0", "8.8.8.9"), on("eth0", "8.8.8.8")]
    assert chosen(here, Family.V4) == chosen(here[::-1], Family.V4) == "8.8.8.8"


@pytest.mark.parametrize(
    ("settings", "best"),
    [
        ({"name": "wlan0"}, GUA + "2"),
        ({"name": "w*"}, GUA + "2"),
        ({"prefer": ("wlan*",)}, GUA + "2"),
        ({"prefer": ("2a01::/16",)}, "2a01::3"),
        ({"prefer": ("ppp0", "2a01::/16", "wlan0")}, "2a01::3"),
        ({"prefer": ("10.0.0.0/8",)}, GUA + "1"),
        ({"match": "::2$"}, GUA + "2"),
        ({"match": "^2a01:"}, "2a01::3"),
    ],
)
def test_settings_narrow_the_choice(settings, best):
    """A name or a pattern, an order of preference, an expression."""
    here = [on("eth0", GUA + "1"), on("wlan0", GUA + "2", index=3), on("eth1", "2a01::3", index=4)]
    assert chosen(here, **settings) == best


def test_a_name_that_is_not_there_names_those_that_are():
    """The way out is in the message."""
    here = [on("eth0", GUA + "1"), on("wlan0", "192.0.2.1"), on("lo", "::1")]
    assert why(here, name="eth1") == "there is no interface 'eth1' with an address; there are: eth0, wlan0"
    assert why([on("lo", "::1")]) == "no interface of this machine has an address"


def test_a_rule_that_matches_nothing_is_unknown():
    """Never "the first one" instead."""
    assert why([on("eth0", GUA + "1")], match="^2408:") == "no IPv6 address of eth0 matches '^2408:'"


def test_an_interface_that_is_up_without_the_family_has_no_address():
    """Link-local addresses alone are none; that is knowledge, not ignorance."""
    here = [on("eth0", "fe80::1"), on("eth0", "192.0.2.1")]
    assert choose(here, Family.V6, Settings()) == NoAddress("eth0 is up and has no IPv6 address")
    assert choose([on("eth0", "169.254.1.1")], Family.V4, Settings()) == NoAddress(
        "eth0 is up and has no IPv4 address"
    )


def test_an_interface_without_carrier_says_nothing():
    """A pulled cable is not a lost address."""
    assert why([on("eth0", GUA + "1", has_carrier=False)]) == "eth0 is down or has no carrier"


def test_passing_addresses_alone_are_unknown():
    """There is IPv6, and none of it may be published."""
    here = [on("eth0", GUA + "1", is_temporary=True), on("eth0", GUA + "2", is_deprecated=True)]
    assert why(here) == "eth0 has only deprecated and temporary IPv6 addresses"


def test_a_host_id_names_another_machine_of_the_network():
    """Our prefix, its identifier; IPv4 knows no such thing."""
    here = [on("eth0", GUA + "abcd"), on("eth0", "192.0.2.1")]
    assert chosen(here, host_id="::10") == GUA + "10"
    assert "host_id" in why(here, Family.V4, host_id="::10")


@pytest.mark.parametrize(
    "settings",
    [
        {"match": "("},
        {"match": "a{99999999999}"},
        {"prefer": ("2a00::/129",)},
        {"host_id": "ten"},
        {"host_id": "2001:db8::10"},
    ],
)
def test_a_bad_setting_is_refused_when_it_is_read(settings):
    """The mistake is told with the file."""
    with pytest.raises(ValueError):  # noqa: PT011 -- each has words of its own
        Settings(**settings)


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
async def test_reads_a_real_interface():
    """With a static, a leased and a deprecated address on a real interface, the right one is found."""
    with network_namespace() as ip:
        wire("wan0")
        ip(f"addr add {GUA}5/64 dev wan0 nodad valid_lft 7200 preferred_lft 3600")
        ip(f"addr add {GUA}6/64 dev wan0 nodad valid_lft 86400 preferred_lft 0")
        tools = toolbox()
        detector = Interface(
            Settings(name="wan*"),
            type(tools)(tools.clock, tools.http, tools.resolver, addresses, tools.random),
        )
        found = await detector.detect(Family.V6)
        none = await detector.detect(Family.V4)
        ip("link set wan0p down")
        gone = await detector.detect(Family.V6)
    assert found == Addresses((parse_address(GUA + "5"),))
    assert isinstance(none, NoAddress)
    assert isinstance(gone, Unknown)
