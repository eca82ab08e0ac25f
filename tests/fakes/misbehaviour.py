"""An HTTP API from memory over a real socket, and every way in which one was seen to fail."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlsplit

from homeport.jobs.clock import SystemClock

PORTAL = b"<!doctype html><html><title>Welcome</title><body>Please accept our terms.</body></html>"


class Mood(StrEnum):
    """How a request is treated; all but `WELL` answer as something in between would, not as the host."""

    WELL = "well"
    S401 = "401"
    S403 = "403"
    S404 = "404"
    S409 = "409"
    S429 = "429 with Retry-After"
    S429_DATE = "429 with Retry-After as a date"
    S500 = "500"
    S503 = "503"
    SLOW = "never answers"
    TRUNCATED = "applies, and half of the answer comes"
    PORTAL = "200 with a page of HTML"
    DROPPED = "applies, and hangs up"


class Fault(StrEnum):
    """What a host refuses in its own words."""

    CREDENTIALS = "the credentials are wrong"
    ZONE = "there is no such zone, or no such name in this account"
    EXISTS = "an identical record is there"
    GONE = "there is no such record"
    INVALID = "what was asked for cannot be"
    QUOTA = "no more until somebody acts"
    THROTTLED = "too many requests"
    MAINTENANCE = "not at work just now"


class Refusal(Exception):
    """A host's no, while it answers."""

    def __init__(self, fault, detail=""):
        super().__init__(f"{fault}: {detail}")
        self.fault, self.detail = fault, detail


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

    @property
    def form(self):
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


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
        trouble: what the host answers to everything, in its own words.
        writes_only: the mood and the trouble are for requests that write.
        requests: every request that came, in order.
        delay: seconds before every answer.
        at_once: the most requests that were under way at the same time.
        respelled: what stands in answers mapped to what stands there instead.
        is_listless: lists are left out of what it answers.
        clock: what it takes for the time; a test that turns its own clock gives it that.
    """

    def __init__(self):
        self.mood = Mood.WELL
        self.trouble: Fault | None = None
        self.writes_only = True
        self.requests: list[Request] = []
        self.port = 0
        self.delay = 0.0
        self.at_once = 0
        self.respelled: dict[bytes, bytes] = {}
        self.is_listless = False
        self.clock = SystemClock()
        self._under_way = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def writes(self):
        """The requests that write, in order."""
        return [request for request in self.requests if self.is_write(request)]

    def is_write(self, request):
        raise NotImplementedError

    def answer(self, request) -> Answer:
        raise NotImplementedError

    def refusal(self, fault, detail="") -> Answer | None:
        """Return the host's own answer for a fault; `None` when it has no word for it."""
        return None

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while request := await _read(reader):
                self.requests.append(request)
                self._under_way += 1
                self.at_once = max(self.at_once, self._under_way)
                try:
                    if not await self._serve(request, writer):
                        break
                finally:
                    self._under_way -= 1
        writer.close()

    async def _serve(self, request, writer):
        if self.delay:
            await asyncio.sleep(self.delay)
        concerned = self.is_write(request) or not self.writes_only
        return await self._treat(request, writer, self.mood if concerned else Mood.WELL)

    async def _treat(self, request, writer, mood):
        """Answer one request; tell whether the connection goes on."""
        if mood is Mood.SLOW:
            await asyncio.Event().wait()
        if mood is Mood.PORTAL:
            answer = Answer(200, PORTAL, {"Content-Type": "text/html"})
        elif mood.value[:3].isdigit():
            answer = Answer(int(mood.value[:3]), PORTAL, {"Content-Type": "text/html"})
        else:
            answer = self._worded(self._said(request))
        if mood is Mood.DROPPED:
            return False
        if mood is Mood.S429:
            answer.headers["Retry-After"] = "7"
        if mood is Mood.S429_DATE:
            answer.headers |= {
                "Date": "Sat, 21 Nov 2026 10:00:00 GMT",
                "Retry-After": "Sat, 21 Nov 2026 10:00:07 GMT",
            }
        head = {"Content-Length": str(len(answer.body)), **answer.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        whole = f"HTTP/1.1 {answer.status} As Told\r\n{lines}\r\n".encode() + answer.body
        missing = len(answer.body) - len(answer.body) // 2 or len(whole) - 8  # a 204 is no more than its head
        writer.write(whole[:-missing] if mood is Mood.TRUNCATED else whole)
        await writer.drain()
        return mood is not Mood.TRUNCATED

    def _worded(self, answer):
        """Return an answer as it is told to be worded."""
        if self.is_listless and answer.body[:1] in b"[{":
            answer.body = json.dumps(_without_lists(json.loads(answer.body)) or {}).encode()
        for word, other in self.respelled.items():
            answer.body = answer.body.replace(word, other)
        return answer

    def _said(self, request):
        if self.trouble and (self.is_write(request) or not self.writes_only):
            return self.refusal(self.trouble, "as the test wants it")
        return self.answer(request)

    @contextlib.asynccontextmanager
    async def running(self):
        """Serve at a free port while the block runs."""
        async with listening(self.serve) as self.port:
            yield self


@contextlib.asynccontextmanager
async def listening(serve):
    """Serve every connection at a free port of loopback while the block runs; yield the port."""
    tasks = set()

    async def connected(reader, writer):
        tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _without_lists(value):
    """Return JSON without what may stand in lists or, by its id, in a mapping of such."""
    if not isinstance(value, dict):
        return None if isinstance(value, list) else value
    kept = {word: _without_lists(each) for word, each in value.items() if not word.isdigit()}
    return {word: each for word, each in kept.items() if not isinstance(value[word], list)}


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
