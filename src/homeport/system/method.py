"""A way of being started by the operating system: what is kept running, and what each way must be able to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

Role = Literal["run", "once", "serve"]
Scope = Literal["machine", "user"]
FOR_EVERY_ACCOUNT = "sudo PIPX_HOME=/opt/pipx PIPX_BIN_DIR=/usr/local/bin pipx install homeport"
"""Where an account of a service reaches the program; `--global` says the same, from pipx 1.5 on."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the operating system is to start.

    Attributes:
        role: `run` and `serve` stay; `once` ends by itself and is started again every so often.
        program: the words that start homeport, absolute: an executable, or an interpreter with `-m homeport`.
        config: the file, absolute.
        state: the folder of the database and the log.
        scope: for the whole machine, before anybody logs in; or for this account alone.
        every: seconds between two starts of `once`.
        environment: variables that it needs and the system would not give it.
        dns: the addresses, as numbers, with ports below 1024 at which it answers DNS: systemd can listen for it.
        binds_low: it listens on another port below 1024, which takes a right of its own on Unix.
        database: what it will own while it runs, where that is known.
        secrets: files outside of `state` with secrets that it reads.
        parts: what else the program is made of and its account must reach: its interpreter, its modules.
    """

    role: Role
    program: tuple[str, ...]
    config: Path
    state: Path
    scope: Scope = "machine"
    every: float = 300.0
    environment: Mapping[str, str] = field(default_factory=dict)
    dns: tuple[tuple[str, int], ...] = ()
    binds_low: bool = False
    database: Path | None = None
    secrets: tuple[Path, ...] = ()
    parts: tuple[Path, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """The whole command, as the system is to run it."""
        page = ("--no-web",) if self.role == "run" else ()
        return (*self.program, self.role, "--config", str(self.config), *page)

    @property
    def stays(self) -> bool:
        return self.role != "once"

    @property
    def needs_low(self) -> bool:
        """Whether it listens below 1024 when nobody does that for it."""
        return self.binds_low or bool(self.dns)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an installation stands.

    Attributes:
        is_installed: the system knows of it.
        is_enabled: it would be started at the next boot or log-on.
        is_running: now; `None` where the system does not say.
        command: what the system would run, as it has it, for a look at quoting and paths.
        account: under which it runs, as the system names it.
        last_exit: exit code of the last run, `None` when it is not known.
        places: files, keys and units that are part of it.
        handed: files that the system reads for it, so that its account need not.
        notes: what else a person should know, a sentence each.
    """

    is_installed: bool
    is_enabled: bool = False
    is_running: bool | None = None
    command: str = ""
    account: str = ""
    last_exit: int | None = None
    places: Sequence[str] = ()
    handed: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What a way has installed, as it stood, for its `put_back`; false where nothing was.

    Attributes:
        parts: texts, files and values by their place; what they are is the way's own business.
        is_enabled: it would have been started at the next boot or log-on.
    """

    parts: Mapping[str, Any] = field(default_factory=dict)
    is_enabled: bool = False

    def __bool__(self) -> bool:
        return bool(self.parts)


NOTHING = Kept()


class Method(Protocol):
    """One way of being started. Everything is idempotent; what is not there is not missed.

    A way may have more, which is asked for by name: `last_words(job)` returns the lines that the system kept, `restart(job)`
    is better than to stop and to start, `hands(job)` tells whether the system reads files of secrets for the job.

    Attributes:
        kind: as `--method` names it.
        title: for people, in a sentence.
    """

    kind: ClassVar[str]
    title: ClassVar[str]

    def why_not(self, scope: Scope) -> str | None:
        """Say, in one sentence with the way out, why it cannot be used here; `None` when it can."""

    def prepare(self, job: Job) -> Job:
        """Return the job as this way runs it: its own places, accounts and program."""

    def render(self, job: Job) -> Mapping[str, str]:
        """Return every text that is installed (a unit, task XML, a plist), by the place it goes to."""

    def install(self, job: Job) -> None:
        """Make it start at every boot or log-on; a second time replaces the first.

        Raises:
            NotAllowed: this account may not.
            Refused: the system does not take it; what was installed before stands as it stood.
        """

    def keep(self, job: Job) -> Kept:
        """Return what is installed at the job's place, to be put back when another takes it and fails."""

    def put_back(self, job: Job, kept: Kept) -> None:
        """Make what is installed what it was; `NOTHING` removes it.

        What runs may be stopped by that, or may be left to run: whoever wants it stopped says so before, whoever
        wants it started afterwards.
        """

    def reaches(self, job: Job, path: Path) -> bool:
        """Tell whether the account that runs the job can read a file, or run a program, where it lies."""

    def uninstall(self, job: Job) -> None:
        """Stop it, and leave nothing behind but configuration and state."""

    def start(self, job: Job) -> None:
        """Start it now, the way the system will."""

    def stop(self, job: Job) -> None:
        """Stop it now; it is started again at the next boot."""

    def standing(self, job: Job) -> Standing:
        """Return how it stands."""
