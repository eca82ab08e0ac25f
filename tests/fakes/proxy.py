"""An HTTP and a SOCKS5 proxy over real sockets, which know where each host is, and who may pass.

Written from RFC 9110 section 9.3.6, RFC 9112 section 3.2.2, RFC 1928 and RFC 1929.
"""

import asyncio
import base64
import contextlib
import struct
from urllib.parse import urlsplit

from fakes.misbehaviour import listening


class Proxy:
    """A proxy that leads every host to one place.

    Attributes:
        where: (address, port) that stands for every host.
        auth: user and password that it wants, `None` for nobody's.
        seen: the "host:port" of every way that was opened, as the client named it.
        refused: how often somebody was turned away.
    """

    scheme = "http"

    def __init__(self, where, auth=None):
        self.where = where
        self.auth = auth
        self.seen = []
        self.refused = 0
        self.port = 0

    def url(self, auth=None):
        user = f"{auth}@" if auth else ""
        return f"{self.scheme}://{user}127.0.0.1:{self.port}"

    async def serve(self, reader, writer):
        raise NotImplementedError

    async def relay(self, reader, writer, first=b""):
        """Carry bytes to the place and back until one side ends."""
        far_reader, far_writer = await asyncio.open_connection(*self.where)
        far_writer.write(first)
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            far_writer.close()

    @contextlib.asynccontextmanager
    async def running(self):
        """Serve at a free port while the block runs."""
        async with listening(self.serve) as self.port:
            yield self


class HttpProxy(Proxy):
    """Opens tunnels for CONNECT, and forwards requests in the clear."""

    async def serve(self, reader, writer):
        while first := await reader.readline():
            method, target, version = first.decode().split()
            lines = []
            while (line := await reader.readline()).strip():
                lines.append(line)
            if not self._may_pass(lines):
                self.refused += 1
                writer.write(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                    b'Proxy-Authenticate: Basic realm="out"\r\nContent-Length: 0\r\n\r\n'
                )
                continue
            if method == "CONNECT":
                self.seen.append(target)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await self.relay(reader, writer)
                return
            self.seen.append(urlsplit(target).netloc)
            split = urlsplit(target)
            path = f"{split.path or '/'}{'?' + split.query if split.query else ''}"
            head = [line for line in lines if not line.lower().startswith(b"proxy-")]
            request = f"{method} {path} {version}\r\n".encode() + b"".join(head) + b"\r\n"
            await self.relay(reader, writer, request)
            return

    def _may_pass(self, lines):
        if self.auth is None:
            return True
        wanted = b"Basic " + base64.b64encode(":".join(self.auth).encode())
        given = [line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"proxy-auth")]
        return given == [wanted]


class SocksProxy(Proxy):
    """Speaks SOCKS5 with a user and password, or without."""

    scheme = "socks5h"

    async def serve(self, reader, writer):
        version, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        wanted = 2 if self.auth else 0
        if version != 5 or wanted not in methods:
            self.refused += 1
            writer.write(b"\x05\xff")
            return
        writer.write(bytes((5, wanted)))
        if self.auth and not await self._is_known(reader, writer):
            self.refused += 1
            return
        _, command, _, kind = await reader.readexactly(4)
        assert command == 1
        size = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
        host = await reader.readexactly(size)
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        self.seen.append(f"{host.decode() if kind == 3 else host.hex()}:{port}")
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        await self.relay(reader, writer)

    async def _is_known(self, reader, writer):
        _, size = await reader.readexactly(2)
        user = await reader.readexactly(size)
        (size,) = await reader.readexactly(1)
        given = user.decode(), (await reader.readexactly(size)).decode()
        writer.write(b"\x01\x00" if given == self.auth else b"\x01\x01")
        return given == self.auth


async def _copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
