"""What a round did to each record, in words; plain, for they end in a scheduler's log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Earlier = Mapping[str, list[str]]
"""The RDATA that stood there before, of each RRset that was changed."""

PROOFS = {"dns": "seen in DNS", "api": "listed by the host", "accepted": "accepted, not seen"}


@contextmanager
def heard() -> Iterator[Earlier]:
    """Note what this process changes while the block lasts."""
    from homeport.telemetry.events import Event, listen

    earlier: dict[str, list[str]] = {}

    def hear(event: Event, fields: dict[str, Any]) -> None:
        if event is Event.RECORD_PUBLISHED:
            earlier.setdefault(fields["record"], fields["before"])

    stop = listen(hear)
    try:
        yield earlier
    finally:
        stop()


def compared(before: dict[str, Any], after: dict[str, Any]) -> Earlier:
    """Return what another process changed from one report to the next."""
    then = {_place(record): record for record in before["records"]}
    return {
        title(record): _rdata(then.get(_place(record)))
        for record in after["records"]
        if _place(record) not in then or record["published_at"] != then[_place(record)]["published_at"]
    }


def line(record: dict[str, Any], earlier: Earlier) -> str:
    """Return one record as one line: from what to what, or that nothing was to do, or why nothing was done."""
    name, now = title(record), ", ".join(_rdata(record)) or "-"
    if record["state"] != "current":
        why = f": {record['reason']}" if record["reason"] else ""
        given_up = f", given up; `homeport retry {record['name']}` tries again" if record["given_up"] else ""
        return f"{name}: {now} ({record['state']}{why}{given_up})"
    if name not in earlier:
        return f"{name}: {now} (unchanged)"
    if record["published"] is None:
        return f"{name}: {', '.join(earlier[name])} -> - (withdrawn)"
    before = ", ".join(earlier[name]) or "new"
    return f"{name}: {before} -> {now} ({_proof(record)})"


def title(record: dict[str, Any]) -> str:
    """Return what names a record among its fellows, as events do."""
    return f"{record['name']} {record['type']}"


def _proof(record: dict[str, Any]) -> str:
    text = PROOFS.get(record["verified"], "not checked yet")
    took = record["visible_after"]
    return text if took is None else f"{text} after {took * 1000:.0f} ms"


def _place(record: dict[str, Any]) -> tuple[str, str]:
    return title(record), record["provider"]


def _rdata(record: dict[str, Any] | None) -> list[str]:
    published = record and record["published"]
    return published["rdata"] if published else []
