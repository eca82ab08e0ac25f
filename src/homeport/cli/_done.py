"""What a round did to each record, in words; plain, for they end in a scheduler's log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import logging

Place = tuple[str, str]
"""What names a record, and the provider it is published at."""


class Written(NamedTuple):
    """The RDATA that stood there before a record was changed, and after: in a shared one with the others' members."""

    before: list[str]
    after: list[str]


Earlier = Mapping[Place, Written]
"""What became of each RRset that was changed."""

SAID = frozenset(
    {
        "address.unknown",
        "record.held",
        "record.failed",
        "record.halted",
        "record.given_up",
        "breaker.opened",
        "record.paused",
        "record.resumed",
    }
)
"""The events whose reason a record's line gives."""
PROOFS = {"dns": "seen in DNS", "api": "listed by the host", "accepted": "accepted, not seen"}


@contextmanager
def heard() -> Iterator[Earlier]:
    """Note what this process changes while the block lasts."""
    from homeport.telemetry.events import Event, listen

    earlier: dict[Place, Written] = {}

    def hear(event: Event, fields: dict[str, Any]) -> None:
        if event is Event.RECORD_PUBLISHED:
            where = fields["record"], fields["provider"]
            first = earlier.get(where, Written(fields["before"], []))
            earlier[where] = first._replace(after=fields["after"])

    stop = listen(hear)
    try:
        yield earlier
    finally:
        stop()


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep out of the log what the lines say anyway, unless a level of logging was asked for."""
    import logging

    import click
    from click.core import ParameterSource

    asked = click.get_current_context().get_parameter_source("log_level")
    logger = logging.getLogger("homeport")
    if asked is not ParameterSource.DEFAULT:
        yield
        return
    logger.addFilter(_is_news)
    try:
        yield
    finally:
        logger.removeFilter(_is_news)


def _is_news(logged: logging.LogRecord) -> bool:
    said = logged.msg.get("event") if isinstance(logged.msg, dict) else None
    return said not in SAID


def compared(before: dict[str, Any], after: dict[str, Any]) -> Earlier:
    """Return what another process changed from one report to the next."""
    then = {place(record): record for record in before["records"]}
    return {
        place(record): Written(_rdata(then.get(place(record))), _rdata(record))
        for record in after["records"]
        if place(record) not in then or record["published_at"] != then[place(record)]["published_at"]
    }


def lines(records: Sequence[dict[str, Any]], earlier: Earlier) -> list[str]:
    """Return each record as one line; those of one name and type at several providers say which they are at."""
    twins = {name for name, count in Counter(map(title, records)).items() if count > 1}
    return [line(record, earlier, twins) for record in records]


def line(record: dict[str, Any], earlier: Earlier, twins: Collection[str] = ()) -> str:
    """Return one record as one line: from what to what, or that nothing was to do, or why nothing was done.

    Of a record that is shared it is this agent's own member that is told of.
    """
    name, now = title(record), ", ".join(_rdata(record)) or "-"
    if name in twins:
        name += at(record["provider"], (record["published"] or {}).get("options", {}))
    if record["state"] == "paused":
        return f"{name}: {now} (paused {pause(record)})"
    if record["state"] != "current":
        why = f": {record['reason']}" if record["reason"] else ""
        given_up = f", given up; `homeport retry {record['name']}` tries again" if record["given_up"] else ""
        return f"{name}: {now} ({record['state']}{why}{given_up})"
    if (written := earlier.get(place(record))) is None:
        return f"{name}: {now} (unchanged)"
    others = set(written.after) - set(_rdata(record))
    before = ", ".join(one for one in written.before if one not in others)
    if record["published"] is None:
        return f"{name}: {before} -> - (withdrawn)"
    before = before or "new"
    return f"{name}: {before} -> {now} ({_proof(record)})"


def pause(record: dict[str, Any]) -> str:
    """Return until when a record is paused, and what it would be, where that is something else."""
    until, would = record["paused_until"], record["would_be"]
    ends = f"until `homeport resume {record['name']}`" if until is None else f"until {at_time(until)}"
    if would["rdata"] is None:
        return f"{ends}; {would['why']}" if would["why"] else ends
    return ends if would["rdata"] == _rdata(record) else f"{ends}; would be {', '.join(would['rdata'])}"


def at_time(when: float) -> str:
    """Return a time as this machine's wall has it, with the date where it is another day."""
    local = datetime.fromtimestamp(when).astimezone()
    is_today = local.date() == datetime.now().astimezone().date()
    return f"{local:%H:%M}" if is_today else f"{local:%Y-%m-%d %H:%M}"


def title(record: dict[str, Any]) -> str:
    """Return what names a record among its fellows, as events do."""
    return f"{record['name']} {record['type']}"


def at(provider: str, options: Mapping[str, Any]) -> str:
    """Return what tells records of one name and type apart: where they are, and the line they answer."""
    named = f", line {options['line']}" if options.get("line") else ""
    return f" at {provider}{named}"


def _proof(record: dict[str, Any]) -> str:
    text = PROOFS.get(record["verified"], "not checked yet")
    took = record["visible_after"]
    return text if took is None else f"{text} after {took * 1000:.0f} ms"


def place(record: dict[str, Any]) -> Place:
    """Return what tells a record from every other of a report."""
    return title(record), record["provider"]


def _rdata(record: dict[str, Any] | None) -> list[str]:
    published = record and record["published"]
    return published["rdata"] if published else []
