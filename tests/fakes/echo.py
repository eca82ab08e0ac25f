"""An address echo service over real sockets, hand-written so that it can misbehave in every way that was met."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

PORTAL = b"<html><head><title>Please log in</title></head><body>Your address is 10.0.0.1</body></html>"


@dataclass
class Request:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    peer: str


@dataclass
class Echo:
    """What the server does with every request; a test changes it while it runs.

    Attributes:
        body: the answer; `None` is the caller's address, as a real service answers.
        close: hang up after the answer.
        cut: announce the whole body and send only this many bytes of it.
        raw: send exactly this instead of an HTTP answer.
        greeting: send this before anything is asked, and hang up.
        silent: read the request and never answer.
        dribble: send a byte and wait for ever.
        answers: makes the body of each request.
    """

    port: int = 0
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    close: bool = False
    cut: int | None = None
    raw: bytes | None = None
    greeting: bytes = b""
    silent: bool = False
    dribble: bool = False
    answers: Callable[[Request], bytes] | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.greeting:
            writer.write(self.greeting)
            return
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while request := await _read(reader, writer.get_extra_info("peername")[0]):
                self.requests.append(request)
                if not await self._answer(request, writer):
                    break
        writer.close()
        await writer.wait_closed()
        self.hung_up.set()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        if self.silent:
            await asyncio.Event().wait()
        writer.write(self._bytes(request))
        await writer.drain()
        if self.dribble:
            await asyncio.Event().wait()
        return not self.close and self.raw is None and self.cut is None

    def _bytes(self, request: Request) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.dribble:
            return b"H"
        body = request.peer.encode() if self.body is None else self.body
        if self.answers:
            body = self.answers(request)
        fields = {"Content-Length": str(len(body)), **self.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"HTTP/1.1 {self.status} As Told\r\n{head}\r\n".encode() + body[: self.cut]


async def _read(reader: asyncio.StreamReader, peer: str) -> Request | None:
    first = await reader.readline()
    if not first:
        return None
    method, target, _ = [*first.decode("latin-1").split(" "), "", ""][:3]
    headers = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body, peer)


@contextlib.asynccontextmanager
async def echo(*hosts: str, tls: ssl.SSLContext | None = None, **does):
    """Run one on loopback (both families where there are two `hosts`, on one port) while the block runs."""
    server = Echo(**does)
    running: set[asyncio.Task] = set()

    async def serve(reader, writer):
        running.add(asyncio.current_task())
        with contextlib.suppress(asyncio.CancelledError):
            await server.serve(reader, writer)
        writer.close()

    listeners = []
    for host in hosts or ("127.0.0.1",):
        listener = await asyncio.start_server(serve, host, server.port, ssl=tls)
        server.port = listener.sockets[0].getsockname()[1]
        listeners.append(listener)
    try:
        yield server
    finally:
        for listener in listeners:
            listener.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def has_ipv6() -> bool:
    """Tell whether this machine has the IPv6 loopback."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
