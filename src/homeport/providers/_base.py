"""What providers share: settings, and the few moves that every host's API asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, ClassVar, TypeVar
from urllib.parse import quote, quote_plus, urlsplit

import msgspec
from msgspec import Meta

from homeport.errors import Abused, ConfigInvalid, HomeportError, Refused, Throttled, Unavailable, Unconfirmed
from homeport.model.address import IPAddress
from homeport.model.plan import Change
from homeport.model.rrset import ADDRESSES, RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Observed
from homeport.providers._about import About, Limits

T = TypeVar("T")
Results = Mapping[RRsetKey, HomeportError | None]
Send = Callable[[Sequence[Change]], Awaitable[None]]
AT_ONCE = 8  # requests to one host at the same time


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every provider takes. A subclass sets its `tag` and adds the host's own words."""

    nameservers: Annotated[
        tuple[str, ...],
        Meta(
            description='servers asked when verifying, as "address:port", instead of those found by NS lookup'
        ),
    ] = ()
    interface: Annotated[str, Meta(description="reach the host over this interface alone")] = ""
    source: Annotated[IPAddress | None, Meta(description="reach the host from this address alone")] = None
    proxy: Annotated[
        Secret | None,
        Meta(
            description="reach the host through this proxy: an http, https, socks5 or socks5h URL, or where one "
            "stands (env:NAME, file:/path, secret:name)",
            extra={"reads": "proxy"},
        ),
    ] = None


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a record's `options` may hold at this host: nothing, unless a subclass says so."""


class Adapter:
    """What is true of most hosts: an RRset is held as wanted, DNS answers it, no server is named.

    A provider names its own types where it is declared: `class DuckDns(Adapter, settings=Settings)`.

    Attributes:
        types: the record types that it can hold; HTTPS, SVCB and TXT in presentation format.
        remark: the option that is a remark beside each record, by which an agent knows its own.
    """

    kind: ClassVar[str]
    types: frozenset[RRType] = frozenset(ADDRESSES)
    remark: ClassVar[str] = ""
    about: ClassVar[About]
    limits: ClassVar[Limits] = Limits()
    write_only: ClassVar[bool] = False
    Settings: ClassVar[type[Settings]] = Settings
    Options: ClassVar[type[Options]] = Options

    def __init_subclass__(
        cls, *, settings: type[Any] | None = None, options: type[Any] | None = None
    ) -> None:
        super().__init_subclass__()
        cls.Settings = settings or cls.Settings
        cls.Options = options or cls.Options

    def clamp(self, wanted: RRset) -> RRset:
        self.must_hold(wanted.key)
        return wanted

    def must_hold(self, key: RRsetKey) -> None:
        """Check that there are records of this type here.

        Raises:
            ConfigInvalid: there are none.
        """
        if key.type not in self.types:
            raise ConfigInvalid(f"{self.kind} cannot hold {key.type} records")

    def is_in_dns(self, rrset: RRset) -> bool:
        return True

    async def nameservers(self) -> Sequence[str]:
        return ()


