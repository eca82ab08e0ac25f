"""The update: an authenticated token wants addresses for hosts, and each host has its own answer."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from homeport.control.admission import Wish, decide
from homeport.control.commits import Commits
from homeport.control.directory import NOTHING, Directory
from homeport.control.telling import Teller
from homeport.model.directory import Bind, Binding, Origin, Stamp, Token
from homeport.model.name import Fqdn
from homeport.telemetry.events import Event


class Status(StrEnum):
    """How a wish ended."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


UNKNOWN_HOST = "this token has no such host"


class Result(msgspec.Struct, frozen=True):
    """One host's answer.

    Attributes:
        binding: what the host is bound to now; nothing for a host the token has no right to see.
        reason: why it was refused, a sentence; empty otherwise.
    """

    host: Fqdn
    status: Status
    binding: Binding = NOTHING
    reason: str = ""

    @property
    def is_unknown(self) -> bool:
        return self.reason == UNKNOWN_HOST


class Outcome(msgspec.Struct, frozen=True):
    """A request's answer; `results` in the order of its wishes."""

    revision: int
    results: tuple[Result, ...]


_EVENTS = {
    Status.CHANGED: Event.UPDATE_ACCEPTED,
    Status.UNCHANGED: Event.UPDATE_UNCHANGED,
    Status.REFUSED: Event.UPDATE_REFUSED,
}


class Updates:
    """The use case. A wish that changes nothing writes nothing."""

    def __init__(self, directory: Directory, commits: Commits, teller: Teller) -> None:
        self._directory = directory
        self._commits = commits
        self._teller = teller

    async def update(
        self, token: Token, wishes: Sequence[Wish], origin: Origin, stamp: Stamp | None = None
    ) -> Outcome:
        """Grant what may be granted, in one commit, durable and answered by this server's DNS.

        Raises:
            StoreUnavailable: not written; nothing changed.
        """
        mine = [wish.host for wish in wishes if wish.host in token.hosts]
        async with self._commits.holding(mine):
            changed: dict[Fqdn, Binding] = {}
            results = [self._grant(wish, mine, changed) for wish in wishes]
            ops = [Bind(name, binding) for name, binding in changed.items()]
            revision = await self._commit(ops, mine, origin, stamp)
        for result in results:
            if self._teller.is_wanted(_EVENTS[result.status]):
                self._tell(result, origin)
        return Outcome(revision, tuple(results))

    async def _commit(
        self, ops: Sequence[Bind], mine: Sequence[Fqdn], origin: Origin, stamp: Stamp | None
    ) -> int:
        if ops:
            return await self._commits.commit(ops, origin=origin, stamp=stamp)
        await self._commits.applied(max((self._directory.changed.get(name, 0) for name in mine), default=0))
        return self._directory.revision

    def _grant(self, wish: Wish, mine: Sequence[Fqdn], changed: dict[Fqdn, Binding]) -> Result:
        """Decide one wish for one of the token's hosts, and add what is granted to what changes."""
        name = wish.host
        host = self._directory.hosts.get(name) if name in mine else None
        if host is None:
            return Result(name, Status.REFUSED, reason=UNKNOWN_HOST)
        before = (changed.get(name) if changed else None) or self._directory.binding(name)
        decided = decide(host, before, wish)
        if isinstance(decided, str):
            return Result(name, Status.REFUSED, before, decided)
        if decided == before:
            return Result(name, Status.UNCHANGED, before)
        changed[name] = decided
        return Result(name, Status.CHANGED, decided)

    def _tell(self, result: Result, origin: Origin) -> None:
        """Tell what became of a wish; a name outside our zones is not repeated, for it may be a misplaced secret."""
        addresses = list(map(str, result.binding.addresses))
        fields = {"reason": result.reason} if result.reason else {"addresses": addresses}
        host = {"host": str(result.host)} if self._directory.zone_of(result.host) else {}
        self._teller.tell(
            _EVENTS[result.status],
            **host,
            via=origin.via,
            token=origin.token,
            source=origin.source,
            **fields,
        )
