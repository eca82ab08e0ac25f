"""The neighbour table of Windows, laid out in memory as the system does."""

import ctypes
import struct
from ipaddress import ip_address

import pytest

from homeport.wire import ipnet

MAC = bytes.fromhex("525400123456")


def row(text, *, family=23, mac=MAC, state=5, ago=1500):
    address = struct.pack("<HHI16sI", family, 0, 0, ip_address(text).packed, 0)
    return struct.pack("<28sIQ32sIiB3xI", address, 7, 1, mac, len(mac), state, 0, ago)


def read(*rows):
    memory = ctypes.create_string_buffer(struct.pack("<I4x", len(rows)) + b"".join(rows))
    return list(ipnet.neighbours(ctypes.addressof(memory)))


@pytest.mark.parametrize("state", [2, 3, 4, 5, 6])
def test_reads_those_who_are_there(state):
    """Address, MAC, interface and how long ago it was reached."""
    [one] = read(row("2001:db8::9", state=state))
    assert (str(one.address), one.mac, one.index, one.confirmed) == ("2001:db8::9", MAC, 7, 1.5)


def test_leaves_out_those_who_are_not():
    """Unreachable, unfinished, without a MAC of six octets, of another family."""
    rows = (
        row("fe80::1", state=0),
        row("fe80::1", state=1),
        row("fe80::1", mac=b""),
        row("fe80::1", family=2),
    )
    assert read(*rows) == []


def test_reads_row_after_row():
    """The table says how many there are."""
    assert [str(one.address) for one in read(row("2001:db8::1"), row("2001:db8::2"))] == [
        "2001:db8::1",
        "2001:db8::2",
    ]
    assert read() == []
