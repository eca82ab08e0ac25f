"""rtnetlink messages, read and written."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakes.attempt import attempt
from homeport.model.interface import FOREVER
from homeport.wire import netlink
from homeport.wire.netlink import AddressSeen, Done, Failed, LinkSeen, RuleSeen

NEWLINK, DELLINK, NEWADDR, DELADDR, NEWROUTE, DELROUTE = 16, 17, 20, 21, 24, 25
ADDRESS, LOCAL, LABEL, CACHEINFO, FLAGS = 1, 2, 3, 6, 8


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def message(kind, body, flags=0):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def address(text, *, kind=NEWADDR, prefix=64, flags=0, lifetimes=None, local=None, wide_flags=True, index=2):
    packed = ip_address(text).packed
    body = struct.pack("=BBBBI", 2 if len(packed) == 4 else 10, prefix, flags & 0xFF, 0, index)
    body += attribute(ADDRESS, packed)
    if local:
        body += attribute(LOCAL, ip_address(local).packed)
    if wide_flags:
        body += attribute(FLAGS, struct.pack("=I", flags))
    if lifetimes:
        body += attribute(CACHEINFO, struct.pack("=IIII", *lifetimes, 0, 0))
    return message(kind, body)


def link(name, *, flags, index=2, kind=NEWLINK):
    return message(kind, struct.pack("=BxHiII", 0, 1, index, flags, 0) + attribute(3, name.encode() + b"\0"))


def only(data):
    [found] = netlink.messages(data)
    return found


def test_reads_an_address_with_its_lifetimes():
    """Prefix, index, valid and preferred lifetime are the kernel's."""
    found = only(address("2001:db8::7", lifetimes=(600, 1800))).address
    assert (str(found.address), found.prefix, found.index) == ("2001:db8::7", 64, 2)
    assert (found.preferred_for, found.valid_for) == (600, 1800)
    assert not (found.is_temporary)
    assert not (found.is_deprecated)
    assert not (found.is_tentative)
    assert not (found.is_stable)


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (netlink.TEMPORARY, "is_temporary"),
        (netlink.DEPRECATED, "is_deprecated"),
        (netlink.TENTATIVE, "is_tentative"),
        (netlink.DADFAILED, "is_tentative"),
        (netlink.STABLE_PRIVACY, "is_stable"),
    ],
)
def test_reads_what_kind_of_address_it_is(flags, name):
    """Each flag is told apart; a duplicate address is never usable."""
    found = only(address("2001:db8::7", flags=flags)).address
    names = ("is_temporary", "is_deprecated", "is_tentative", "is_stable")
    assert [each for each in names if getattr(found, each)] == [name]


def test_a_secondary_ipv4_address_is_not_a_temporary_one():
    """The kernel uses one bit for both; IPv4 has no temporary addresses."""
    assert not only(address("192.0.2.7", prefix=24, flags=netlink.TEMPORARY)).address.is_temporary


def test_a_permanent_address_lasts_for_ever():
    """IFA_F_PERMANENT and missing lifetimes both mean no end."""
    assert only(address("192.0.2.7", prefix=24, flags=netlink.PERMANENT)).address.valid_for == FOREVER
    assert only(address("192.0.2.7", prefix=24)).address.preferred_for == FOREVER


def test_a_preferred_lifetime_of_zero_is_deprecated():
    """The flag may come later than the lifetime that ran out."""
    assert only(address("2001:db8::7", lifetimes=(0, 600))).address.is_deprecated


def test_old_kernels_have_eight_flags():
    """Without IFA_FLAGS the header's byte counts."""
    assert only(address("2001:db8::7", flags=netlink.DEPRECATED, wide_flags=False)).address.is_deprecated


def test_a_point_to_point_address_is_the_local_one():
    """On a PPP line IFA_ADDRESS is the other end, and publishing that would be somebody else's address."""
    found = only(address("198.51.100.1", prefix=32, local="203.0.113.9")).address
    assert str(found.address) == "203.0.113.9"


def test_a_lost_address_is_gone():
    """RTM_DELADDR names what went."""
    assert only(address("192.0.2.7", prefix=24, kind=DELADDR)).is_gone


@pytest.mark.parametrize(
    ("flags", "carrier"),
    [(0x1 | 0x40 | 0x10000, True), (0x1, False), (0x40 | 0x10000, False), (0x1 | 0x10000, False)],
)
def test_a_link_has_carrier_when_it_is_up_and_runs(flags, carrier):
    """Up, running and lower layer up, all three."""
    assert only(link("eth0", flags=flags)) == LinkSeen(2, "eth0", carrier)


def route(*, kind=NEWROUTE, prefix=0, table=254, type_=1, flags=0, **attributes):
    body = struct.pack("=BBBBBBBBI", 2, prefix, 0, 0, table, 3, 0, type_, flags)
    numbers = {"gateway": 5, "oif": 4, "cacheinfo": 12, "wide_table": 15}
    for name, value in attributes.items():
        body += attribute(numbers[name], value)
    return message(kind, body)


def test_reads_routes():
    """What leads to other machines is ordinary, whatever its table; a local route is not."""
    first, second, third = netlink.messages(
        route() + route(kind=DELROUTE, prefix=32, table=255, type_=2) + route(table=51)
    )
    assert (first.prefix, first.table, first.is_gone, first.is_ordinary) == (0, 254, False, True)
    assert (second.prefix, second.table, second.is_gone, second.is_ordinary) == (32, 255, True, False)
    assert third.is_ordinary


def test_a_table_that_fits_no_octet_is_read():
    """WireGuard's tables are numbered like its ports."""
    assert only(route(table=252, wide_table=struct.pack("=I", 51820))).table == 51820


