"""What routers pushed, in a small file beside the ledger: the agent writes it, and whoever looks may read it.

A file of its own, so that `plan`, `detect` and `once` see it without the agent, and no format of the ledger hangs on it.
One that cannot be understood is set aside, and begun anew with the next push.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from ipaddress import IPv6Network
from pathlib import Path

import msgspec

from homeport.errors import StoreUnavailable
from homeport.model.address import parse_address
from homeport.model.pushed import Pushed
from homeport.ports import Clock
from homeport.stores._aside import set_aside
from homeport.telemetry.events import Event, emit

FILE = "pushed.json"
REPEATED = 3600.0  # seconds: what only says the same again is written down this often


class _Line(msgspec.Struct):
    addresses: list[str]
    prefix: str | None
    at: float
    source: str


class PushedFile:
    """ports.Pushes in one file, read once: whoever writes it is the only one who does.

    Args:
        replace: puts bytes in the place of a file, durable and whole.
    """

    def __init__(self, path: Path, clock: Clock, replace: Callable[[Path, bytes], None]) -> None:
        self._path = path
        self._clock = clock
        self._replace = replace
        self._there: dict[str, Pushed] | None = None
        self._written: dict[str, Pushed] = {}
        self._writing = asyncio.Lock()

    async def of(self, credential: str) -> Pushed | None:
        if self._there is None:
            async with self._writing:  # what is pushed meanwhile waits: it comes after what is read here
                if self._there is None:
                    self._written = await asyncio.to_thread(self._understood)
                    self._there = dict(self._written)
        return self.words.get(credential)

    @property
    def words(self) -> Mapping[str, Pushed]:
        return self._there or {}

    async def keep(self, credential: str, word: Pushed, known: Collection[str]) -> bool:
        async with self._writing:
            return await asyncio.to_thread(self._keep, credential, word, known)

    def _keep(self, credential: str, word: Pushed, known: Collection[str]) -> bool:
        there = self._begun()
        former, written = there.get(credential), self._written.get(credential)
        now = word.after(former)
        kept = {name: each for name, each in there.items() if name in known} | {credential: now}
        is_news = now.is_news(former)
        if is_news or written is None or abs(now.at - written.at) >= REPEATED:
            self._write(kept)
        self._there = kept
        return is_news

    def _begun(self) -> dict[str, Pushed]:
        """Return what is there; what cannot be understood is set aside first."""
        if self._there is not None:
            return self._there
        try:
            self._written = self._read()
        except ValueError as exc:
            try:
                aside = set_aside(self._path, "damaged", self._clock.now())
            except OSError as why:
                raise self._unavailable(why) from why
            emit(Event.STATE_SET_ASIDE, path=str(self._path), aside=str(aside), why=str(exc))
        return dict(self._written)

    def _understood(self) -> dict[str, Pushed]:
        """Return what is on disk, and touch nothing: whoever asked may have stopped waiting."""
        try:
            return self._read()
        except ValueError as exc:
            raise StoreUnavailable(
                f"{self._path} cannot be understood ({exc}); the next push begins it anew"
            ) from exc

    def _read(self) -> dict[str, Pushed]:
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Line])
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise self._unavailable(exc) from exc
        return {name: _pushed(line) for name, line in found.items()}

    def _write(self, words: dict[str, Pushed]) -> None:
        lines = {name: _line(each) for name, each in words.items()}
        try:
            self._replace(self._path, msgspec.json.encode(lines, order="sorted"))
        except OSError as exc:
            raise self._unavailable(exc) from exc
        self._written = dict(words)

    def _unavailable(self, exc: OSError) -> StoreUnavailable:
        why = exc.strerror or str(exc)
        return StoreUnavailable(f"{self._path} cannot be used ({why}); look at the disk and who owns it")


def _line(pushed: Pushed) -> _Line:
    prefix = str(pushed.prefix) if pushed.prefix else None
    return _Line([str(address) for address in pushed.addresses], prefix, pushed.at, pushed.source)


def _pushed(line: _Line) -> Pushed:
    prefix = IPv6Network(line.prefix) if line.prefix else None
    return Pushed(tuple(map(parse_address, line.addresses)), prefix, line.at, line.source)
