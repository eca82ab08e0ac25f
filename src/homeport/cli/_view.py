"""Reports for people: tables and times, drawn by rich, which is imported only when something is shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from homeport.cli._done import pause

if TYPE_CHECKING:  # it costs 10 MB
    from rich.table import Table

MARKS = {
    "current": "[green]ok[/]",
    "new": "[yellow]new[/]",
    "held": "[yellow]held[/]",
    "retrying": "[red]failing[/]",
    "unconfirmed": "[red]unconfirmed[/]",
    "halted": "[bold red]halted[/]",
    "paused": "[blue]paused[/]",
}
PROOFS = {
    "dns": "seen in DNS",
    "api": "listed by the host",
    "accepted": "accepted, not seen",
    "none": "not checked yet",
}


def show(*parts: Any) -> None:
    """Print tables and lines; to a pipe they are wide enough not to be cut."""
    from rich.console import Console

    console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 200)
    for part in parts:
        console.print(part)


def table(*columns: str) -> Table:
    """Return an empty table of this program's look."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def records(report: dict[str, Any]) -> Table:
    """Return what is published where, since when, and what is wrong."""
    made = table("name", "type", "value", "state", "where", "checked", "changed", "why, and what next")
    for record in report["records"]:
        published = record["published"] or {"rdata": []}
        made.add_row(
            plain(record["name"]),
            record["type"],
            ", ".join(published["rdata"]) or "-",
            MARKS[record["state"]],
            plain(record["provider"]),
            _proof(report["now"], record),
            ago(report["now"], record["published_at"]),
            plain(_next(report["now"], record)),
        )
    return made


def addresses(report: dict[str, Any]) -> list[Table | str]:
    """Return each verdict with everybody who was heard, and in words what stands between this machine and the world."""
    made = table("source", "family", "witness", "operator", "protocol", "camp", "says")
    for learned in report["addresses"]:
        is_known = bool(learned["addresses"])
        said = f"[{'green' if is_known else 'yellow'}]{plain(', '.join(learned['addresses']) or learned['why'])}[/]"
        made.add_row(
            f"[bold]{plain(learned['source'])}[/]", learned["family"], "[bold]verdict[/]", "", "", "", said
        )
        for line in learned["lines"]:
            made.add_row(
                plain(line["line"]), "", "[bold]line[/]", "", "", "", _standing(line, report.get("now"))
            )
        for one in learned["witnesses"]:
            about = (one["line"], "", one["witness"], one["operator"], one["protocol"], one["camp"] or "-")
            made.add_row(*map(plain, about), _said(one))
    return [made, *(f"[yellow]{plain(why)}[/]" for why in report["translations"])]


def verdicts(found: dict[str, Any]) -> list[str]:
    """Return each verdict in one line: the address and how many witnesses said it, or why there is none."""
    lines = []
    for learned in found["addresses"]:
        said = set(learned["addresses"])
        heard = [one for one in learned["witnesses"] if one["addresses"]]
        agreed = sum(bool(said & set(one["addresses"])) for one in heard)
        witnesses = f"{agreed} of the {len(heard)} witnesses that answered agree"
        what = f"{', '.join(learned['addresses'])} ({witnesses})" if said else learned["why"]
        lines.append(plain(f"{learned['family']}: {what}"))
    return [*lines, *(plain(why) for why in found["translations"])]


def _standing(line: dict[str, Any], now: float | None) -> str:
    """Return how a line stands, since when, and when that changes by itself."""
    state = "[red]silent[/]" if not line["is_up"] else "[green]works[/]"
    place = ", in use" if line["is_used"] else ""
    if now is None:
        return state + place
    turns = "leaves its place" if line["is_used"] else "takes its place"
    turn = f"; {turns} {ago(now, max(now, line['next_at']))}" if line["next_at"] is not None else ""
    return f"{state}{place}, since {ago(now, line['since'])}{turn}"


def _said(one: dict[str, Any]) -> str:
    says = plain(", ".join(one["addresses"]) or one["why"])
    return (
        says
        if one["has_vote"]
        else f"{says} [red](not counted: it contradicts the others again and again)[/]"
    )


def heartbeat(report: dict[str, Any]) -> Table:
    """Return who is asked from where this machine is seen, and what was answered last."""
    told = report["heartbeat"]
    made = table("heartbeat", "family", "answer", "when", "why not")
    if told["why"]:
        made.add_row(plain(told["asked"]), "-", "-", "-", plain(told["why"]))
    for family in told["families"]:
        seen = f"seen from {family['seen']}" if family["seen"] else "-"
        when = ago(report["now"], family["answered_at"])
        why = f"{family['missed']} unanswered: {plain(family['why'])}" if family["missed"] else ""
        made.add_row(plain(told["asked"]), family["family"], seen, when, why)
    return made


def ago(now: float, when: float | None) -> str:
    """Return how long ago, or how long until, in one unit."""
    if when is None:
        return "-"
    if abs(now - when) < 1:
        return "just now" if when <= now else "now"
    return f"in {_span(when - now)}" if when > now else f"{_span(now - when)} ago"


def _span(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _proof(now: float, record: dict[str, Any]) -> str:
    """Return how it is known what the world sees, when that was looked at, and how soon it was seen."""
    if record["published"] is None:
        return "-"
    text, took = PROOFS[record["verified"]], record["visible_after"]
    if took is not None:
        text += f" after {took * 1000:.0f} ms"
    return text if record["verified_at"] is None else f"{text}, {ago(now, record['verified_at'])}"


def _next(now: float, record: dict[str, Any]) -> str:
    """Return why a record is as it is, and what comes next; of one that is well, who changed it last."""
    if record["state"] == "paused":
        return pause(record)
    reason = str(record["reason"])
    if record["given_up"]:
        return f"{reason} (given up; `homeport retry {record['name']}` tries again)"
    if record["next_attempt"] is not None:
        when = ago(now, record["next_attempt"]) if record["next_attempt"] > now else "now"
        return f"{reason} ({_for(now, record)}next attempt {when})"
    if record["state"] == "held":
        return f"{reason} ({_for(now, record)}every round looks again)"
    if not reason and record["drift"]:
        found = ", ".join(record["drift"]["found"]) or "nothing"
        return f"drift: {found} stood there {ago(now, record['drift']['found_at'])}, and was put right"
    return reason


def _for(now: float, record: dict[str, Any]) -> str:
    """Return for how long it has been so, where that is long enough to tell."""
    lasted = now - (record["since"] or now)
    return f"for {_span(lasted)}; " if lasted >= 1 else ""


def plain(text: str) -> str:
    """Return text that means itself: what others said may look like markup."""
    from rich.markup import escape

    return escape(text)