def test_a_renewed_route_is_the_same_way():
    """Its lifetime is not where it leads; its gateway is."""
    here, renewed, there = (
        only(route(gateway=gateway, cacheinfo=cacheinfo)).way
        for gateway, cacheinfo in ((b"\x0a\0\0\1", b"1"), (b"\x0a\0\0\1", b"2"), (b"\x0a\0\0\2", b"1"))
    )
    assert here == renewed != there


def test_the_cache_of_a_destination_is_no_route():
    """RTM_F_CLONED: IPv6 announces what it learned about one peer."""
    assert not list(netlink.messages(route(flags=0x200)))


def test_reads_rules():
    """A policy of routing came or went."""
    rule = struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 254, 0, 0, 1, 0)
    assert only(message(32, rule)) == RuleSeen()
    assert only(message(33, rule)) == RuleSeen(is_gone=True)


def neighbour(text, state=0x02, mac=b"RT\0\x124V", confirmed=None):
    packed = ip_address(text).packed
    body = struct.pack("=BxxxiHBB", 2 if len(packed) == 4 else 10, 2, state, 0, 0) + attribute(1, packed)
    body += attribute(2, mac) if mac else b""
    if confirmed is not None:
        body += attribute(3, struct.pack("=IIII", confirmed, 0, 0, 0))
    return message(28, body)


@pytest.mark.parametrize("state", [0x02, 0x04, 0x08, 0x10, 0x80])
def test_reads_a_neighbour_that_is_there(state):
    """Reachable, stale, being asked, or written down by hand: somebody has the address."""
    seen = only(neighbour("2001:db8::9", state, confirmed=700))
    assert (str(seen.address), seen.index, seen.link.hex()) == ("2001:db8::9", 2, "525400123456")
    assert seen.confirmed == 700
    assert only(neighbour("2001:db8::9")).confirmed == FOREVER


@pytest.mark.parametrize("entry", [neighbour("2001:db8::9", 0x20), neighbour("2001:db8::9", 0x01, b"")])
def test_a_neighbour_that_does_not_answer_is_left_out(entry):
    """A failed or unfinished entry is nobody."""
    assert list(netlink.messages(entry)) == []


def test_reads_several_messages_to_the_end_of_a_dump():
    """One datagram holds many messages; what says nothing to us is left out."""
    data = address("192.0.2.7", prefix=24) + message(99, b"whatever") + message(3, bytes(4))
    assert [type(one) for one in netlink.messages(data)] == [AddressSeen, Done]


def test_a_refusal_carries_its_reason():
    """NLMSG_ERROR holds a negative errno."""
    assert only(message(2, struct.pack("=i", -1) + bytes(16))) == Failed(1)


def test_an_interrupted_dump_is_told():
    """NLM_F_DUMP_INTR means "ask again", and comes with whatever message."""
    assert list(netlink.messages(message(3, bytes(4), flags=0x10))) == [Failed(4), Done()]


def test_a_dump_request_is_what_the_kernel_expects():
    """Length, type, NLM_F_REQUEST with NLM_F_DUMP, our sequence number."""
    request = netlink.address_dump(7)
    assert struct.unpack_from("=IHHII", request) == (24, 22, 0x301, 7, 0)
    assert struct.unpack_from("=IHHII", netlink.link_dump(8)) == (32, 18, 0x301, 8, 0)
    assert struct.unpack_from("=IHHIIB", netlink.neighbour_dump(9)) == (28, 30, 0x301, 9, 0, 10)


def test_joins_addresses_with_their_links():
    """An address takes its link's name and carrier; one of an unknown link is left out."""
    links = netlink.messages(link("eth0", flags=0x1))
    seen = netlink.messages(address("192.0.2.7", prefix=24) + address("192.0.2.8", prefix=24, index=9))
    [joined] = netlink.joined(links, seen)
    assert (joined.interface, joined.has_carrier, str(joined.address)) == ("eth0", False, "192.0.2.7")


@pytest.mark.parametrize(
    "data",
    [
        b"\x01",
        struct.pack("=IHHII", 15, NEWADDR, 0, 0, 0),
        struct.pack("=IHHII", 400, NEWADDR, 0, 0, 0),
        message(NEWADDR, b"\x02"),
        message(NEWADDR, struct.pack("=BBBBI", 2, 24, 0, 0, 1)),
        message(NEWADDR, struct.pack("=BBBBI", 2, 33, 0, 0, 1) + attribute(ADDRESS, bytes(4))),
        message(NEWADDR, struct.pack("=BBBBI", 2, 24, 0, 0, 1) + struct.pack("=HH", 3, 1)),
    ],
)
def test_damage_is_a_value_error(data):
    """A length that does not fit is told, never read past."""
    with pytest.raises(ValueError, match="netlink"):
        list(netlink.messages(data))


def is_read_or_refused(data):
    """Tell whether what arrived is messages, or damage that is named."""
    found, why = attempt(lambda: list(netlink.messages(data)))
    if why:
        return "netlink" in why or "neighbour" in why
    return all(isinstance(one, netlink.Message) for one in found)


@given(st.binary(max_size=300))
@example(address("2001:db8::7")[:-1])
def test_no_bytes_do_worse_than_a_value_error(data):
    """Whatever arrives is read or refused."""
    assert is_read_or_refused(data)


@given(
    st.sampled_from([NEWLINK, NEWADDR, DELADDR, NEWROUTE, 28, 32, 2, 3]),
    st.binary(max_size=200),
    st.integers(0, 0xFFFF),
)
def test_no_body_does_worse_than_a_value_error(kind, body, flags):
    """A sound header around anything is read or refused."""
    assert is_read_or_refused(message(kind, body, flags))
