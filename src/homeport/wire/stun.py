"""STUN Binding as bytes: what address does the other side see?

Source: RFC 8489 sections 5, 6.3.3, 14.1, 14.2, 14.8 and 14.15.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address

from homeport.model.address import IPAddress

_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_COOKIE = 0x2112A442
_REQUEST, _SUCCESS, _FAILURE = 0x0001, 0x0101, 0x0111
_MAPPED, _ERROR_CODE, _XOR_MAPPED, _OLD_XOR_MAPPED = 0x0001, 0x0009, 0x0020, 0x8020
# Below 0x8000 an attribute must be understood (section 14); of these a Binding has no use, but old servers send them.
_UNDERSTOOD = frozenset({*range(0x0001, 0x000C), 0x0014, 0x0015, 0x001C, 0x001D, 0x001E, _XOR_MAPPED})
_TRY_ALTERNATE = 300
_SIZES = {1: 4, 2: 16}


class Refused(ValueError):
    """The server answered with an error of its own."""


def binding_request(transaction: bytes) -> bytes:
    """Return a Binding request; `transaction` is 12 random octets."""
    return _HEADER.pack(_REQUEST, 0, _COOKIE, transaction)


def is_answer(data: bytes, transaction: bytes) -> bool:
    """Tell whether `data` answers the request of `transaction`, well or badly."""
    if len(data) < _HEADER.size:
        return False
    kind, _, cookie, echoed = _HEADER.unpack_from(data)
    return kind in (_SUCCESS, _FAILURE) and cookie == _COOKIE and echoed == transaction


def mapped_address(data: bytes, transaction: bytes) -> IPAddress:
    """Return the address the server saw the request come from.

    XOR-MAPPED-ADDRESS is believed before MAPPED-ADDRESS, which some NATs rewrite on its way. ALTERNATE-SERVER is
    never followed: whom to ask is the user's choice.

    Raises:
        Refused: an error response.
        ValueError: no answer to this request, damaged, or without an address.
    """
    if not is_answer(data, transaction):
        raise ValueError("not an answer to this STUN request")
    kind, length, *_ = _HEADER.unpack_from(data)
    if length % 4 or length > len(data) - _HEADER.size:
        raise ValueError("a STUN answer is cut off")
    found = _attributes(data[_HEADER.size : _HEADER.size + length])
    if kind == _FAILURE:
        raise Refused(_error(found.get(_ERROR_CODE, b"")))
    if unknown := [each for each in found if each < 0x8000 and each not in _UNDERSTOOD]:
        raise ValueError(
            f"a STUN answer holds what must be understood and is not: attribute {unknown[0]:#06x}"
        )
    for attribute in (_XOR_MAPPED, _OLD_XOR_MAPPED, _MAPPED):
        if attribute in found:
            mask = b"" if attribute == _MAPPED else data[4:20]  # the cookie, then the transaction
            return _address(found[attribute], mask)
    raise ValueError("a STUN answer without an address")


def _attributes(data: bytes) -> dict[int, bytes]:
    """Return the first attribute of each type; later ones are ignored (RFC 8489 section 14)."""
    found: dict[int, bytes] = {}
    at = 0
    while len(data) - at >= _ATTRIBUTE.size:
        kind, length = _ATTRIBUTE.unpack_from(data, at)
        at += _ATTRIBUTE.size
        if length > len(data) - at:
            raise ValueError("a STUN attribute is cut off")
        found.setdefault(kind, data[at : at + length])
        at += (length + 3) & ~3
    return found


def _address(value: bytes, mask: bytes) -> IPAddress:
    size = _SIZES.get(value[1]) if len(value) > 1 else None
    raw = value[4:]
    if size is None or len(raw) != size:
        raise ValueError("a STUN address of no known family")
    if mask:
        raw = bytes(a ^ b for a, b in zip(raw, mask, strict=False))
    return IPv4Address(raw) if size == 4 else IPv6Address(raw)


def _error(value: bytes) -> str:
    if len(value) < 4:
        return "the server refused without saying why"
    code = (value[2] & 7) * 100 + value[3]
    reason = "".join(c for c in value[4:].decode("utf-8", "replace") if c.isprintable())[:80]
    hint = "; it sends its callers to another server, so name that one" if code == _TRY_ALTERNATE else ""
    return f"the server refused: {code} {reason}".rstrip() + hint
