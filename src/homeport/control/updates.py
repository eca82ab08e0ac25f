"""The update: an authenticated token wants addresses for hosts, and each host has its own answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from homeport.control.admission import Wish, decide
from homeport.control.commits import Commits
from homeport.control.directory import NOTHING, Directory
from homeport.model.directory import Bind, Binding, Origin, Stamp, Token
from homeport.model.name import Fqdn
from homeport.telemetry.events import Event, emit


class Status(StrEnum):
    """How a wish ended."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


UNKNOWN_HOST = "this token has no such host"


@dataclass(frozen=True, slots=True)
class Result:
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """A request's answer; `results` in the order of its wishes."""

    revision: int
    results: tuple[Result, ...]


class Updates:
    """The use case. A wish that changes nothing writes nothing."""

    def __init__(self, directory: Directory, commits: Commits) -> None:
        self._directory = directory
        self._commits = commits

    async def update(
        self, token: Token, wishes: Sequence[Wish], origin: Origin, stamp: Stamp | None = None
    ) -> Outcome:
        """Grant what may be granted, in one commit, durable and answered by this server's DNS.

        Raises:
            StoreUnavailable: not written; nothing changed.
        """
        mine = {wish.host for wish in wishes if wish.host in token.hosts}
        async with self._commits.holding(mine):
            before = {name: self._directory.binding(name) for name in mine}
            after, results = self._decide(before, token, wishes)
            ops = [Bind(name, after[name]) for name in after if after[name] != before[name]]
            revision = await self._commit(ops, mine, origin, stamp)
        for result in results:
            _tell(result, origin)
        return Outcome(revision, tuple(results))

    async def _commit(self, ops: Sequence[Bind], mine: set[Fqdn], origin: Origin, stamp: Stamp | None) -> int:
        if ops:
            return await self._commits.commit(ops, origin=origin, stamp=stamp)
        await self._commits.applied(max((self._directory.changed.get(name, 0) for name in mine), default=0))
        return self._directory.revision

    def _decide(
        self, before: dict[Fqdn, Binding], token: Token, wishes: Sequence[Wish]
    ) -> tuple[dict[Fqdn, Binding], list[Result]]:
        """Return what each host shall be bound to, and each wish's answer; a host may be wished for twice."""
        after, results = dict(before), []
        for wish in wishes:
            host = self._directory.hosts.get(wish.host) if wish.host in token.hosts else None
            if host is None:
                results.append(Result(wish.host, Status.REFUSED, reason=UNKNOWN_HOST))
                continue
            bound = after[wish.host]
            decided = decide(host, bound, wish)
            if isinstance(decided, str):
                results.append(Result(wish.host, Status.REFUSED, bound, decided))
                continue
            after[wish.host] = decided
            results.append(
                Result(wish.host, Status.UNCHANGED if decided == bound else Status.CHANGED, decided)
            )
        return after, results


_EVENTS = {
    Status.CHANGED: Event.UPDATE_ACCEPTED,
    Status.UNCHANGED: Event.UPDATE_UNCHANGED,
    Status.REFUSED: Event.UPDATE_REFUSED,
}


def _tell(result: Result, origin: Origin) -> None:
    fields = (
        {"reason": result.reason}
        if result.reason
        else {"addresses": list(map(str, result.binding.addresses))}
    )
    emit(
        _EVENTS[result.status],
        host=str(result.host),
        via=origin.via,
        token=origin.token,
        source=origin.source,
        **fields,
    )
