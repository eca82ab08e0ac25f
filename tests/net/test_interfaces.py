"""The addresses of this machine's interfaces."""

import sys

import pytest

from fakes.netns import network_namespace, wire
from homeport.model.interface import FOREVER
from homeport.net import interfaces
from homeport.net.interfaces import addresses
from homeport.wire.route_socket import DARWIN, FREEBSD

linux = pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux's")


async def test_finds_the_loopback_address():
    """Every machine has one, wherever the tests run."""
    if sys.platform not in ("linux", "win32"):
        pytest.skip("elsewhere only addresses that reach others are found")
    assert "127.0.0.1" in {str(one.address) for one in await addresses()}


@linux
async def test_reads_what_the_kernel_has():
    """Name, prefix, lifetimes, flags and carrier are those of the interface the test made."""
    with network_namespace() as ip:
        wire("wan0")
        ip("addr add 203.0.113.5/24 dev wan0")
        ip("addr add 2001:db8:1::5/64 dev wan0 nodad valid_lft 7200 preferred_lft 3600")
        ip("addr add 2001:db8:1::6/64 dev wan0 nodad valid_lft 7200 preferred_lft 0")
        found = {str(one.address): one for one in await addresses()}
    static, leased, old = (found[text] for text in ("203.0.113.5", "2001:db8:1::5", "2001:db8:1::6"))
    assert (static.interface, static.prefix, static.valid_for) == ("wan0", 24, FOREVER)
    assert 7000 < leased.valid_for <= 7200
    assert 3500 < leased.preferred_for <= 3600
    assert static.has_carrier
    assert not leased.is_tentative
    assert (old.is_deprecated, leased.is_deprecated) == (True, False)


@linux
async def test_sees_that_the_cable_is_pulled():
    """An interface whose other end went down keeps its address and has no carrier."""
    with network_namespace() as ip:
        wire("wan0")
        ip("addr add 203.0.113.5/24 dev wan0")
        ip("link set wan0p down")
        [one] = [one for one in await addresses() if str(one.address) == "203.0.113.5"]
    assert not one.has_carrier


@linux
@pytest.mark.parametrize("mark", ["phy80211", "wireless"])
async def test_tells_a_radio_from_a_cable(mark, tmp_path, monkeypatch):
    """What the kernel says of a device in sysfs: radios made since 2008 one way, older ones another."""
    (tmp_path / "wan0" / mark).mkdir(parents=True)
    monkeypatch.setattr(interfaces, "_SYSFS", tmp_path)
    with network_namespace() as ip:
        wire("wan0")
        wire("lan0")
        ip("addr add 203.0.113.5/24 dev wan0")
        ip("addr add 203.0.113.6/24 dev lan0")
        found = {one.interface: one.is_wireless for one in await addresses() if one.address.version == 4}
    assert found == {"wan0": True, "lan0": False}


@linux
async def test_a_tunnel_has_its_own_end():
    """On a point-to-point interface the local address is found, never the peer's."""
    with network_namespace() as ip:
        wire("ppp0")
        ip("addr add 203.0.113.5 peer 198.51.100.1/32 dev ppp0")
        found = {str(one.address) for one in await addresses()}
    assert "203.0.113.5" in found
    assert "198.51.100.1" not in found


@linux
async def test_many_addresses_are_all_found():
    """A dump longer than one datagram is read to its end."""
    with network_namespace() as ip:
        wire("wan0")
        for i in range(1, 251):
            ip(f"addr add 10.9.0.{i}/32 dev wan0")
        found = [one for one in await addresses() if one.interface == "wan0" and one.address.version == 4]
    assert len(found) == 250


@linux
@pytest.mark.parametrize("layout", [DARWIN, FREEBSD], ids=["darwin", "freebsd"])
def test_the_list_of_the_c_library_is_walked_and_freed(layout):
    """Linux has the same list with other addresses in it, of which none is one of macOS."""
    assert interfaces._bsd(layout) == []


def test_an_ioctl_that_is_refused_is_no_answer():
    """The loopback has no medium."""
    if sys.platform == "win32":
        pytest.skip("there are no ioctls")
    assert interfaces._ioctl(v6=False, number=DARWIN.media, request=b"lo0".ljust(44, b"\0")) is None


@linux
async def test_elsewhere_the_way_out_is_found_without_sending():
    """The plain fallback finds the address this machine leaves from, without a name."""
    with network_namespace() as ip:
        wire("wan0")
        ip("addr add 203.0.113.5/24 dev wan0")
        ip("route add default via 203.0.113.1")
        found = list(interfaces._elsewhere())
    assert ("203.0.113.5", "") in {(str(one.address), one.interface) for one in found}
