"""Which router is in front, as every system tells it."""

import struct
import sys
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.attempt import attempt
from fakes.netns import network_namespace, wire
from homeport.errors import Unavailable
from homeport.model.address import Family
from homeport.model.line import Line
from homeport.net import default_route
from homeport.net.default_route import (
    ROW,
    DefaultRoute,
    default_routes,
    forward_rows,
    netstat_routes,
    proc_routes,
    proc_routes6,
    sockaddr,
    source_toward,
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PROC = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
tun0\t00000000\t0108080A\t0003\t0\t0\t0\t00000080\t0\t0\t0
wlan0\t00000000\t0107A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
ppp0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0
eth0\t00000000\t0101A8C0\t0002\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0007A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0
"""
PROC6 = (
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 "
    "00000400 00000001 00000000 00000003     eth0\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 "
    "ffffffff 00000001 00000000 00200200       lo\n"
)
NETSTAT = """\
Routing tables

Internet:
Destination        Gateway            Flags               Netif Expire
default            192.168.1.1        UGScg                 en0
default            link#18            UCSIg             bridge100      !
127                127.0.0.1          UCS                   lo0
"""
NETSTAT6 = """\
Internet6:
Destination                             Gateway                                 Flags               Netif Expire
default                                 fe80::1%en0                             UGcg                  en0
default                                 fe80::%utun0                            UGcIg               utun0
"""
OPENBSD = """\
Internet:
Destination        Gateway            Flags   Refs      Use   Mtu  Prio Iface
default            10.0.0.1           UGS        5      100     -     8 em0
"""


@pytest.mark.skipif(sys.byteorder != "little", reason="the sample is of a little-endian machine")
def test_linux_tells_ipv4():
    """Only ways to everywhere that are up and lead through a router; a VPN's halves and a PPP's link are none."""
    assert list(proc_routes(PROC)) == [DefaultRoute(ip_address("192.168.7.1"), "wlan0", 600)]


def test_linux_tells_ipv6():
    """A link-local router is nobody without its interface; what is rejected is no way."""
    assert list(proc_routes6(PROC6)) == [DefaultRoute(ip_address("fe80::1%eth0"), "eth0", 1024)]


@pytest.mark.parametrize(
    ("text", "family", "found"),
    [
        (NETSTAT, Family.V4, [("192.168.1.1", "en0")]),
        (NETSTAT6, Family.V6, [("fe80::1%en0", "en0"), ("fe80::%utun0", "utun0")]),
        (OPENBSD, Family.V4, [("10.0.0.1", "em0")]),
        ("", Family.V4, []),
    ],
)
def test_netstat_tells(text, family, found):
    """MacOS and the BSDs; their columns differ, and a way without a router is left out."""
    assert [(str(route.gateway), route.interface) for route in netstat_routes(text, family)] == found


def row(gateway, *, index=7, prefix=0, metric=25):
    raw = bytearray(ROW)
    struct.pack_into("<I", raw, 8, index)
    raw[40] = prefix
    address = sockaddr(ip_address(gateway))
    raw[44 : 44 + len(address)] = address
    struct.pack_into("<I", raw, 84, metric)
    return bytes(raw)


def test_windows_tells():
    """Of the table, the rows to everywhere that have a next hop."""
    raw = (
        row("192.168.1.1") + row("192.168.1.1", prefix=8) + row("0.0.0.0") + row("fe80::1", index=9, metric=1)
    )
    assert list(forward_rows(raw)) == [(7, ip_address("192.168.1.1"), 25), (9, ip_address("fe80::1"), 1)]


WORDS = st.sampled_from(["0", "00", "0" * 8, "0" * 32, "3", "default", "UG"])
COLUMNS = WORDS | st.text("abcdef0123456789", min_size=1, max_size=33)
TABLES = st.lists(st.lists(COLUMNS, min_size=3, max_size=11).map(" ".join), max_size=4).map("\n".join)


@given(TABLES)
def test_any_table_is_read_or_refused(text):
    """A kernel that writes something else is told, never guessed at."""
    for read, version in (
        (lambda: list(proc_routes("head\n" + text)), 4),
        (lambda: list(proc_routes6(text)), 6),
        (lambda: list(netstat_routes(text, Family.V4)), 4),
    ):
        found, why = attempt(read)
        assert why or all(route.gateway.version == version for route in found)


@pytest.mark.parametrize("gateway", ["1FFFFFFFF", "-1", "01"])
def test_a_gateway_that_is_no_address_is_refused(gateway):
    """As the error that `default_routes` knows, and in words."""
    _, why = attempt(lambda: list(proc_routes(f"head\neth0 0 {gateway} 3 0 0 0 0")))
    assert why


@linux
async def test_the_preferred_route_comes_first():
    """By metric; and a line has its own."""
    with network_namespace() as ip:
        for name, net, metric in (("wan0", 7, 200), ("wan1", 8, 100)):
            wire(name)
            ip(f"addr add 192.168.{net}.2/24 dev {name}")
            ip(f"route add default via 192.168.{net}.1 metric {metric}")
        found = await default_routes(Family.V4)
        assert [(str(route.gateway), route.interface) for route in found] == [
            ("192.168.8.1", "wan1"),
            ("192.168.7.1", "wan0"),
        ]
        [bound] = await default_routes(Family.V4, Line(interface="wan0"))
        assert str(source_toward(bound.gateway)) == "192.168.7.2"


@linux
async def test_an_ipv6_router_is_told_with_its_interface():
    """As the kernel learned it from a router advertisement."""
    with network_namespace() as ip:
        wire()
        ip("addr add 2001:db8::5/64 dev wan0 nodad")
        ip("route add default via fe80::99 dev wan0")
        [found] = await default_routes(Family.V6)
        assert (str(found.gateway), found.interface) == ("fe80::99%wan0", "wan0")


@linux
async def test_no_route_is_none():
    """And no error: a machine may have no network."""
    with network_namespace():
        assert await default_routes(Family.V4) == []
        assert await default_routes(Family.V6) == []
        with pytest.raises(Unavailable, match=r"no way to 192\.0\.2\.1"):
            source_toward(ip_address("192.0.2.1"))


async def test_a_system_that_tells_nothing_is_told(monkeypatch):
    """The reason is the system's own."""

    def broken(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(default_route, "_linux", broken)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(Unavailable, match="Permission denied"):
        await default_routes(Family.V4)


@pytest.mark.skipif(sys.platform == "win32", reason="starts a shell script")
async def test_netstat_is_asked_where_there_is_nothing_better(monkeypatch, tmp_path):
    """The program's own words are read."""
    program = tmp_path / "netstat"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{NETSTAT}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(sys, "platform", "freebsd14")
    [found] = await default_routes(Family.V4)
    assert str(found.gateway) == "192.168.1.1"
