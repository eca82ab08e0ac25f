"""The log: the newest troubles it tells of, and whether the network was there when it started last."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note, ok, wrong

FINE = ok("log.ok", "{path} tells of no trouble since the last start")
NONE = note(
    "log.none", "there is no log file in {folder} yet", "`homeport run` and `homeport serve` write one"
)
SHUT = wrong("log.unreadable", "{path}: this account may not read the log", "run as its owner, or with sudo")
SAID = note("log.said", "{path}: {line}", "`homeport logs` shows what came before")
BOOT = note(
    "log.boot",
    "the network was not ready at the last start: {line}",
    "nothing: homeport waits for it; when it never came, look at the network's findings",
)
TAIL = 256 * 1024  # bytes
MOST = 3  # lines
_TROUBLE = re.compile(r"^\S+ \S+ (warning|error)\b")
_STARTED = ("agent.started", "server.started")
_NO_NETWORK = re.compile(r"[Nn]etwork is unreachable|cannot be looked up|name resolution|No route to host")


async def check(case: Case) -> AsyncIterator[Finding]:
    """Read the end of every log."""
    try:
        files = [path for folder in _folders(case) for path in newest(folder)]
    except PermissionError as exc:
        yield SHUT.found(path=exc.filename)
        return
    if not files:
        yield NONE.found(folder=case.state)
    for path in files:
        for finding in _of(path):
            yield finding


def _folders(case: Case) -> list[Path]:
    states = [database.parent for database in case.databases.values()]
    return list(dict.fromkeys(folder for state in states for folder in (state, state / "logs")))


def newest(folder: Path) -> list[Path]:
    """Return the logs that are being written; rotated ones are older.

    Raises:
        PermissionError: this account may not look.
    """
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix == ".log")


def _of(path: Path) -> Iterable[Finding]:
    try:
        lines = last_lines(path)
    except PermissionError:
        yield SHUT.found(path=path)
        return
    troubles = since_start(lines)
    boot = next((line for line in troubles[:2] if _NO_NETWORK.search(line)), None)
    if boot:
        yield BOOT.found(line=boot)
    for line in [line for line in troubles if line is not boot][-MOST:]:
        yield SAID.found(path=path.name, line=line)
    if not troubles:
        yield FINE.found(path=path)


def last_lines(path: Path) -> list[str]:
    """Return the lines of the end of a file, the first of them whole."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL))
        lines = file.read(TAIL).decode("utf-8", "replace").removesuffix("\n").split("\n")
    whole = [line.removesuffix("\r") for line in lines]  # what else ends a line elsewhere is part of one here
    return whole[1:] if size > TAIL else whole


def since_start(lines: Sequence[str]) -> list[str]:
    """Return the warnings and errors after the last start, each event told once, the newest of its kind."""
    starts = [at for at, line in enumerate(lines) if any(name in line for name in _STARTED)]
    found = [line for line in lines[starts[-1] if starts else 0 :] if _is_trouble(line)]
    return list({_kind(line): line for line in found}.values())


def _is_trouble(line: str) -> bool:
    if line.startswith("{"):
        return _field(line, "level") in {"warning", "error", "critical"}
    return _TROUBLE.match(line) is not None


def _kind(line: str) -> str:
    """Return a line without its time."""
    if line.startswith("{"):
        return f"{_field(line, 'event')} {_field(line, 'record')} {_field(line, 'reason')}"
    return line[20:]


def _field(line: str, name: str) -> str:
    try:
        return str(json.loads(line).get(name, ""))
    except ValueError:
        return ""
