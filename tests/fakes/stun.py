"""A STUN server over a real socket, that can lie, stay silent and be hit by loss."""

import asyncio
import contextlib
import struct
from dataclasses import dataclass, field
from ipaddress import ip_address

COOKIE = 0x2112A442


@dataclass
class Stun(asyncio.DatagramProtocol):
    """Answers Binding requests with the sender's address, as a real one does.

    Attributes:
        says: answer this address instead.
        lose: drop this many requests first.
        raw: answer exactly this; `TRANSACTION` in it stands for the request's.
        error: answer with this error code.
        rewritten: put this into a MAPPED-ADDRESS before the other, as a NAT would that looks for addresses.
    """

    says: str = ""
    lose: int = 0
    raw: bytes | None = None
    error: int = 0
    rewritten: str = ""
    port: int = 0
    requests: list[bytes] = field(default_factory=list)

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        kind, _, cookie = struct.unpack_from("!HHI", data)
        assert (kind, cookie, len(data)) == (1, COOKIE, 20)
        self.requests.append(data)
        if len(self.requests) > self.lose:
            self.transport.sendto(self._answer(data[8:], addr[0]), addr)

    def _answer(self, transaction: bytes, caller: str) -> bytes:
        if self.raw is not None:
            return self.raw.replace(b"TRANSACTION", transaction)
        if self.error:
            value = struct.pack("!HBB", 0, self.error // 100, self.error % 100) + b"Try Later"
            return _message(0x0111, transaction, (0x0009, value))
        attributes = [(0x0001, _address(self.rewritten))] if self.rewritten else []
        mask = struct.pack("!I", COOKIE) + transaction
        return _message(0x0101, transaction, *attributes, (0x0020, _address(self.says or caller, mask)))


def _address(text: str, mask: bytes = bytes(16)) -> bytes:
    packed = ip_address(text).packed
    xored = bytes(a ^ b for a, b in zip(packed, mask, strict=False))
    return struct.pack("!BBH", 0, 1 if len(packed) == 4 else 2, 7) + xored


def _message(kind: int, transaction: bytes, *attributes: tuple[int, bytes]) -> bytes:
    body = b"".join(
        struct.pack("!HH", each, len(value)) + value + bytes(-len(value) % 4) for each, value in attributes
    )
    return struct.pack("!HHI", kind, len(body), COOKIE) + transaction + body


@contextlib.asynccontextmanager
async def stun(host: str = "127.0.0.1", **does):
    """Run one on loopback while the block runs."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: Stun(**does), local_addr=(host, does.get("port", 0))
    )
    server.port = transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        transport.close()
