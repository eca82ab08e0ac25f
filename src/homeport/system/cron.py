"""Lines in a crontab: started with the machine and, what stays, looked after every five minutes.

cron watches over nothing. What stays is therefore started again and again: the second finds the first by its lock and
ends at once, so that one that died is back within five minutes. Lines of others are never touched. Source: crontab(5).
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import ClassVar, NamedTuple

from homeport.errors import NotAllowed, Refused
from homeport.system import programs
from homeport.system.lock import holder
from homeport.system.method import NOTHING, Job, Kept, Role, Scope, Standing

BEGIN, END = "# homeport {role}: begin, written by `homeport service install`", "# homeport {role}: end"
DATABASES = {"run": "agent.db", "once": "agent.db", "serve": "server.db"}
QUIET = " >/dev/null 2>&1"
LOOK_AFTER = 5  # minutes
FINE = frozenset({0, 1, 3, 5})  # what a round may end with on a machine that is not online
TAKES = 30.0  # seconds in which one that starts takes its database
BRIEFLY = 5.0  # seconds in which one that does not come up says why
LOOK = 0.1  # seconds between two looks whether it started or ended
LIST = ("crontab", "-l")
_LACKING = ("no crontab", "no such file")  # as cron, cronie and BusyBox say that there is none yet
_LINE = re.compile(r"(?P<comment>#?)\s*(?:@reboot|(?:[\d*/,-]+\s+){5})\s*(?P<command>\S.*)")
_SETTINGS = re.compile(r"^(?:[A-Za-z_]\w*=(?:'[^']*'|[^\s'])*\s+)+")
EVEN = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)  # the steps that part an hour evenly


class Cron:
    """The crontab of this account; root's is the machine's."""

    kind: ClassVar[str] = "cron"
    title: ClassVar[str] = "lines in a crontab: starts with the machine, and again within five minutes"

    def why_not(self, scope: Scope) -> str | None:
        if sys.platform == "win32" or programs.find("crontab") is None:
            return "there is no crontab on this machine; install cron, or leave --method out"
        is_root = os.geteuid() == 0
        if scope == "machine" and not is_root:
            return "it takes root; run it with sudo, or choose --scope user"
        return None

    def prepare(self, job: Job) -> Job:
        return replace(job, config=job.state / job.config.name) if job.scope == "machine" else job

    def render(self, job: Job) -> Mapping[str, str]:
        return {"crontab": block(job)}

    def install(self, job: Job) -> None:
        programs.tell(["crontab", "-"], with_block(_crontab(), job))

    def keep(self, job: Job) -> Kept:
        found = _block(_crontab(), job)
        return Kept({"crontab": found}, is_enabled=True) if found else NOTHING

    def put_back(self, job: Job, kept: Kept) -> None:
        """Write the lines that were there; who runs is not touched, for another way may have started it by now."""
        there = _crontab()
        wanted = _followed_by(without_block(there, job), kept.parts.get("crontab", ""))
        if wanted != there:
            programs.tell(["crontab", "-"], wanted)

    def reaches(self, job: Job, path: Path) -> bool:  # noqa: ARG002 -- it runs as whoever installs it
        return True

    def uninstall(self, job: Job) -> None:
        self.stop(job)
        self.put_back(job, NOTHING)

    def start(self, job: Job) -> None:
        """Start it as cron does: by /bin/sh, in the home folder, with next to no environment."""
        if not job.stays:
            _must_not_be_a_mistake(_as_cron(job), FINE)
            return
        started = subprocess.Popen(
            _words(job),
            cwd=_home(),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        is_up = False
        try:
            is_up = _has_taken(job, started)
        finally:
            if not is_up:  # by an interruption, too: nothing else would find it
                started.terminate()
                started.wait()
        if not is_up:
            _must_not_be_a_mistake(_as_cron(job, BRIEFLY), frozenset())  # again, to hear why

    def stop(self, job: Job) -> None:
        pid = holder(_database(job))
        if pid is None or not job.stays:
            return
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        except PermissionError as exc:
            raise NotAllowed(f"process {pid} is another account's; run it with sudo") from exc
        _wait_for_end(job)

    def standing(self, job: Job) -> Standing:
        there = installed(programs.ask(LIST).text, job.role)
        if there is None or not _is_meant(job, there.command):
            return Standing(is_installed=False)
        command, is_enabled = there
        return Standing(
            is_installed=True,
            is_enabled=is_enabled,
            is_running=holder(_database(job)) is not None if job.stays else None,
            command=command,
            account=_account(),
            places=("crontab -l",),
            notes=("cron starts nothing again at once: within five minutes",) if job.stays else (),
        )


def block(job: Job) -> str:
    """Return the lines of a job, between marks."""
    line = _command(job).replace("%", "\\%")  # a bare % ends the command
    quiet = line + QUIET
    every = LOOK_AFTER if job.stays else minutes(job.every)
    when = "*" if every == 1 else f"*/{every}"
    schedule = f"0 */{every // 60} * * *" if every >= 60 else f"{when} * * * *"
    lines = (
        BEGIN.format(role=job.role),
        f"@reboot {quiet}",
        f"{schedule} {quiet}",
        END.format(role=job.role),
    )
    return "\n".join(lines) + "\n"


def minutes(every: float) -> int:
    """Return the step in minutes that cron can do, not longer than wanted: hours are whole."""
    wanted = max(1, int(every // 60))
    if wanted >= 60:
        return 60 * max(step for step in (1, 2, 3, 4, 6, 8, 12) if step <= wanted // 60)
    return max(step for step in EVEN if step <= wanted)


def with_block(crontab: str, job: Job) -> str:
    """Return a crontab with the job's lines at its end, once."""
    return _followed_by(without_block(crontab, job), block(job))


