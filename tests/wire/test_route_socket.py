"""Messages of a routing socket, written by hand as the header files lay them out; none came from such a machine."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.attempt import attempt
from homeport.wire.route_socket import DARWIN, FREEBSD, layout_of, prefix_of, stirs

ADD, DELETE, CHANGE, GET, NEWADDR, DELADDR, IFINFO, ANNOUNCE = 1, 2, 3, 4, 0xC, 0xD, 0xE, 0x11
DST, GATEWAY, NETMASK, IFP = 1, 2, 4, 16
BOTH = pytest.mark.parametrize("layout", [DARWIN, FREEBSD], ids=["darwin", "freebsd"])


def message(kind, body, version=5):
    """Length, version and type, then what is particular."""
    return struct.pack("=HBB", 4 + len(body), version, kind) + body


def sockaddr(text, layout):
    """sa_len, sa_family, then port and address; of IPv6 the flow label before it and the scope after it."""
    address = ip_address(text)
    if address.version == 4:
        return bytes([16, 2, 0, 0]) + address.packed + bytes(8)
    return bytes([28, layout.inet6, 0, 0, 0, 0, 0, 0]) + address.packed + bytes(4)


def mask(prefix, version=4):
    """A netmask is cut off after its last octet that is not zero; that of a default route is all but empty."""
    if prefix == 0:
        return b""
    bits, before = (32, 4) if version == 4 else (128, 8)
    octets = ((1 << prefix) - 1 << bits - prefix).to_bytes(bits // 8, "big").rstrip(b"\0")
    return bytes([before + len(octets)]) + bytes(before - 1) + octets


def padded(raw, layout):
    length = max(len(raw), 1)
    return raw + bytes(-(-length // layout.step) * layout.step - len(raw))


def route(layout, destination="0.0.0.0", prefix=0, *, kind=ADD, error=0, gateway="192.0.2.1"):
    """A rt_msghdr: index, flags, which addresses, pid, sequence, errno; then metrics, then the sockaddrs."""
    present = DST | GATEWAY | (NETMASK if prefix is not None else 0)
    header = struct.pack("=HxxiiiiI", 4, 0x803, present, 99, 1, error)
    body = header + bytes(layout.route - 4 - len(header))
    body += padded(sockaddr(destination, layout), layout) + padded(sockaddr(gateway, layout), layout)
    if prefix is not None:
        body += padded(mask(prefix, ip_address(destination).version), layout)
    return message(kind, body)


@BOTH
@pytest.mark.parametrize(
    ("destination", "prefix", "kind", "says"),
    [
        ("0.0.0.0", 0, ADD, ["a default route is there"]),
        ("0.0.0.0", 0, DELETE, ["a default route is gone"]),
        ("0.0.0.0", 0, CHANGE, ["a default route changed"]),
        ("::", 0, ADD, ["a default route is there"]),
        ("128.0.0.0", 1, ADD, ["a default route is there"]),
        ("8000::", 1, DELETE, ["a default route is gone"]),
        ("10.0.0.0", 8, ADD, []),
        ("2001:db8::", 32, ADD, []),
        ("203.0.113.9", None, ADD, []),
        ("0.0.0.0", 0, GET, []),
    ],
)
def test_hears_of_default_routes(layout, destination, prefix, kind, says):
    """Those of both families, and the halves that VPNs use; no other network, no host, no question."""
    assert list(stirs(route(layout, destination, prefix, kind=kind), layout)) == says


@BOTH
def test_a_route_that_was_refused_is_none(layout):
    """The kernel tells everybody of what somebody asked in vain."""
    assert not list(stirs(route(layout, error=17), layout))


@BOTH
@pytest.mark.parametrize("kind", [NEWADDR, DELADDR, IFINFO, ANNOUNCE])
def test_an_interface_is_a_reason_to_look(kind, layout):
    """What became of its addresses is seen there, not read here."""
    assert list(stirs(message(kind, bytes(100)), layout)) == [""]


@BOTH
def test_several_messages_are_read(layout):
    """Also those of kinds that say nothing here, a missed lookup say."""
    data = route(layout) + message(7, bytes(200)) + message(NEWADDR, bytes(16))
    assert list(stirs(data, layout)) == ["a default route is there", ""]


@BOTH
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:3],
        lambda data: data[:-1],
        lambda data: data[:2] + b"\4" + data[3:],
        lambda data: b"\3" + data[1:],
        lambda _: message(ADD, bytes(20)),
        lambda data: data.replace(b"\x10\x02", b"\xf0\x02"),
    ],
    ids=["header", "end", "version", "length", "short", "address"],
)
def test_damage_is_a_value_error(layout, damage):
    """A length that does not fit, or another version, is told and never read past."""
    with pytest.raises(ValueError, match="routing message"):
        list(stirs(damage(route(layout)), layout))


@BOTH
def test_a_missing_address_is_a_value_error(layout):
    """The bits announce three, and two are there."""
    whole = route(layout)
    cut = len(padded(b"", layout))
    short = struct.pack("=H", len(whole) - cut) + whole[2:-cut]
    with pytest.raises(ValueError, match="lacks an address"):
        list(stirs(short, layout))


@BOTH
@given(kind=st.sampled_from([ADD, DELETE, NEWADDR, 99]), body=st.binary(max_size=300))
def test_no_body_does_worse_than_a_value_error(layout, kind, body):
    """A sound header around anything is one reason to look at most, or refused with what is wrong."""
    found, why = attempt(lambda: list(stirs(message(kind, body), layout)))
    assert "routing message" in why if why else len(found) <= (kind != 99)


@pytest.mark.parametrize("prefix", [0, 1, 7, 8, 20, 32, 33, 64, 127, 128])
def test_a_mask_says_its_prefix(prefix):
    """However short it was cut."""
    assert prefix_of(mask(prefix, 6), DARWIN.inet6) == prefix
    if prefix <= 32:
        assert prefix_of(mask(prefix), 2) == prefix


def test_the_header_is_as_long_as_the_systems_have_it():
    """36 octets and 14 metrics: of 32 bits on macOS, and of 64 on FreeBSD behind a wider word."""
    assert (DARWIN.route, FREEBSD.route) == (36 + 14 * 4, 40 + 14 * 8)
    assert (DARWIN.step, FREEBSD.step) == (4, 8), "ROUNDUP32, and SA_SIZE with its long"
    assert (DARWIN.inet6, FREEBSD.inet6) == (30, 28)


@pytest.mark.parametrize(
    ("platform", "layout"),
    [("darwin", DARWIN), ("freebsd14", FREEBSD), ("linux", None), ("win32", None), ("openbsd7", None)],
)
def test_who_has_which(platform, layout):
    """By what Python calls the system."""
    assert layout_of(platform) is layout
