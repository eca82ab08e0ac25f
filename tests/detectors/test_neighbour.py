"""Finding another machine of this network by its MAC."""

import sys

import pytest

from fakes.netns import network_namespace, wire
from fakes.tools import toolbox
from homeport.detectors.neighbour import NeighbourOf, Settings, choose
from homeport.model.address import Family, parse_address
from homeport.model.interface import InterfaceAddress
from homeport.model.neighbour import Neighbour
from homeport.model.observation import Addresses, Unknown
from homeport.net.interfaces import addresses

MAC = "52:54:00:12:34:56"
NET = "2a00:1450:1:2:"
MADE_OF_IT = NET + "5054:ff:fe12:3456"
HERE = [InterfaceAddress("eth0", 2, parse_address(NET + ":1"), 64)]


def known(text, *, mac=MAC, index=2, **more):
    return Neighbour(parse_address(text), bytes.fromhex(mac.replace(":", "")), index=index, **more)


def chosen(ones, here=HERE, **settings):
    verdict = choose(ones, here, Settings(mac=MAC, **settings))
    assert isinstance(verdict, Addresses), verdict
    [address] = verdict.found
    return str(address)


def why(ones, here=HERE, **settings):
    verdict = choose(ones, here, Settings(mac=MAC, **settings))
    assert isinstance(verdict, Unknown), verdict
    return verdict.why


@pytest.mark.parametrize(
    ("ones", "best"),
    [
        ([known(NET + ":9", confirmed=1), known(MADE_OF_IT, confirmed=900)], MADE_OF_IT),
        ([known(NET + ":9", confirmed=30), known(NET + ":8", confirmed=2)], NET + ":8"),
        ([known(NET + ":9", confirmed=2), known(NET + ":8", confirmed=2)], NET + ":8"),
        ([known("fe80::5054:ff:fe12:3456"), known(NET + ":9")], NET + ":9"),
        ([known(NET + ":7", mac="52:54:00:00:00:01"), known(NET + ":9", confirmed=99)], NET + ":9"),
        ([known("2a00:1450:9:9:5054:ff:fe12:3456"), known(NET + ":9")], NET + ":9"),
    ],
)
def test_the_address_that_lasts_is_taken(ones, best):
    """Made of the MAC, else last confirmed; never link-local, another machine's or of a network that is gone."""
    best = str(parse_address(best))
    assert chosen(ones) == best
    assert chosen(ones[::-1]) == best


def test_a_unique_local_address_is_the_last_choice():
    """It is taken where there is no other, and refused by the rule for private addresses."""
    here = [*HERE, InterfaceAddress("eth0", 2, parse_address("fd00::1"), 64)]
    assert chosen([known("fd00::5054:ff:fe12:3456"), known(NET + ":9")], here) == str(
        parse_address(NET + ":9")
    )
    assert chosen([known("fd00::9")], here) == "fd00::9"


def test_a_network_that_is_deprecated_is_yesterdays():
    """After a reconnect the neighbour's old address stays in the table for a while."""
    old = InterfaceAddress("eth0", 2, parse_address("2a00:1450:9:9::1"), 64, is_deprecated=True)
    assert "no current IPv6 address" in why([known("2a00:1450:9:9::9")], [old, *HERE])


def test_a_lease_of_one_address_says_nothing_of_the_network():
    """DHCPv6 hands out /128: the /64 around it counts."""
    here = [InterfaceAddress("eth0", 2, parse_address(NET + ":1"), 128)]
    assert chosen([known(NET + ":9")], here) == str(parse_address(NET + ":9"))


@pytest.mark.parametrize(
    ("settings", "ones", "best"),
    [
        ({"interface": "eth1"}, [known(NET + ":9"), known("2a01::9", index=3)], "2a01::9"),
        ({"interface": "e*"}, [known(NET + ":9")], NET + ":9"),
        ({"prefix": "2a01::/16"}, [known(NET + ":9"), known("2a01::9", index=3)], "2a01::9"),
        ({"interface": "en0"}, [known(NET + ":9", interface="en0", index=0)], NET + ":9"),
    ],
)
def test_settings_narrow_the_choice(settings, ones, best):
    """The interface's name comes from this machine's own list where the table has none."""
    here = [*HERE, InterfaceAddress("eth1", 3, parse_address("2a01::1"), 64)]
    assert chosen(ones, here, **settings) == str(parse_address(best))


def test_what_is_not_there_is_unknown_and_says_what_to_do():
    """A sleeping machine is not a machine without an address."""
    assert "no machine with the MAC 52:54:00:12:34:56 is known on this network" in why([])
    assert "a ping is enough" in why([known(NET + ":9", mac="52:54:00:00:00:01")])
    assert "no current IPv6 address in 2a01::/16" in why([known(NET + ":9")], prefix="2a01::/16")
    assert "no current IPv6 address" in why([known("fe80::9")])


async def test_ipv4_is_not_looked_up():
    """Its address on this network is no address in the world."""
    verdict = await NeighbourOf(Settings(mac=MAC), toolbox()).detect(Family.V4)
    assert isinstance(verdict, Unknown)


@pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux's")
async def test_a_real_neighbour_is_found():
    """The kernel's own table and interfaces, in a network of the test's."""
    with network_namespace() as ip:
        wire("lan0")
        ip(f"-6 addr add {NET}:1/64 dev lan0 nodad")
        ip(f"-6 neigh add {MADE_OF_IT} lladdr {MAC} nud reachable dev lan0")
        ip(f"-6 neigh add {NET}:99 lladdr {MAC} nud reachable dev lan0")
        here = await addresses()
        detector = NeighbourOf(Settings(mac=MAC, interface="lan0"), toolbox(interfaces=here))
        assert await detector.detect(Family.V6) == Addresses((parse_address(MADE_OF_IT),))
    assert detector.describe() == f"neighbour {MAC}"


@pytest.mark.parametrize("settings", [{"mac": "52:54"}, {"mac": MAC, "prefix": "2001:db8::1/32"}])
def test_a_mistake_is_refused_when_it_is_read(settings):
    """It is told with the file, not at night."""
    with pytest.raises(ValueError, match=r"expected a MAC|host bits"):
        Settings(**settings)