def _followed_by(others: str, lines: str) -> str:
    return (others if others.endswith("\n") or not others or not lines else others + "\n") + lines


def without_block(crontab: str, job: Job) -> str:
    """Return a crontab without the job's lines; where somebody removed the end mark, without what is surely ours."""
    begin, end = BEGIN.format(role=job.role) + "\n", END.format(role=job.role) + "\n"
    before, is_there, rest = crontab.partition(begin)
    if not is_there:
        return crontab
    _, is_whole, after = rest.partition(end)
    if is_whole:
        return before + after
    return before + "".join(
        line for line in rest.splitlines(keepends=True) if f" {job.role} --config " not in line
    )


def _block(crontab: str, job: Job) -> str:
    """Return the job's lines as they stand there, marks and all; of a block without its end, what is surely ours."""
    begin, end = BEGIN.format(role=job.role) + "\n", END.format(role=job.role) + "\n"
    _, is_there, rest = crontab.partition(begin)
    inside, is_whole, _ = rest.partition(end)
    if not is_whole:
        ours = (line for line in rest.splitlines(keepends=True) if f" {job.role} --config " in line)
        inside = "".join(ours)
    return begin + inside + end if is_there else ""


class Lines(NamedTuple):
    """A block as it stands in a crontab.

    Attributes:
        command: without the variables before it.
        is_enabled: a line of it counts, and was not made a comment.
    """

    command: str
    is_enabled: bool


def installed(crontab: str, role: Role) -> Lines | None:
    """Return what stands in the block of a role, whatever it was changed to; `None` when there is none."""
    _, is_there, rest = crontab.partition(BEGIN.format(role=role) + "\n")
    if not is_there:
        return None
    found = [_LINE.fullmatch(line) for line in rest.partition(END.format(role=role))[0].splitlines()]
    lines = sorted((line for line in found if line), key=lambda line: line["comment"])
    if not lines:
        return Lines("", is_enabled=False)
    command = lines[0]["command"].removesuffix(QUIET).replace("\\%", "%")
    return Lines(_SETTINGS.sub("", command), is_enabled=not lines[0]["comment"])


def _is_meant(job: Job, command: str) -> bool:
    """Tell whether a block is this job's: root's crontab has the machine's and root's own, who has its file at home."""
    if os.geteuid():
        return job.scope == "user"
    found = re.search(r" --config ('[^']*'|\S+)", command)
    config = Path(found[1].strip("'")) if found else job.config
    if config == job.config:
        return True
    return (job.scope == "user") == config.is_relative_to(_home())


def _words(job: Job) -> list[str]:
    return ["/bin/sh", "-c", f"exec {_command(job)}"]


def _home() -> str:
    return str(Path("~").expanduser())


def _environment() -> dict[str, str]:
    return {"HOME": _home(), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}


def _has_taken(job: Job, started: subprocess.Popen[bytes]) -> bool:
    """Wait until somebody has taken the database; tell whether it was so in time and before the program ended."""
    pause = Event()
    for _ in range(round(TAKES / LOOK)):
        if holder(_database(job)) is not None:
            return True
        if started.poll() is not None:
            return False
        pause.wait(LOOK)
    return False


def _as_cron(job: Job, patience: float = programs.PATIENCE) -> subprocess.CompletedProcess[str]:
    """Run it as cron does; one that does not end in time is ended, with what it said by then."""
    with subprocess.Popen(
        _words(job),
        cwd=_home(),
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            _, said = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.terminate()
            _, said = process.communicate()
            return subprocess.CompletedProcess(process.args, -signal.SIGTERM, stderr=said)
    return subprocess.CompletedProcess(process.args, process.returncode, stderr=said)


def _must_not_be_a_mistake(done: subprocess.CompletedProcess[str], fine: frozenset[int]) -> None:
    """Let a machine that is not online be, and say what a person has to mend.

    Raises:
        Refused: with its own words.
    """
    if done.returncode not in fine:
        raise Refused(" ".join(done.stderr.split()) or f"it ended with exit code {done.returncode}")


def _command(job: Job) -> str:
    settings = "".join(f"{name}={shlex.quote(value)} " for name, value in job.environment.items())
    return settings + shlex.join(job.command)


def _crontab() -> str:
    """Return the crontab as it stands, to be written again with other lines.

    Raises:
        Refused: it cannot be read; whoever wrote it anew would lose what is in it.
    """
    said = programs.ask(LIST)
    if said.status == 0:
        return said.text
    why = " ".join((said.errors or said.text).split())
    if any(mark in why.lower() for mark in _LACKING):
        return ""
    raise Refused(f"`crontab -l` does not say what stands there ({why or said.status}); nothing was changed")


def _database(job: Job) -> Path:
    return job.database or job.state / DATABASES[job.role]


def _account() -> str:
    import getpass

    return getpass.getuser()


def _wait_for_end(job: Job) -> None:
    """Wait until whoever was told to end has let its database go.

    Raises:
        Refused: it does not end.
    """
    pause = Event()
    for _ in range(300):
        if holder(_database(job)) is None:
            return
        pause.wait(LOOK)
    raise Refused("it was told to end and has not within 30 s; `homeport logs` says what it waits for")
