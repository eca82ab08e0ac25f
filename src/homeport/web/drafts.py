"""What a person has answered in setting up, between the steps: in this process's memory alone, secrets and all.

A draft is forgotten once its name is right, or after `LIFE` seconds of quiet; while there is one, the process stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport import trial
from homeport.config import first, loader, paths, secret_store
from homeport.config.first import SOURCES, Answers
from homeport.config.kinds import kind_of
from homeport.config.models import AUTO
from homeport.errors import ConfigInvalid
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType

LIFE = 1800.0  # seconds of quiet
MOST = 8  # drafts at once: each is a browser that is signed in
Found = Mapping[str, Any]


@dataclass
class Draft:
    """One browser's answers so far.

    Attributes:
        secrets: by the setting's name.
        account: what the provider is called in the file; `is_known` when the file has it already.
        base: the file that the name is added to, empty where there is none yet; `seen` is what stands there.
        is_moved: the file became another one under answers whose plan was seen.
        written: the file as it was made of these answers; while it is so, they may be changed.
        found: what each source of addresses would publish, empty until they were asked.
        tested: `True` once the host took the credentials, or cannot be asked; with them `zones` is what it listed.
        problem: what is wrong, in words that are ours and can be translated; `said` is in the host's own.
    """

    kind: str = ""
    account: str = ""
    is_known: bool = False
    base: str = ""
    path: Path = Path(paths.FILE)
    seen: bytes | None = None
    is_moved: bool = False
    given: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    tested: bool = False
    zones: tuple[str, ...] | None = None
    problem: str = ""
    said: str = ""
    problems: dict[str, str] = field(default_factory=dict)
    zone: str = ""
    label: str = ""
    name: Fqdn | None = None
    types: tuple[RRType, ...] = ()
    ttl: int = first.TTL
    there: dict[str, list[str]] = field(default_factory=dict)
    source: str = ""
    adopt: bool = False
    written: bytes = b""
    until: float = 0.0
    found: dict[str, Found] = field(default_factory=dict)

    def choose(self, kind: str, account: str = "", *, is_known: bool = False) -> None:
        """Begin with a host; what was answered about another one is forgotten."""
        if (kind, account or kind, is_known) == (self.kind, self.account, self.is_known):
            return
        self.kind, self.account, self.is_known = kind, account or kind, is_known
        self.given, self.secrets = {}, {}
        self.tested, self.zones, self.zone, self.name = False, None, "", None
        self.is_moved = False
        self.forget_problems()

    def rest_on(self, path: Path) -> None:
        """Take the file as it is now; answers that were not written yet, and fit this one too, are kept.

        Raises:
            ConfigInvalid: the file has faults; a line for each.
        """
        seen = _bytes(path)  # before it is read as text: who writes in between is then noticed
        found = loader.examine(path) if path.exists() else None
        if found is not None and found.config is None:
            raise ConfigInvalid("\n".join(found.lines(found.faults)))
        text = found.text if found else ""
        self.path, self.seen = path, seen
        if text != self.base and text.encode() != self.written:
            self._move(text)

    def _move(self, text: str) -> None:
        was_written, self.base, self.written = bool(self.written), text, b""
        there = self.accounts().get(self.account)
        is_gone = self.is_known and (there is None or kind_of(there) != self.kind)
        if not self.kind or was_written or is_gone:
            self.kind = self.account = ""
            return
        if not self.is_known:
            self.account = self.account_for(self.kind)
        self.is_moved = self.name is not None and bool(self.source)

    def accounts(self) -> dict[str, Any]:
        """Return the providers that the file has, by their names."""
        agent = loader.parse(self.base, self.path).config.agent if self.base else None
        return dict(agent.providers) if agent else {}

    def account_for(self, kind: str) -> str:
        """Return a name for another provider that neither the file nor the encrypted store knows."""
        if not self.base:
            return kind
        kept = {name.rpartition("-")[0] for name in secret_store.names(paths.secret_store(self.path.parent))}
        return first.free(kind, {*self.accounts(), *kept})

    def forget_problems(self) -> None:
        """Forget what was wrong with the last answer."""
        self.problem, self.said, self.problems = "", "", {}

    def settings(self) -> dict[str, Any]:
        """Return the provider's settings as they will stand in the file: of secrets the name alone."""
        if self.is_known:
            return {}
        named = {name: f"secret:{first.stored_as(self.account, name)}" for name in self.secrets}
        return {**self.given, **named}

    def stored(self) -> dict[str, str]:
        """Return the secrets by the names they will have in the encrypted store; what is there already has its own."""
        if self.is_known:
            return {}
        return {first.stored_as(self.account, name): value for name, value in self.secrets.items()}

    def answers(self) -> Answers | None:
        """Return everything that was answered; `None` while a step is open."""
        if not self.kind or self.name is None or not self.types:
            return None
        return Answers(
            self.name,
            self.kind,
            self.settings(),
            self.stored(),
            self.types,
            self.source or AUTO,
            self.ttl,
            self.adopt,
            self.account,
            self.base,
            self.path,
            self.seen,
        )

    async def learn(self) -> None:
        """Ask every source of addresses at once, and remember what each said."""
        async with asyncio.TaskGroup() as group:
            asked = {source: group.create_task(trial.addresses(source)) for source in SOURCES}
        self.found = {source: task.result() for source, task in asked.items()}


def _bytes(path: Path) -> bytes | None:
    """Return what stands there; what cannot be read is said when it is read as text."""
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


class Drafts:
    """Every draft, by the session whose it is."""

    def __init__(self) -> None:
        self._all: dict[bytes, Draft] = {}

    def of(self, session: bytes, now: float) -> Draft:
        """Return a session's draft, an empty one where there is none; `now` is monotonic."""
        self._expire(now)
        draft = self._all.setdefault(session, Draft())
        draft.until = now + LIFE
        while len(self._all) > MOST:
            del self._all[min(self._all, key=lambda each: self._all[each].until)]
        return draft

    def forget(self, session: bytes) -> None:
        """Forget a session's draft."""
        self._all.pop(session, None)

    def is_open(self, now: float) -> bool:
        """Tell whether anybody has answered something that would be lost."""
        self._expire(now)
        return any(draft.kind for draft in self._all.values())

    def _expire(self, now: float) -> None:
        for session in [each for each, draft in self._all.items() if draft.until < now]:
            del self._all[session]
