"""What routers announce, and what of it is news."""

import asyncio
import contextlib
import socket
import struct
import sys
from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import FakeClock
from fakes.netns import network_namespace
from homeport.net.announcements import Announced, open_sockets
from homeport.wire import natpmp

GATEWAY = IPv4Address("192.168.7.1")
LINK_LOCAL = ip_address("fe80::1")


def address(text, epoch=100):
    return struct.pack("!BBHI", 0, 128, 0, epoch) + IPv4Address(text).packed


def restart(epoch=0, opcode=0x80):
    return struct.pack("!BBxBII12x", 2, opcode, 0, 0, epoch)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def known(clock):
    """A router that said at first that it is 9.1.2.3 and has run for 100 seconds."""
    made = Announced({GATEWAY, LINK_LOCAL}, clock)
    assert made.know_natpmp(natpmp.External(100, IPv4Address("9.1.2.3")))
    assert made.know_pcp(100)
    return made


def test_another_address_is_news_and_its_repetition_is_none(known):
    """Routers say everything ten times, for a datagram may be lost."""
    assert known.news(address("9.1.2.4"), GATEWAY)
    for _ in range(9):
        assert known.news(address("9.1.2.4"), GATEWAY) is None


async def test_a_restart_is_news_even_with_the_same_address(known, clock):
    """The router's clock stayed behind ours: its mappings are gone, and so are its subscriptions."""
    await clock.advance(60)
    assert known.news(address("9.1.2.3", 160), GATEWAY) is None
    assert known.news(address("9.1.2.3", 3), GATEWAY)
    await clock.advance(10)
    assert known.news(address("9.1.2.3", 13), GATEWAY) is None


async def test_a_pcp_announcement_is_news_once(known, clock):
    """It has no address: that the epoch began anew is all it says. It may come over IPv6."""
    await clock.advance(60)
    assert known.news(restart(160), GATEWAY) is None
    assert known.news(restart(0), LINK_LOCAL)
    assert known.news(restart(0), GATEWAY) is None


def test_the_first_word_of_a_router_is_news(clock):
    """Nothing was known before it."""
    made = Announced({GATEWAY}, clock)
    assert made.news(restart(0), GATEWAY)
    assert made.news(address("9.1.2.3"), GATEWAY)


@pytest.mark.parametrize(
    ("data", "sender"),
    [
        (address("9.9.9.9"), "192.168.7.66"),
        (restart(), "fe80::66"),
        (b"", "192.168.7.1"),
        (address("9.9.9.9")[:10], "192.168.7.1"),
        (restart(opcode=0x81), "192.168.7.1"),
        (restart(opcode=0), "192.168.7.1"),
        (struct.pack("!BBHI", 0, 128, 3, 100), "192.168.7.1"),
    ],
)
def test_what_is_forged_or_no_announcement_is_none(known, data, sender):
    """From another machine, half of one, a request, a refusal."""
    assert known.news(data, ip_address(sender)) is None


@given(st.binary(max_size=60))
def test_any_datagram_is_news_or_none(data):
    """Nothing that arrives is an error."""
    made = Announced({GATEWAY}, FakeClock())
    for one in (data, b"\0\x80\0\0" + data, b"\2\x80\0\0" + data):
        assert made.news(one, GATEWAY) is None or made.news(one, GATEWAY) in {
            None,
            "the router lost its state",
        }


@pytest.mark.skipif(sys.platform != "linux", reason="makes a network of its own")
async def test_multicast_of_both_families_is_received(own_network):
    """As a router on the link sends it, while another program here listens to the same."""
    with network_namespace() as ip, contextlib.ExitStack() as held:
        ip("link add lan0 type veth peer name lan0p")
        for name in ("lan0", "lan0p"):
            ip(f"link set {name} up")
        ip("addr add 192.168.7.2/24 dev lan0")
        ip("addr add fe80::2/64 dev lan0 nodad")
        for _ in range(2):
            v4, v6 = map(held.enter_context, open_sockets(IPv4Address("192.168.7.2"), "lan0"))
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.168.7.2"))
            sender.sendto(address("9.1.2.4"), ("224.0.0.1", 5350))
            assert (await asyncio.wait_for(loop.sock_recv(v4, 100), 60)) == address("9.1.2.4")
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
            index = socket.if_nametoindex("lan0")
            sender.sendto(restart(), ("ff02::1", 5350, 0, index))
            assert (await asyncio.wait_for(loop.sock_recv(v6, 100), 60)) == restart()


def test_a_system_without_ipv6_gives_one_socket(monkeypatch):
    """What can be heard is heard."""
    real = socket.socket

    def only_v4(family, kind):
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return real(family, kind)

    monkeypatch.setattr(socket, "socket", only_v4)
    opened = open_sockets(IPv4Address("127.0.0.1"), "lo")
    assert len(opened) == 1
    for sock in opened:
        sock.close()
