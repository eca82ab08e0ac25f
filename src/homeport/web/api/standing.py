"""How everything stands, what a button does about it, and what changes as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from homeport import __version__
from homeport.errors import Unavailable
from homeport.web.acts import act
from homeport.web.api.operation import STREAM, operation
from homeport.web.api.problem import Refusal
from homeport.web.desk import desk
from homeport.web.redacted import redacted_as
from homeport.web.words import said

LONGEST = 366 * 86_400  # seconds of a pause that ends by itself
Seconds = Annotated[float, Meta(gt=0, le=LONGEST)]
Label = Annotated[str, Meta(min_length=1, max_length=253)]


class Witness(msgspec.Struct, frozen=True):
    """What one service, interface or router said of an address.

    Attributes:
        operator: who runs it: two witnesses of one operator count once.
        has_vote: whether it is counted.
        why: it said nothing, where it did not.
    """

    witness: str
    operator: str
    protocol: str
    camp: str
    has_vote: bool
    line: str
    addresses: list[str]
    why: str


class AddressLine(msgspec.Struct, frozen=True):
    """One of several ways to the internet; times are unix seconds."""

    line: str
    is_up: bool
    is_used: bool
    since: float | None = None
    next_at: float | None = None


class Address(msgspec.Struct, frozen=True):
    """What is known of one address source in one family.

    Attributes:
        family: `IPv4` or `IPv6`.
        verdict: `Addresses`, or why there are none.
        witnesses: who said what.
    """

    source: str
    family: str
    verdict: str
    addresses: list[str]
    why: str
    witnesses: list[Witness]
    lines: list[AddressLine] = []


class Published(msgspec.Struct, frozen=True):
    """What stands at the DNS host."""

    rdata: list[str]
    ttl: int | None
    options: dict[str, str | int | bool | None] = {}


class Drift(msgspec.Struct, frozen=True):
    """What somebody else put in the place of what was published."""

    found: list[str]
    found_at: float


class WouldBe(msgspec.Struct, frozen=True):
    """What a paused RRset would be.

    Attributes:
        state: how it stood when it was paused.
        why: it would be held.
    """

    state: str
    rdata: list[str] | None
    why: str


class Server(msgspec.Struct, frozen=True):
    """A name server that answered what is published.

    Attributes:
        seconds: from the change until it did; `null`: it was there when it was asked.
    """

    server: str
    seconds: float | None


class Record(msgspec.Struct, frozen=True):
    """One RRset; times are unix seconds.

    Attributes:
        provider: its name in the file.
        kind: of the provider.
        state: `current`, `new`, `unconfirmed`, `held`, `retrying`, `halted` or `paused`.
        reason: why it is not as it should be.
        since: when it came into this state.
        verified: how it is known what the world sees.
        visible_after: seconds from the change until it was seen.
        servers: the name servers that answered it, as far as the running agent saw.
        next_attempt: when it is tried again.
        paused_until: when a pause ends by itself.
    """

    name: str
    type: str
    provider: str
    kind: str
    state: str
    reason: str
    since: float | None
    published: Published | None
    published_at: float | None
    verified: str
    verified_at: float | None
    visible_after: float | None
    servers: list[Server]
    failures: int
    next_attempt: float | None
    given_up: bool
    drift: Drift | None
    paused_until: float | None = None
    would_be: WouldBe | None = None


class Running(msgspec.Struct, frozen=True):
    """The agent; `since` is unix seconds."""

    version: str
    since: float


class Paused(msgspec.Struct, frozen=True):
    """Every name is left alone; times are unix seconds."""

    since: float
    until: float | None


class Pulse(msgspec.Struct, frozen=True):
    """A heartbeat in one family.

    Attributes:
        seen: the address that the server saw.
        missed: beats that were not answered since.
    """

    family: str
    seen: str | None
    answered_at: float | None
    missed: int
    why: str


class Heartbeat(msgspec.Struct, frozen=True):
    """Whom the agent beats to, and how that goes.

    Attributes:
        every: seconds.
    """

    asked: str
    every: float
    why: str
    families: list[Pulse]


class Pushed(msgspec.Struct, frozen=True, rename={"source": "from"}):
    """What a router told last.

    Attributes:
        by: its user name.
        at: unix seconds; `null` when it never did.
        names: it may update.
    """

    by: str
    addresses: list[str]
    prefix: str | None
    at: float | None
    source: str
    names: list[str]


class Status(msgspec.Struct, frozen=True):
    """How everything stands.

    Attributes:
        now: unix seconds.
        translations: why nobody can connect to this machine by IPv4, where that is so.
        exit_code: 0 when nothing is unfinished.
        paused: every name is.
    """

    now: float
    agent: Running
    addresses: list[Address]
    translations: list[str]
    records: list[Record]
    exit_code: int
    paused: Paused | None = None
    heartbeat: Heartbeat | None = None
    pushed: list[Pushed] = []


class Records(msgspec.Struct, frozen=True):
    """Records."""

    records: list[Record]


class Learned(msgspec.Struct, frozen=True):
    """What is known of this machine's addresses."""

    addresses: list[Address]
    translations: list[str]


