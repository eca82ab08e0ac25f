"""What waits to be told, kept over a restart: one small file beside the ledger, replaced whole.

It is of less weight than the ledger: a file that is damaged or of a later version is set aside, and what waited in it is
not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from homeport.jobs.outbox import DOUBTS
from homeport.model.news import Box, Happened, Told
from homeport.stores._aside import set_aside
from homeport.telemetry.events import Event, emit

FILE = "notices.json"
VERSION = 1
LARGEST = 16 * 1024 * 1024  # bytes; what we write is far below


class _Kept(msgspec.Struct, frozen=True):
    """A box as JSON has it: what is told is a list, for its keys are pairs.

    Attributes:
        unconfirmed: once it was how often, of everything that waits.
    """

    begun: float
    told: list[tuple[str, str, Told]]
    waiting: tuple[Happened, ...]
    lost: int
    failures: int
    unconfirmed: int | tuple[int, ...]
    next_at: float | None
    sent: tuple[float, str] | None
    failed: tuple[float, str] | None
    patient_until: float | None = None


class _File(msgspec.Struct, frozen=True):
    version: int
    boxes: dict[str, _Kept]


def read(path: Path, now: float) -> dict[str, Box]:
    """Return what was kept, by the notifier's name; nothing where there is no file.

    One that cannot be understood is set aside, and told.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        return {}
    except OSError as exc:
        emit(Event.NOTICE_UNWRITABLE, path=str(path), error=str(exc))
        return {}
    try:
        kept = msgspec.json.decode(data, type=_File)
        if kept.version != VERSION:
            raise ValueError(f"it is of another version, {kept.version}")
    except (ValueError, RecursionError) as exc:
        _set_aside(path, str(exc), now)
        return {}
    return {name: _box(box) for name, box in kept.boxes.items()}


def peek(path: Path) -> dict[str, Box]:
    """Return the same beside an agent that may be at work: nothing is moved, whatever the file holds."""
    try:
        data = path.read_bytes()
        kept = msgspec.json.decode(data, type=_File)
    except (OSError, ValueError, RecursionError):
        return {}
    return {name: _box(box) for name, box in kept.boxes.items()} if kept.version == VERSION else {}


def written(boxes: Mapping[str, Box]) -> bytes:
    """Return boxes as the file holds them."""
    kept = {name: _kept(box) for name, box in boxes.items()}
    return msgspec.json.encode(_File(VERSION, kept))


def _set_aside(path: Path, why: str, now: float) -> None:
    try:
        aside = str(set_aside(path, "damaged", now))
    except OSError as exc:
        aside = f"nowhere: {exc}"
    emit(Event.STATE_SET_ASIDE, path=str(path), aside=aside, why=why)


def _kept(box: Box) -> _Kept:
    told = [(*line, each) for line, each in box.told.items()]
    rest = {name: getattr(box, name) for name in _Kept.__struct_fields__ if name != "told"}
    return _Kept(told=told, **rest)


def _box(kept: _Kept) -> Box:
    told = {(provider, record): each for provider, record, each in kept.told}
    rest = {name: getattr(kept, name) for name in _Kept.__struct_fields__ if name != "told"}
    if isinstance(kept.unconfirmed, int):
        rest["unconfirmed"] = (len(kept.waiting),) * min(max(kept.unconfirmed, 0), DOUBTS)
    return Box(told=told, **rest)
