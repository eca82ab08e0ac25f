"""An HTTP API from memory over a real socket, and every way in which one was seen to fail."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlsplit

PORTAL = b"<!doctype html><html><title>Welcome</title><body>Please accept our terms.</body></html>"


class Mood(StrEnum):
    """How a request is treated; all but `WELL` answer as something in between would, not as the host."""

    WELL = "well"
    S401 = "401"
    S403 = "403"
    S404 = "404"
    S409 = "409"
    S429 = "429 with Retry-After"
    S500 = "500"
    S503 = "503"
    SLOW = "never answers"
    TRUNCATED = "applies, and half of the answer comes"
    PORTAL = "200 with a page of HTML"
    DROPPED = "applies, and hangs up"


@dataclass
class Request:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    target: str

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Answer:
    """One answer of a fake."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value, status=200, content_type="application/json", **headers):
        return cls(status, json.dumps(value).encode(), {"Content-Type": content_type, **headers})

    @classmethod
    def text(cls, text, status=200):
        return cls(status, text.encode(), {"Content-Type": "text/plain"})


class HttpFake:
    """A host: a subclass answers as its API does and says which requests write.

    Attributes:
        mood: how requests are treated.
        writes_only: the mood is for requests that write.
        requests: every request that came, in order.
    """

    def __init__(self):
        self.mood = Mood.WELL
        self.writes_only = True
        self.requests: list[Request] = []
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def is_write(self, request):
        raise NotImplementedError

    def answer(self, request) -> Answer:
        raise NotImplementedError

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while request := await _read(reader):
                self.requests.append(request)
                concerned = self.is_write(request) or not self.writes_only
                if not await self._treat(request, writer, self.mood if concerned else Mood.WELL):
                    break
        writer.close()

    async def _treat(self, request, writer, mood):
        """Answer one request; tell whether the connection goes on."""
        if mood is Mood.SLOW:
            await asyncio.Event().wait()
        if mood is Mood.PORTAL:
            answer = Answer(200, PORTAL, {"Content-Type": "text/html"})
        elif mood.value[:3].isdigit():
            answer = Answer(int(mood.value[:3]), PORTAL, {"Content-Type": "text/html"})
        else:
            answer = self.answer(request)
        if mood is Mood.DROPPED:
            return False
        if mood is Mood.S429:
            answer.headers["Retry-After"] = "7"
        head = {"Content-Length": str(len(answer.body)), **answer.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        end = len(answer.body) // 2 if mood is Mood.TRUNCATED else None
        writer.write(f"HTTP/1.1 {answer.status} As Told\r\n{lines}\r\n".encode() + answer.body[:end])
        await writer.drain()
        return mood is not Mood.TRUNCATED

    @contextlib.asynccontextmanager
    async def running(self):
        """Serve at a free port while the block runs."""
        tasks = set()

        async def serve(reader, writer):
            tasks.add(asyncio.current_task())
            with contextlib.suppress(asyncio.CancelledError):
                await self.serve(reader, writer)
            writer.close()

        listener = await asyncio.start_server(serve, "127.0.0.1", 0)
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listener.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader):
    first = await reader.readline()
    if not first:
        return None
    method, target, _ = first.decode("latin-1").split(" ")
    headers = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    split = urlsplit(target)
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    return Request(method, unquote(split.path), query, headers, body, target)
