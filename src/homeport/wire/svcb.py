"""SVCB and HTTPS RDATA as bytes, into presentation format.

Source: RFC 9460 section 2.2 and appendix A.1; RFC 9461, RFC 9540.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from homeport.model.strings import escaped
from homeport.model.svcb import KEYS

_TWO = struct.Struct("!HH")


def text(priority: int, target: str, parameters: bytes) -> str:
    """Return what one record says.

    Args:
        target: the name, without its final dot; `.` is the owner.
        parameters: the rest of the RDATA.

    Raises:
        ValueError: the parameters are truncated or out of order, or one is not what its key demands.
    """
    shown = [str(priority), f"{target.removesuffix('.')}."]
    before = -1
    for key, value in _parameters(parameters):
        if key <= before:
            raise ValueError("the parameters of a service are out of order")
        before = key
        content = escaped(_content(key, value))
        name = KEYS[key] if key < len(KEYS) else f"key{key}"
        shown.append(f"{name}={content}" if content else name)
    return " ".join(shown)


def _parameters(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise ValueError("a parameter of a service is truncated")
        key, length = _TWO.unpack_from(data, at)
        at += 4
        if at + length > len(data):
            raise ValueError("the value of a service's parameter is truncated")
        yield key, data[at : at + length]
        at += length


def _content(key: int, value: bytes) -> bytes:
    """Return the value of a parameter as its text, before escapes."""
    match KEYS[key] if key < len(KEYS) else "":
        case "mandatory":
            numbers = [number for (number,) in struct.iter_unpack("!H", _whole(value, 2))]
            names = (KEYS[number] if number < len(KEYS) else f"key{number}" for number in numbers)
            return ",".join(names).encode()
        case "alpn":
            return b",".join(_listed(each) for each in _ids(value))
        case "port":
            return str(int.from_bytes(_whole(value, 2, at_most=2), "big")).encode()
        case "ipv4hint" | "ipv6hint" as hint:
            of, size = (IPv4Address, 4) if hint == "ipv4hint" else (IPv6Address, 16)
            whole = _whole(value, size)
            return ",".join(str(of(whole[i : i + size])) for i in range(0, len(whole), size)).encode()
        case "ech":
            return base64.b64encode(value)
        case _:
            return value


def _whole(value: bytes, size: int, at_most: int = 65535) -> bytes:
    if not value or len(value) % size or len(value) > at_most:
        raise ValueError(f"a parameter of a service has {len(value)} octets")
    return value


def _ids(value: bytes) -> Iterator[bytes]:
    """Yield the protocols of an alpn list; each begins with its length."""
    at = 0
    while at < len(value):
        end = at + 1 + value[at]
        if end > len(value) or end == at + 1:
            raise ValueError("a protocol of a service is truncated")
        yield value[at + 1 : end]
        at = end


def _listed(item: bytes) -> bytes:
    """Escape what would end an item of a list (RFC 9460 appendix A.1)."""
    return item.replace(b"\\", b"\\\\").replace(b",", b"\\,")