class Version(msgspec.Struct, frozen=True):
    """Which program answers."""

    version: str


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which name; all of them where none is named."""

    name: Label | None = None


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left alone, and for how long.

    Attributes:
        name: all of them where none is named.
        seconds: until it is resumed where none are said.
    """

    name: Label | None = None
    seconds: Seconds | None = None


class PauseOne(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how long a name is left alone: until it is resumed where nothing is said."""

    seconds: Seconds | None = None


class Retried(msgspec.Struct, frozen=True):
    """Which RRsets were tried again, and how all stands then."""

    retried: list[str]
    status: Status


def status_of(found: Any) -> Status:
    """Return what the agent said, typed.

    Raises:
        Unavailable: it says it otherwise.
    """
    try:
        return redacted_as(found, Status)
    except msgspec.ValidationError as error:
        raise Unavailable(f"the agent is of another version ({error}); start it anew") from None


@operation("GET", "/version", may="read", summary=said("Which version this is."))
async def version(_: Request) -> Version:
    return Version(__version__)


@operation("GET", "/status", may="read", summary=said("How everything stands."))
async def status(request: Request) -> Status:
    return status_of(await desk(request).house.status())


@operation("GET", "/records", may="read", summary=said("How every name stands."))
async def records(request: Request) -> Records:
    return Records(status_of(await desk(request).house.status()).records)


@operation("GET", "/records/{name}", may="read", summary=said("How one name stands."))
async def record(request: Request, name: str) -> Records:
    return Records(await _of(request, name))


@operation("GET", "/addresses", may="read", summary=said("This machine's addresses, and who said what."))
async def addresses(request: Request) -> Learned:
    found = status_of(await desk(request).house.status())
    return Learned(found.addresses, found.translations)


@operation(
    "GET", "/events", may="read", media=STREAM, summary=said("How everything stands, after each change.")
)
async def events(request: Request) -> Response:
    return StreamingResponse(_sent(request), media_type=STREAM, headers={"x-accel-buffering": "no"})


@operation("POST", "/round", may="act", others=(502,), summary=said("Look at everything now."))
async def round_(request: Request) -> Status:
    return status_of(await act(request, "round"))


@operation("POST", "/retry", may="act", others=(404, 502), summary=said("Try again what failed."))
async def retry(request: Request, body: Which) -> Retried:
    return await _retried(request, body.name and await _named(request, body.name))


@operation("POST", "/records/{name}/retry", may="act", others=(502,), summary=said("Try one name again."))
async def retry_one(request: Request, name: str) -> Retried:
    return await _retried(request, await _named(request, name))


@operation("POST", "/pause", may="act", others=(404, 502), summary=said("Leave names alone for a time."))
async def pause(request: Request, body: Pause) -> Status:
    name = body.name and await _named(request, body.name)
    return status_of(await act(request, "pause", name=name, seconds=body.seconds))


@operation("POST", "/records/{name}/pause", may="act", others=(502,), summary=said("Leave one name alone."))
async def pause_one(request: Request, name: str, body: PauseOne) -> Status:
    known = await _named(request, name)
    return status_of(await act(request, "pause", name=known, seconds=body.seconds))


@operation("POST", "/resume", may="act", others=(404, 502), summary=said("Go on with what was paused."))
async def resume(request: Request, body: Which) -> Status:
    name = body.name and await _named(request, body.name)
    return status_of(await act(request, "resume", name=name))


@operation("POST", "/records/{name}/resume", may="act", others=(502,), summary=said("Go on with one name."))
async def resume_one(request: Request, name: str) -> Status:
    return status_of(await act(request, "resume", name=await _named(request, name)))


async def _retried(request: Request, name: str | None) -> Retried:
    found = await act(request, "retry", name=name)
    return Retried(found.get("retried", []), status_of(found))


async def _named(request: Request, name: str) -> str:
    """Return a name as the agent spells it.

    Raises:
        Refusal: there is no such name here.
    """
    return (await _of(request, name))[0].name


async def _of(request: Request, name: str) -> list[Record]:
    """Return the RRsets of a name.

    Raises:
        Refusal: there is no such name here.
    """
    wanted = name.lower().removesuffix(".")
    found = [each for each in status_of(await desk(request).house.status()).records if each.name == wanted]
    if not found:
        raise Refusal(404, "there is no record of that name; /records lists them")
    return found


async def _sent(request: Request) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    async for number, found in desk(request).house.changes():
        yield b"id: %d\nevent: status\ndata: %s\n\n" % (number, msgspec.json.encode(status_of(found)))


OPERATIONS = (
    version,
    status,
    records,
    record,
    addresses,
    events,
    round_,
    retry,
    retry_one,
    pause,
    pause_one,
    resume,
    resume_one,
)
