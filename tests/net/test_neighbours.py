"""The neighbours that this machine's system knows."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.netns import network_namespace, wire
from homeport.net.neighbours import listed, neighbours

MACOS = """\
Neighbor                                Linklayer Address  Netif Expire    St Flgs Prbs
2001:db8::9                             52:54:0:12:34:56     en0 23h59m58s S  R
fe80::1%lo0                             (incomplete)         lo0 permanent R
fe80::5054:ff:fe12:3456%en0             52:54:0:12:34:56     en0 7s        R
"""
FREEBSD = """\
Neighbor                             Linklayer Address  Netif Expire    1s 5s
2001:db8::9                          52:54:00:12:34:56    em0 permanent R
"""


@pytest.mark.parametrize(("printed", "count", "interface"), [(MACOS, 2, "en0"), (FREEBSD, 1, "em0")])
def test_reads_what_ndp_prints(printed, count, interface):
    """Headings and entries without a MAC are left out, a zone is dropped, short octets are understood."""
    found = list(listed(printed))
    assert len(found) == count
    assert (str(found[0].address), found[0].mac.hex(), found[0].interface) == (
        "2001:db8::9",
        "525400123456",
        interface,
    )


@given(st.text())
def test_anything_printed_is_survived(printed):
    """A line that is none is left out, and hides none that follows."""
    found = list(listed(printed + "\n" + FREEBSD))
    assert str(found[-1].address) == "2001:db8::9"


async def test_this_machine_tells():
    """Whatever it knows, it is a list."""
    assert isinstance(await neighbours(), list)


@pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux's")
async def test_linux_tells_who_is_there():
    """Entries with a MAC are told with their interface; a failed one is not."""
    with network_namespace() as ip:
        wire("lan0")
        ip("-6 neigh add 2001:db8::9 lladdr 52:54:00:12:34:56 nud reachable dev lan0")
        ip("-6 neigh add 2001:db8::a lladdr 52:54:00:12:34:56 nud stale dev lan0")
        ip("-6 neigh add 2001:db8::b nud failed dev lan0")
        ip("neigh add 192.0.2.9 lladdr 52:54:00:12:34:56 nud reachable dev lan0")
        found = {str(one.address): one for one in await neighbours() if one.mac.hex() == "525400123456"}
    assert set(found) == {"2001:db8::9", "2001:db8::a"}
    assert found["2001:db8::9"].index > 0
    assert found["2001:db8::9"].confirmed < 3600
