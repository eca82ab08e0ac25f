"""What is installed already, seen by who installs another: what gives way, what stays, and what must not be touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeport.cli._along import State, state
from homeport.cli._handover import is_seat, ran
from homeport.cli._rehearsal import must_be_alone
from homeport.cli.service import Installed, title, wanted
from homeport.config import loader, paths
from homeport.errors import ConfigInvalid, HomeportError, InUse
from homeport.system.method import Job, Method, Role


class Formers:
    """What is installed on this machine beside a job that is not yet.

    Args:
        path: the file that the job is installed from.
        installed: everything that is, the job's own former included.

    Attributes:
        giving_way: what the job takes the place of: it starts the same part with the same database, file or names.
        staying: what starts the same part with a file of its own for other names.
    """

    def __init__(self, way: Method, job: Job, path: Path, installed: Sequence[Installed]) -> None:
        self._way, self._job, self._path = way, job, path
        self._config = loader.load(path).config
        same = [one for one in installed if _part(one.job.role) == _part(job.role)]
        self._others = [one for one in installed if one not in same]
        self.giving_way = [one for one in same if self._is_replaced(one)]
        self.staying = [one for one in same if one not in self.giving_way]

    def check(self) -> None:
        """See that nothing is lost and nobody else's is touched.

        Raises:
            InUse: it runs already, or what would give way is not this account's to stop.
            ConfigInvalid: the file would take the place of one that something else needs.
        """
        for one in self.giving_way:
            if why := one.method.why_not(one.job.scope):
                raise InUse(f"{title(one)} starts it already, and this account may not remove that: {why}")
        self._must_leave_the_others_their_file()
        by_hand = self._by_hand()
        running = [one.job.database for one in self.giving_way if ran(one)]
        must_be_alone({self._job.database or by_hand, by_hand}, running)

    def states(self) -> list[State]:
        """Return what the new one continues: of another scope that gives way, or of one that was run by hand."""
        given = [one.job for one in self.giving_way if one.job.scope != self._job.scope and one.job.database]
        files = [(job.config, job.database) for job in given] + [(self._path, self._by_hand())]
        return [
            state(config, database, self._job.role)
            for path, database in files
            if database and (config := loader.examine(path).config)
        ]

    def _by_hand(self) -> Path:
        """Return the database that the file's own `run` or `serve` would use."""
        folder = paths.state_folder(None, self._path, paths.callers())
        return wanted(self._config, replace(self._job, state=folder))[0]

    def lines(self) -> Iterator[str]:
        """Yield what is said before anything is done."""
        for one in self.giving_way:
            if not is_seat(one, self._way, self._job):
                yield f"moving: {title(one)} is stopped now, and removed once the new one is proven"
        for one in self.staying:
            yield (
                f"also installed: {title(one)}, with {one.job.config}; `homeport service uninstall --method"
                f" {one.method.kind} --scope {one.job.scope} --role {one.job.role}` removes it"
            )
        for one in self._others:
            if one.job.config == self._job.config != self._path.absolute():
                yield (
                    f"shared: {title(one)} reads the same file; `homeport service restart --role {one.job.role}` lets"
                    " it take the new one"
                )

    def _is_replaced(self, one: Installed) -> bool:
        files = {self._job.config, self._path.absolute()}
        return (
            one.job.database == self._job.database
            or one.job.config in files
            or is_seat(one, self._way, self._job)
            or _names(one.job.config, self._job.role) == _of(self._config, self._job.role)
        )

    def _must_leave_the_others_their_file(self) -> None:
        if self._job.config == self._path.absolute():
            return
        for one in self._others:
            part = _part(one.job.role)
            if one.job.config == self._job.config and getattr(self._config, part) is None:
                raise ConfigInvalid(
                    f"{one.job.config} is what {title(one)} runs with, and {self._path} has no `{part}:`; write both parts"
                    " into one file and install from that one, or uninstall the other; nothing was changed"
                )


def _part(role: Role) -> str:
    return "server" if role == "serve" else "agent"


def _of(config: Any, role: Role) -> Any:
    """Return the names that a file keeps or serves."""
    part = getattr(config, _part(role))
    return part and (part.zones if role == "serve" else part.records)


def _names(path: Path, role: Role) -> Any:
    """Return the names of an installed one's file, nothing when that cannot be read."""
    try:
        return _of(loader.load(path).config, role)
    except HomeportError:
        return None
