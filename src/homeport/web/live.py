"""The overview, kept ready: each piece is rendered once per language and sent once per change, whoever looks.

A board is the overview in one language: pieces of HTML by their id, in order, and a number that grows with each
change. A page is the pieces joined; what follows are the pieces that changed since its number. Numbers begin anywhere,
for a page that was open comes back to another process than it left, or in another language, with a number of there.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from homeport.ports import Clock
from homeport.web import template
from homeport.web.house import House
from homeport.web.shown import Shown
from homeport.web.words import Words, languages

_BREAKS = re.compile(r"\s*\n\s*(?=</?(?:t[bdhr]|p\b))")  # between cells: a browser keeps each, and shows none
BLOCK = 50  # rows; the style sheet knows how tall they are
AT_ONCE = 100  # rows that a page is sent with; the others are asked for once those are shown
FIRST = 10**14  # numbers that a board may begin at; clocks are set back, and would repeat theirs
KEPT = 64  # changes a page may be behind before it is given everything anew
LOOKS = {  # the ledger's words, and what people are told
    "current": "right",
    "new": "changing",
    "unconfirmed": "changing",
    "held": "held",
    "retrying": "failing",
    "halted": "failing",
    "paused": "paused",
}
AWAKE = {"paused_until": None, "would_be": None}  # an agent that was started before an upgrade does not say
ORDER = ("failing", "held", "changing", "paused", "right")
TROUBLED = ("failing", "held")
MOST = 10  # troubled RRsets that the summary names


class Live:
    """Everybody's overview.

    Attributes:
        status: how everything stands, `None` while the agent has not said.
    """

    def __init__(self, house: House, clock: Clock) -> None:
        self._house = house
        self._clock = clock
        self._boards: dict[str, Board] = {}
        self._changed = asyncio.Condition()
        self.status: dict[str, Any] | None = None

    async def run(self) -> None:
        """Keep every board up to date, until cancelled."""
        async for _, status in self._house.changes():
            await self.show(status)

    async def show(self, status: dict[str, Any]) -> None:
        """Take in how everything stands, on every board."""
        self.status = status
        async with self._changed:
            for board in self._boards.values():
                board.show(status)
            self._changed.notify_all()

    async def refresh(self) -> None:
        """Ask the agent how everything stands, and take it in, unless it told its followers meanwhile: that may be newer.

        Raises:
            HomeportError: it does not answer.
        """
        before = self._house.count
        status = await self._house.status()
        if self._house.count == before:
            await self.show(status)

    async def first(self, patience: float) -> bool:
        """Wait until the agent has said how everything stands; tell whether it did in time (seconds)."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(lambda: self.status is not None), patience)
            except TimeoutError:
                return False
        return True

    def board(self, words: Words) -> Board:
        """Return the overview in a language; a new day is a new board, for times of another day are told otherwise."""
        day = datetime.fromtimestamp(self._clock.now()).astimezone().date().isoformat()
        found = self._boards.get(words.code)
        if found is None or found.day != day:
            number = found.number + 1 if found else secrets.randbelow(FIRST)
            found = self._boards[words.code] = Board(words, day, self._clock, number)
            if self.status is not None:
                found.show(self.status)
        return found

    async def pieces(self, language: str, number: int) -> AsyncIterator[tuple[int, str]]:
        """Yield what changes after `number` as it does, each time with the number that it leads to."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.status is not None)
        while True:
            board = self.board(languages()[language])
            number, changed = board.number, board.since(number)
            if changed:
                yield number, changed  # what happens until somebody comes back for more is after that number
            async with self._changed:
                await self._changed.wait_for(lambda: self.board(board.words).number != number)  # noqa: B023


class Board:
    """The overview in one language."""

    def __init__(self, words: Words, day: str, clock: Clock, number: int) -> None:
        self.words = words
        self.day = day
        self.number = number
        self._clock = clock
        self._seen: dict[str, Any] = {}
        self._pieces: dict[str, str] = {}
        self._order: list[str] = []
        self._changes: deque[tuple[int, list[str]]] = deque(maxlen=KEPT)

    def show(self, status: Mapping[str, Any]) -> None:
        """Take in how everything stands; what is as it was keeps its piece."""
        wanted = dict(_parts(status))
        order = [name for name in wanted if name.startswith("r-")]
        changed = [name for name, data in wanted.items() if self._seen.get(name) != data]
        if not changed and order == self._order:
            return
        macros = template.module("pieces.html", _=self.words, show=Shown(self.words, self._clock.now()))
        for name in changed:
            kind = "record" if name.startswith("r-") else name
            self._pieces[name] = _BREAKS.sub("", str(getattr(macros, kind)(wanted[name])))
        self.number += 1
        if order != self._order:
            self._changes.clear()
            self._order = order
        else:
            self._changes.append((self.number, changed))
        self._seen = wanted
        self._pieces = {name: self._pieces[name] for name in wanted}

    def __getitem__(self, name: str) -> str:
        return self._pieces[name]

    @property
    def total(self) -> int:
        """How many RRsets there are."""
        return len(self._order)

    def rows(self, start: int = 0, end: int | None = None) -> str:
        """Return the pieces of these RRsets; a browser leaves full blocks alone until somebody scrolls to them."""
        pieces = [self._pieces[name] for name in self._order[start:end]]
        return "".join(_block(pieces[start : start + BLOCK]) for start in range(0, len(pieces), BLOCK))

    def since(self, number: int) -> str:
        """Return the pieces that changed after `number`, each for the place where it stands; empty when none did."""
        if number == self.number:
            return ""
        known = [change for change in self._changes if change[0] > number]
        if len(known) != self.number - number:
            return self._whole()
        names = dict.fromkeys(name for _, changed in known for name in changed)
        return "".join(_replaced(f"#{name}", self._pieces[name]) for name in names)

    def _whole(self) -> str:
        macros = template.module("pieces.html", _=self.words, show=None)
        table = str(macros.head()) + self.rows()
        rest = [
            _replaced(f"#{name}", self._pieces[name]) for name in self._pieces if not name.startswith("r-")
        ]
        return f'<hx-partial hx-target="#records" hx-swap="innerHTML">{table}</hx-partial>' + "".join(rest)


def _block(rows: Sequence[str]) -> str:
    known = ' class="full"' if len(rows) == BLOCK else ""
    return f'<tbody role="rowgroup"{known}>{"".join(rows)}</tbody>'


def _replaced(target: str, piece: str) -> str:
    return f'<hx-partial hx-target="{target}" hx-swap="outerHTML">{piece}</hx-partial>'


def _parts(status: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what each piece is made of, by its id."""
    records = sorted(
        status["records"], key=lambda record: (record["name"], record["type"], record["provider"])
    )
    first = {record["name"]: _id(record) for record in reversed(records)}  # a name is paused in its first row
    rows = [
        (
            name,
            {
                **AWAKE,
                **record,
                "id": name,
                "look": LOOKS.get(record["state"], "failing"),
                "is_first": first[record["name"]] == name,
            },
        )
        for record in records
        for name in (_id(record),)
    ]
    counts = {look: sum(row["look"] == look for _, row in rows) for look in ORDER}
    troubled = [row for _, row in rows if row["look"] in TROUBLED]
    yield (
        "summary",
        {
            "counts": counts,
            "total": len(rows),
            "troubled": troubled[:MOST],
            "more": max(0, len(troubled) - MOST),
            "translations": status["translations"],
            "paused": status.get("paused"),
        },
    )
    yield from rows
    yield "addresses", status["addresses"]
    yield "pushed", status.get("pushed", [])  # an agent that was started before an upgrade does not say


def _id(record: Mapping[str, Any]) -> str:
    named = f"{record['provider']} {record['name']} {record['type']}"
    return "r-" + hashlib.sha256(named.encode()).hexdigest()[:12]
