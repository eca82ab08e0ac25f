"""The server's side of the heartbeat, written a second time from its description, that can lie, fall silent and forget."""

import asyncio
import contextlib
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

LABEL = b"homeport heartbeat 1"


def mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()[:16]


@dataclass
class Beats(asyncio.DatagramProtocol):
    """Takes the beats of one token.

    Attributes:
        says: the address it claims to see instead of the real one.
        is_deaf: it answers nothing.
        forged: what it sends before each answer, as a man on the path would.
        heard: token, flow, session, counter and interval of every beat that was proved.
        came_from: the ports they came from.
    """

    token: str
    secret: str
    says: str = ""
    is_deaf: bool = False
    forgets: bool = False
    forged: list[bytes] = field(default_factory=list)
    port: int = 0
    heard: list[tuple] = field(default_factory=list)
    came_from: list[int] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    sessions: dict[bytes, tuple[bytes, int]] = field(default_factory=dict)
    challenges: dict[bytes, bytes] = field(default_factory=dict)

    def connection_made(self, transport):
        self.transport = transport

    def restart(self):
        """Forget every flow, as a server that is started again does."""
        self.sessions.clear()
        self.challenges.clear()

    def datagram_received(self, data, addr):
        key = hmac.new(self.secret.encode(), LABEL, hashlib.sha256).digest()
        assert data[:4] == b"HP\1\1"
        token, flow, session, counter, every = struct.unpack("!16s8s16sQH", data[4:54])
        if self.is_deaf or data[54:] != mac(key, data[:54]) or token.rstrip(b"\0").decode() != self.token:
            return
        self.came_from.append(addr[1])
        for forged in self.forged:
            self.transport.sendto(forged, addr)
        answer = self._answer(flow, session, counter, addr)
        if answer is None:
            return
        self.heard.append((flow, session, counter, every))
        answer += mac(key, answer, data[54:])
        self.answers.append(answer)
        self.transport.sendto(answer, addr)

    def _answer(self, flow, session, counter, addr):
        known, last = self.sessions.get(flow, (b"", 0))
        if known != session:
            if self.forgets or self.challenges.get(flow) != session:
                self.challenges[flow] = secrets.token_bytes(16)
                return b"HP\1\3" + self.challenges[flow]
        elif counter <= last:
            return None
        self.sessions[flow] = session, counter
        seen = ip_address(self.says or addr[0])
        wide = seen if seen.version == 6 else IPv6Address(f"::ffff:{seen}")
        return b"HP\1\2" + wide.packed + struct.pack("!H", addr[1])


@contextlib.asynccontextmanager
async def beats(token: str, secret: str, host: str = "127.0.0.1", port: int = 0):
    """Run one on loopback while the block runs."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: Beats(token, secret), local_addr=(host, port)
    )
    server.port = transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        transport.close()
