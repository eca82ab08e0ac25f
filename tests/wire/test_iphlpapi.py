"""What Windows says of its adapters, read from memory laid out by hand."""

import ctypes
import itertools
from ipaddress import ip_address

import pytest

from homeport.model.interface import FOREVER
from homeport.wire.iphlpapi import Adapter, SocketAddress, Unicast, addresses, route_news, sockaddr_address

PREFERRED, DEPRECATED, DUPLICATE, TENTATIVE = 4, 3, 2, 1
FROM_ROUTER, RANDOM, LINK_LAYER, MANUAL = 4, 5, 4, 1
KEPT = []  # what a pointer shows to must live as long as the test


def sockaddr(text):
    address = ip_address(text)
    if address.version == 4:
        return b"\x02\x00" + bytes(2) + address.packed + bytes(8)
    return b"\x17\x00" + bytes(6) + address.packed + bytes(4)


def unicast(text, *, dad=PREFERRED, origin=(MANUAL, MANUAL), valid=FOREVER, preferred=FOREVER, prefix=64):
    raw = ctypes.create_string_buffer(sockaddr(text), len(sockaddr(text)))
    KEPT.append(raw)
    place = SocketAddress(ctypes.addressof(raw), len(raw))
    return Unicast(
        address=place,
        prefix_origin=origin[0],
        suffix_origin=origin[1],
        dad_state=dad,
        valid_for=valid,
        preferred_for=preferred,
        prefix=prefix,
    )


def chained(*ones):
    for one, following in itertools.pairwise(ones):
        one.next = ctypes.pointer(following)
    return ctypes.pointer(ones[0])


def adapter(name, *ones, status=1, kind=6):
    made = Adapter(index=4, index6=6, friendly_name=name, status=status, type=kind)
    if ones:
        made.unicast = chained(*ones)
    return made


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the offsets are those of 64 bits")
def test_the_layout_is_that_of_the_header_files():
    """Offsets in bytes, as <iptypes.h> gives them on 64-bit Windows."""
    assert (Unicast.address.offset, Unicast.prefix_origin.offset, Unicast.dad_state.offset) == (16, 32, 40)
    assert (Unicast.valid_for.offset, Unicast.prefix.offset, ctypes.sizeof(Unicast)) == (44, 56, 64)
    assert (Adapter.unicast.offset, Adapter.friendly_name.offset, Adapter.status.offset) == (24, 72, 104)


def test_walks_adapters_and_their_addresses():
    """Every address of every adapter, with the index of its family and the name people see."""
    first = adapter("Ethernet", unicast("192.0.2.7", prefix=24), unicast("2001:db8::7"))
    last = adapter("WLAN", unicast("192.0.2.8", prefix=24), status=2)
    found = list(addresses(chained(first, adapter("Bluetooth"), last)))
    assert [(one.interface, str(one.address), one.index, one.prefix, one.has_carrier) for one in found] == [
        ("Ethernet", "192.0.2.7", 4, 24, True),
        ("Ethernet", "2001:db8::7", 6, 64, True),
        ("WLAN", "192.0.2.8", 4, 24, False),
    ]


@pytest.mark.parametrize(
    ("about", "kinds"),
    [
        ({}, set()),
        ({"origin": (FROM_ROUTER, LINK_LAYER)}, set()),
        ({"origin": (FROM_ROUTER, RANDOM)}, {"is_temporary"}),
        ({"dad": DEPRECATED}, {"is_deprecated"}),
        ({"preferred": 0}, {"is_deprecated"}),
        ({"dad": TENTATIVE}, {"is_tentative"}),
        ({"dad": DUPLICATE}, {"is_tentative"}),
    ],
)
def test_tells_which_addresses_will_not_last(about, kinds):
    """A random suffix from a router's prefix is a temporary address; a duplicate is never usable."""
    [one] = addresses(chained(adapter("Ethernet", unicast("2001:db8::7", **about))))
    assert {kind for kind in ("is_temporary", "is_deprecated", "is_tentative") if getattr(one, kind)} == kinds


@pytest.mark.parametrize("raw", [b"", b"\x02\x00", b"\x17\x00" + bytes(8), b"\x63\x00" + bytes(40)])
def test_what_is_no_ip_address_is_left_out(raw):
    """Another family, or one cut off."""
    assert sockaddr_address(raw) is None


@pytest.mark.parametrize(("kind", "radio"), [(6, False), (71, True), (131, False), (243, True)])
def test_tells_a_radio_from_a_cable(kind, radio):
    """IfType 71 is Wi-Fi, 243 a mobile modem, 6 Ethernet, 131 a tunnel."""
    [one] = addresses(chained(adapter("x", unicast("192.0.2.7"), kind=kind)))
    assert one.is_wireless is radio


def route_row(prefix):
    """A MIB_IPFORWARD_ROW2 up to its next hop: LUID, index, a SOCKADDR_INET of 28 octets, the prefix's length."""
    return bytes(8) + b"\x04\0\0\0" + b"\x02\0" + bytes(26) + bytes([prefix]) + bytes(3)


@pytest.mark.parametrize(
    ("prefix", "kind", "says"),
    [
        (0, 1, "a default route is there"),
        (1, 1, "a default route is there"),
        (0, 2, "a default route is gone"),
        (0, 0, None),
        (0, 3, None),
        (24, 1, None),
    ],
)
def test_what_of_a_route_is_news(prefix, kind, says):
    """The default route came or went; a metric, a lifetime or another route is none."""
    assert route_news(route_row(prefix), kind) == says


def test_a_short_route_is_no_news():
    """Fewer octets than are looked at."""
    assert route_news(route_row(0)[:-1], 1) is None
