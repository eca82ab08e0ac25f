"""The sockets on the wall: every seam of the system, and nothing else.

Each Protocol is what the core needs and no more. An adapter fits by shape and need not
import this module; the conformance suites in `tests/` hold it to the prose.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

from homeport.errors import HomeportError
from homeport.model.address import Family, IPAddress
from homeport.model.directory import Base, Delta, Op, Origin, Stamp
from homeport.model.interface import InterfaceAddress
from homeport.model.ledger import Note
from homeport.model.line import ANY_LINE, Line
from homeport.model.name import Fqdn
from homeport.model.news import News
from homeport.model.observation import Observation
from homeport.model.plan import Change
from homeport.model.pushed import Pushed
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret


class Clock(Protocol):
    """All time goes through here, so that tests run days in milliseconds and sleep/wake is a test case."""

    def now(self) -> float:
        """Return the wall clock, unix seconds; it may jump."""

    def monotonic(self) -> float:
        """Return seconds that only grow, from an arbitrary start."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`; at once (after one turn of the loop) when not positive."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole response: read to its end, within its bound.

    Attributes:
        headers: names in lower case.
        url: scheme, host and path that answered; never the query, which may hold a secret.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Http(Protocol):
    """Bounded HTTP: timeouts, a size limit, verified TLS, no redirects followed, every failure classified."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        changes: bool,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        family: Family | None = None,
    ) -> HttpAnswer:
        """Send one request and return whatever the server answered, any status.

        Args:
            changes: the request may change something at the peer, whatever its method.
            family: only sockets of this family; `None` is either.

        Raises:
            Unavailable: no answer, and nothing can have changed there.
            Unconfirmed: `changes`, the request left, and no whole answer came back.
        """

    async def renew(self) -> None:
        """Use no connection again that was kept until now: it may lead over a line that is gone.

        What is under way goes on. The first turn of the loop is enough for requests that come after it.
        """

    def bound(self, line: Line) -> Http:
        """Return the same client over `line`; it is closed with this one."""

    def through(self, proxy: Secret) -> Http:
        """Return the same client through the proxy whose URL this is; it is closed with this one.

        What the proxy does is told as its own: it cannot be reached, or refuses who asks, and nothing was changed.
        """


class Resolver(Protocol):
    """DNS as this agent asks it: where a host is, who serves a zone, and what they answer."""

    async def addresses(self, host: str, family: Family | None = None) -> Sequence[IPAddress]:
        """Return a host's addresses, at least one.

        Raises:
            Unavailable: there are none, or nobody could say.
        """

    async def nameservers(self, zone: Fqdn) -> Sequence[str]:
        """Return `address:port` of every authoritative server of the zone that holds `zone`, by NS lookup.

        Raises:
            Unavailable: they could not be found.
        """

    async def serial(self, server: str, name: Fqdn) -> int:
        """Return the serial (of its SOA) at which one server answers for the zone that holds `name`.

        Raises:
            Unavailable: it did not answer, or not with authority.
        """

    async def ask(self, server: str, key: RRsetKey) -> frozenset[str]:
        """Return the RDATA one server answers with authority; empty when it says there is none.

        Raises:
            Unavailable: it did not answer, or not with authority.
        """


class Pushes(Protocol):
    """What routers pushed, each with a credential of its own, over restarts. One writer."""

    @property
    def words(self) -> Mapping[str, Pushed]:
        """What was pushed, by credential, as far as it was read."""

    async def of(self, credential: str) -> Pushed | None:
        """Return what was pushed last with a credential; `None` when nothing was.

        Raises:
            StoreUnavailable: it cannot be read.
        """

    async def keep(self, credential: str, word: Pushed, known: Collection[str]) -> bool:
        """Make a router's word durable; tell whether it says anything new.

        Args:
            known: the credentials there are; what others pushed is forgotten.

        Raises:
            StoreUnavailable: nothing was written.
        """


@dataclass(frozen=True, slots=True)
class Tools:
    """What the composition root hands to every detector, watcher and provider.

    Attributes:
        line: how whatever is sent has to leave; `http` follows it already, other sockets must. Names are looked
            up as the system does, over any line.
        interfaces: returns the addresses of this machine's interfaces, as they are now.
        random: uniform in [0, 1).
        pushed: what routers pushed; `None` where nobody keeps it.
    """

    clock: Clock
    http: Http
    resolver: Resolver
    interfaces: Callable[[], Awaitable[Sequence[InterfaceAddress]]]
    random: Callable[[], float]
    line: Line = ANY_LINE
    pushed: Pushes | None = None

    def bound(self, line: Line) -> Tools:
        """Return the same tools over `line`; `interfaces` then knows the addresses of that line alone."""

        async def of_line() -> Sequence[InterfaceAddress]:
            return [one for one in await self.interfaces() if one.is_on(line)]

        return replace(self, line=line, http=self.http.bound(line), interfaces=of_line)

    def through(self, proxy: Secret | None) -> Tools:
        """Return the same tools with HTTP through a proxy, where one is given; other sockets know no proxy."""
        return replace(self, http=self.http.through(proxy)) if proxy else self


class Detector(Protocol):
    """Learns this machine's addresses.

    Attributes:
        kind: its name in the configuration, and its module's.
        operator: who answers (`ipify.org`, `this machine`); two detectors of one operator are one witness.
        protocol: what is spoken with it: `https`, `http`, `dns`, `dot`, `doh`, `stun`, ...; `system` here.
        camp: where it stands, for a proxy may carry the way to one and not to the other: `mainland` (China),
            `worldwide`, or nothing for this machine, the LAN, and what is not known.
        witnesses: how many independent ones of this kind must agree by default, per family.
        families: where there is such an attribute, those that it can tell of; without one, both.
        lacks: where there is such an attribute, those of them that its settings leave out: it never has one to tell.
    """

    kind: ClassVar[str]
    witnesses: ClassVar[int]
    operator: str
    protocol: str
    camp: str

    async def detect(self, family: Family) -> Observation:
        """Return what was learned. Never raises for "could not tell": that is `Unknown(why)`."""

    def describe(self) -> str:
        """Return one short line for people: kind and what it asks, without secrets."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Look now. It never says what the address is.

    Attributes:
        is_routine: nothing was noticed; it was only time to look again.
    """

    why: str
    is_routine: bool = False


class Watcher(Protocol):
    """Notices that something may have changed."""

    kind: ClassVar[str]

    def events(self) -> AsyncIterator[Hint]:
        """Yield a hint for every change, without end; a burst of changes may be one hint.

        Raises:
            Unavailable: this machine cannot tell (no such socket, no permission); the poll goes on without.
        """


Observed = RRset | None | HomeportError
"""What a host was found to hold for one key: an RRset, none, or why that could not be learned."""


class Provider(Protocol):
    """A place where RRsets are published. Batched, idempotent, one result per change.

    Attributes:
        kind: its name in the configuration, and its module's.
        write_only: nothing can be listed there; the ledger is the truth.
        account: which credential's budget a request spends (never the secret itself); the breaker's key.
    """

    kind: ClassVar[str]
    write_only: ClassVar[bool]
    account: str

    def clamp(self, wanted: RRset) -> RRset:
        """Return `wanted` as this host can hold it (a fixed TTL is `None`), so that plans do not flap.

        The host is shown every RRset once before it is asked about any, with an address that means nothing: where
        options tell one RRset of a key from another (an ISP's line), it remembers which is meant.

        Raises:
            ConfigInvalid: it cannot hold it at all: the name is in none of its zones, the type unknown.
        """

    def is_in_dns(self, rrset: RRset) -> bool:
        """Tell whether DNS answers `rrset` as it was written; a proxied one it does not."""

    async def observe(self, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        """Return what the host holds for every one of `keys`; `None` is "no such RRset", an error "not learned".

        Never raises for the peer's doing: a zone that cannot be listed says nothing about another, and an
        incomplete list is never taken for a whole one.
        """

    async def apply(self, changes: Sequence[Change]) -> Mapping[RRsetKey, HomeportError | None]:
        """Make every change true, as few requests as the API allows; `None` is success.

        Idempotent: applying twice is applying once. Never raises for the peer's doing: every change has
        its own result, and one that fails never hides another.
        """

    async def nameservers(self) -> Sequence[str]:
        """Return `address:port` of the servers to verify at, when the host itself says; else empty."""


class Notifier(Protocol):
    """Tells people what happened. Its failure never touches an update.

    Attributes:
        kind: its name in the configuration, and its module's.
    """

    kind: ClassVar[str]

    async def send(self, news: News) -> str:
        """Tell people, and return what the other side answered: one line without secrets.

        Telling twice is allowed, and happens where it is not known whether the first time arrived.

        Raises:
            Unavailable: nobody was told; the network, or a service that is down.
            Throttled: the service asks for patience; nobody was told.
            Refused: the service says that it will not tell it: a person has to look at the settings.
            Unconfirmed: it was sent, and whether it arrived is not known.
            SecretUnreadable: a secret's source does not have it; nothing was sent.
        """


class Ledger(Protocol):
    """What the agent remembers over a restart. One owner, no concurrency."""

    def notes(self) -> Sequence[Note]:
        """Return everything as it was when this ledger was opened, in no order."""

    async def save(self, notes: Collection[Note]) -> None:
        """Write these notes, all or none, durable when it returns.

        Raises:
            StoreUnavailable: nothing was written; the notes in memory stay the truth until the next save.
        """


class Store(Protocol):
    """The server's state: durable, ordered, revisioned, watchable. Revisions are 1, 2, 3, ... without gaps."""

    async def base(self) -> Base:
        """Return everything at one revision."""

    async def commit(
        self,
        ops: Sequence[Op],
        *,
        origin: Origin,
        expect: Mapping[Fqdn, int] | None = None,
        stamp: Stamp | None = None,
    ) -> int:
        """Make `ops` durable, all or none, and return their revision. One revision a call, many calls an fsync.

        Every follower that iterates `deltas` has been handed the delta before this returns.

        Args:
            expect: revisions at which the named hosts' bindings must still be; 0 is "never bound". It is for
                several writers of one store: a server that is its only one names none.

        Raises:
            Conflict: an expectation failed; this call's ops alone are dropped.
            StoreUnavailable: not written; nothing changed.
        """

    def deltas(self, after: int) -> AsyncIterator[Delta]:
        """Yield every delta later than revision `after`, in order, without gaps, for ever.

        Raises:
            Gap: they are no longer kept; load a base.
        """

    async def newest_signed(self) -> Mapping[tuple[str, Fqdn], int]:
        """Return, for each (token id, host), the timestamp of the newest signed commit, unix seconds."""


Call = Callable[[Mapping[str, Any]], Awaitable[Any]]
"""One command of the local control channel: arguments in, a JSON-able answer out."""
