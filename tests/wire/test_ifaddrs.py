"""What macOS and FreeBSD say of their interfaces, in memory laid out by hand; none came from such a machine."""

import ctypes
import itertools
import struct
from ipaddress import ip_address

import pytest

from homeport.model.interface import FOREVER
from homeport.wire.ifaddrs import IfAddrs, addresses, sockaddr_address
from homeport.wire.route_socket import DARWIN, FREEBSD

BOTH = pytest.mark.parametrize("layout", [DARWIN, FREEBSD], ids=["darwin", "freebsd"])
UP, RUNNING = 0x1, 0x40
FLAGS, LIFETIME = 73, 81  # the last octets of SIOCGIFAFLAG_IN6 and SIOCGIFALIFETIME_IN6; SIOCGIFMEDIA has 56
TENTATIVE, DUPLICATED, DETACHED, DEPRECATED, TEMPORARY, SECURED = 2, 4, 8, 0x10, 0x80, 0x400
ETHERNET, WIFI = 0x20, 0x80
VALID, ACTIVE = 1, 2
KEPT = []  # what a pointer shows to must live as long as the test


def sockaddr(text, layout):
    address = ip_address(text)
    if address.version == 4:
        return bytes([16, 2, 0, 0]) + address.packed + bytes(8)
    return bytes([28, layout.inet6, 0, 0, 0, 0, 0, 0]) + address.packed + bytes(4)


def mask(prefix, version):
    if version == 4:
        return bytes([8, 0, 0, 0]) + ((1 << prefix) - 1 << 32 - prefix).to_bytes(4, "big")
    return bytes([24, 0]) + bytes(6) + ((1 << prefix) - 1 << 128 - prefix).to_bytes(16, "big")


def place(raw):
    KEPT.append(ctypes.create_string_buffer(raw, len(raw)))
    return ctypes.addressof(KEPT[-1])


def entry(name, text, layout, *, prefix=24, flags=UP | RUNNING):
    made = IfAddrs(name=name.encode(), flags=flags, address=place(sockaddr(text, layout)))
    made.netmask = place(mask(prefix, ip_address(text).version))
    return made


def chained(*ones):
    for one, following in itertools.pairwise(ones):
        one.next = ctypes.pointer(following)
    return ctypes.pointer(ones[0])


class Kernel:
    """Answers ioctls as the two systems do."""

    def __init__(self, *, flags=0, lifetimes=(0, 0), media=None):
        self.flags, self.lifetimes, self.media = flags, lifetimes, media
        self.asked = []

    def __call__(self, v6, number, request):
        assert len(request) == number >> 16 & 0x1FFF, "the number says how long its structure is"
        name = request[:16].rstrip(b"\0").decode()
        self.asked.append((name, number & 0xFF))
        if number & 0xFF == FLAGS:
            return v6 and request[:16] + struct.pack("=i", self.flags) + request[20:]
        if number & 0xFF == LIFETIME:
            return v6 and request[:16] + struct.pack("=qqII", 0, 0, *self.lifetimes) + request[40:]
        return (
            self.media and request[:16] + struct.pack("=iii", self.media[0], 0, self.media[1]) + request[28:]
        )


def read(first, layout, kernel):
    return list(addresses(first, layout, kernel, {"en0": 4, "en1": 5, "utun0": 6}.__getitem__))


@BOTH
def test_walks_interfaces_and_their_addresses(layout):
    """Every address with its interface, index and prefix; what is no IP address is left out."""
    link = IfAddrs(name=b"en0", flags=UP, address=place(bytes([20, 18]) + bytes(18)))
    nothing = IfAddrs(name=b"utun0", flags=UP, address=None)
    first = chained(
        link,
        entry("en0", "192.0.2.7", layout),
        entry("en0", "2001:db8::7", layout, prefix=64),
        nothing,
        entry("en1", "192.0.2.8", layout, prefix=25, flags=UP),
    )
    found = read(first, layout, Kernel())
    assert [(one.interface, one.index, str(one.address), one.prefix, one.has_carrier) for one in found] == [
        ("en0", 4, "192.0.2.7", 24, True),
        ("en0", 4, "2001:db8::7", 64, True),
        ("en1", 5, "192.0.2.8", 25, False),
    ]


@BOTH
@pytest.mark.parametrize(
    ("flags", "kinds"),
    [
        (0, set()),
        (TENTATIVE, {"is_tentative"}),
        (DUPLICATED, {"is_tentative"}),
        (DEPRECATED, {"is_deprecated"}),
        (DETACHED, {"is_deprecated"}),
        (TEMPORARY, {"is_temporary"}),
        (SECURED, {"is_stable"}),
    ],
)
def test_tells_which_addresses_will_not_last(layout, flags, kinds):
    """By the flags that an ioctl tells, each by itself."""
    [one] = read(chained(entry("en0", "2001:db8::7", layout)), layout, Kernel(flags=flags))
    names = ("is_temporary", "is_deprecated", "is_tentative", "is_stable")
    assert {name for name in names if getattr(one, name)} == kinds


@BOTH
def test_lifetimes_are_those_granted(layout):
    """No lifetime is one without end."""
    for given, (valid, preferred) in (
        ((7200, 3600), (7200, 3600)),
        ((0, 0), (FOREVER, FOREVER)),
        ((FOREVER, FOREVER), (FOREVER, FOREVER)),
    ):
        [one] = read(chained(entry("en0", "2001:db8::7", layout)), layout, Kernel(lifetimes=given))
        assert (one.valid_for, one.preferred_for) == (valid, preferred)


@BOTH
def test_an_address_the_kernel_does_not_know_is_not_used(layout):
    """It went between the list and the question."""
    [one] = read(chained(entry("en0", "2001:db8::7", layout)), layout, lambda *_: None)
    assert one.is_tentative


@BOTH
@pytest.mark.parametrize(
    ("media", "carrier", "radio"),
    [
        (None, True, False),
        ((ETHERNET, VALID | ACTIVE), True, False),
        ((ETHERNET, VALID), False, False),
        ((WIFI, VALID | ACTIVE), True, True),
        ((WIFI, 0), True, True),
    ],
)
def test_the_medium_tells_carrier_and_radio(layout, media, carrier, radio):
    """An interface that runs may have no cable in it; a tunnel has no medium at all."""
    kernel = Kernel(media=media)
    pair = chained(entry("en0", "192.0.2.7", layout), entry("en0", "192.0.2.8", layout))
    assert [(one.has_carrier, one.is_wireless) for one in read(pair, layout, kernel)] == [
        (carrier, radio)
    ] * 2
    assert kernel.asked == [("en0", 56)], "once for each interface"


@BOTH
def test_a_link_local_address_is_told_without_its_interface(layout):
    """The kernel writes the interface's number into the address."""
    raw = (
        bytes([28, layout.inet6])
        + bytes(6)
        + bytes.fromhex("fe80000400000000")
        + bytes(7)
        + b"\x07"
        + bytes(4)
    )
    assert str(sockaddr_address(raw, layout)) == "fe80::7"


@pytest.mark.parametrize("raw", [b"", b"\x02\x02", bytes([28, 30]) + bytes(8), bytes([16, 99]) + bytes(14)])
def test_what_is_no_ip_address_is_left_out(raw):
    """Another family, or one cut off."""
    assert sockaddr_address(raw, DARWIN) is None