class WriteOnly(Adapter):
    """A host that takes one address of each family for a name, decides the TTL, and cannot be asked."""

    write_only: ClassVar[bool] = True

    def clamp(self, wanted: RRset) -> RRset:
        self.must_hold(wanted.key)
        if len(wanted.rdata) > 1:
            raise ConfigInvalid(f"{self.kind} holds one address for {wanted.key}, not {len(wanted.rdata)}")
        return RRset(wanted.key, wanted.rdata, None)

    async def observe(self, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        return {key: Refused(f"{self.kind} cannot be asked what it holds for {key}") for key in keys}


class OneRefused(Exception):
    """A request was refused whole, and nothing of it was done, for the sake of one of its changes.

    Attributes:
        error: what that change failed with.
    """

    def __init__(self, error: HomeportError) -> None:
        super().__init__(str(error))
        self.error = error


def same(changes: Iterable[Change], outcome: HomeportError | None) -> Results:
    """Return one outcome for every change."""
    return {change.key: outcome for change in changes}


async def settled(changes: Sequence[Change], work: Awaitable[Results]) -> Results:
    """Return what `work` returns; a failure of the whole is the outcome of every change."""
    try:
        return await work
    except HomeportError as error:
        return same(changes, error)


async def apart(changes: Sequence[Change], send: Send) -> Results:
    """Send the changes in one request; where the whole is refused for the sake of one, find it by halves.

    Args:
        send: makes all of them true or none; raises OneRefused to be asked again with fewer.
    """
    try:
        await send(changes)
    except OneRefused as refused:
        if len(changes) == 1:
            return same(changes, refused.error)
        middle = len(changes) // 2
        return await in_line((changes[:middle], changes[middle:]), send, 1)
    except HomeportError as error:
        return same(changes, error)
    return same(changes, None)


async def in_line(requests: Iterable[Sequence[Change]], send: Send, at_once: int) -> Results:
    """Send every request, `at_once` at a time; once the host asks for patience, what is left is told so unsent."""
    stopped: list[HomeportError | None] = []

    async def one(some: Sequence[Change]) -> Results:
        if stopped:
            return same(some, stopped[0])
        results = await apart(some, send)
        stopped.extend(each for each in results.values() if isinstance(each, Throttled | Abused))
        return results

    return joined(await beside((one(some) for some in requests), at_once))


async def outcome(work: Awaitable[T]) -> T | HomeportError:
    """Return what `work` returns, or the error it failed with, so that it hides no other's."""
    try:
        return await work
    except HomeportError as error:
        return error


async def revealed(secret: Secret) -> str:
    """Return a secret's value, read beside the loop: the encrypted store takes a fifth of a second.

    Raises:
        SecretUnreadable: the place it comes from does not have it.
    """
    return await asyncio.to_thread(secret.reveal)


async def beside(works: Iterable[Awaitable[T]], at_once: int = AT_ONCE) -> list[T]:
    """Do every work, `at_once` at a time, and return what each returned, in order.

    Raises:
        HomeportError: the first failure; the others are cancelled.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(work: Awaitable[T]) -> T:
        async with gate:
            return await work

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(work)) for work in works]
    except BaseExceptionGroup as several:
        raise _first(several) from several
    return [task.result() for task in tasks]


def joined(results: Iterable[Results]) -> Results:
    """Return the outcomes of several requests as one mapping."""
    return {key: outcome for part in results for key, outcome in part.items()}


def chunks(items: Iterable[T], size: int) -> list[list[T]]:
    """Return `items` in lists of at most `size`."""
    rest = iter(items)
    return list(iter(lambda: list(islice(rest, size)), []))


def alike(
    groups: Iterable[Sequence[Change]], wish: Callable[[Sequence[Change]], Hashable], most: int
) -> list[list[Change]]:
    """Return the changes by request: groups with the same wish go together, at most `most` of them."""
    same: dict[Hashable, list[Sequence[Change]]] = {}
    for group in groups:
        same.setdefault(wish(group), []).append(group)
    return [
        [change for group in some for change in group]
        for each in same.values()
        for some in chunks(each, most)
    ]


def decode(answer: HttpAnswer, shape: type[T], *, changes: bool) -> T:
    """Read a JSON body.

    Raises:
        Unavailable: it is something else (a portal's page), or only a part came.
        Unconfirmed: the same, where the request may have changed something.
    """
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise not_understood(answer, "its JSON", changes=changes) from None


def not_understood(answer: HttpAnswer, wanted: str, *, changes: bool) -> HomeportError:
    """Return what an answer means that is not what the host sends."""
    found = answer.headers.get("content-type", "").partition(";")[0].strip() or "something"
    failed = Unconfirmed if changes else Unavailable
    return failed(
        f"{place(answer)} answered {found} that is not {wanted}: a portal or proxy may be in between"
    )


def place(answer: HttpAnswer) -> str:
    """Return the host that answered."""
    return urlsplit(answer.url).netloc


def quoted(text: str, *secrets: str) -> str:
    """Return a host's own words as they may be shown: one line, not long, and without a secret they echo."""
    for secret in filter(None, secrets):
        for spelled in (secret, quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(spelled, "***")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    error = several.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
