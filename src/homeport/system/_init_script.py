"""A script in /etc/init.d, which OpenRC and procd share: written, enabled, and removed again when that fails."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from homeport.errors import HomeportError, Refused
from homeport.system import _own_account, programs
from homeport.system.files import snapshot
from homeport.system.method import FOR_EVERY_ACCOUNT, NOTHING, Job, Kept

NAMES = {"run": "homeport", "serve": "homeport-server"}
ACCOUNT = "homeport"
AS_ROOT = (
    "it runs as root: the program lies where no other account may enter, or a port below 1024 takes root here; installed"
    f" for every account (`{FOR_EVERY_ACCOUNT}`), with higher ports, it gets an account of its own"
)


class InitScript(ABC):
    """A way that keeps one script for each program that stays.

    Attributes:
        maker: whose scripts these are, for a sentence.
        folder: where they lie.
    """

    maker: ClassVar[str]
    folder: ClassVar[Path] = Path("/etc/init.d")

    @abstractmethod
    def script(self, job: Job) -> str:
        """Return the text of the script."""

    @abstractmethod
    def enable(self, job: Job) -> None:
        """Have a script that is there started with the machine."""

    @abstractmethod
    def disable(self, job: Job) -> None:
        """Stop it, and have it started no more."""

    @abstractmethod
    def account(self, job: Job) -> str:
        """Return whom it runs as: `ACCOUNT` where that can do it, else root."""

    @abstractmethod
    def make_account(self, job: Job) -> None:
        """Make `ACCOUNT`, which is not there."""

    @abstractmethod
    def links(self, job: Job) -> list[Path]:
        """Return where the links lie, or would lie, that have it started with the machine."""

    def path(self, job: Job) -> Path:
        return self.folder / NAMES[job.role]

    def prepare(self, job: Job) -> Job:
        if not job.stays:
            raise Refused(
                f"{self.maker} keeps programs running and does no single rounds; choose --method cron for `once`"
            )
        return replace(job, config=job.state / job.config.name, scope="machine")

    def render(self, job: Job) -> Mapping[str, str]:
        return {str(self.path(job)): self.script(job)}

    def install(self, job: Job) -> None:
        kept = self.keep(job)
        try:
            _own_account.ensure(self.account(job), lambda: self.make_account(job), job.state)
            programs.write(self.path(job), self.script(job), 0o755)
            self.enable(job)
        except HomeportError:
            self.put_back(job, kept)
            raise

    def keep(self, job: Job) -> Kept:
        if not (script := snapshot(self.path(job))):
            return NOTHING
        links = [snapshot(link) for link in self.links(job)]
        return Kept({str(each.path): each for each in (script, *links)}, any(links))

    def put_back(self, job: Job, kept: Kept) -> None:
        if not kept:
            return self.uninstall(job)
        for each in kept.parts.values():
            each.put_back()
        return None

    def reaches(self, job: Job, path: Path) -> bool:
        return self.account(job) != ACCOUNT or _own_account.reaches(job, path)

    def uninstall(self, job: Job) -> None:
        if self.path(job).exists():
            self.disable(job)
            programs.remove(self.path(job))
