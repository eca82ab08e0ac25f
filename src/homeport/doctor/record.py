"""The records, as the agent that runs has them: what it holds back, tries again, or has given up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note, ok, wrong

FINE = ok("record.ok", "every record is as it is wanted ({count})")
UNFINISHED = wrong(
    "record.unfinished",
    "{name} {type} is {state}: {reason}",
    "`homeport retry {name}` tries it now; `homeport status` says when it is tried next",
)
PAUSED = note(
    "record.paused",
    "{name} is paused, and nothing is published for it until somebody resumes it",
    "`homeport resume {name}` lets it go on",
)
PAUSED_UNTIL = note(
    "record.paused_until",
    "{name} is paused, and nothing is published for it until {until}",
    "`homeport resume {name}` lets it go on now",
)


async def check(case: Case) -> AsyncIterator[Finding]:
    """Read what the agent said when it was asked; its cause often stands further up."""
    records = case.reports.get("run", {}).get("records", ())
    unfinished = [record for record in records if record["state"] not in {"current", "new", "paused"}]
    for record in unfinished:
        yield UNFINISHED.found(
            name=record["name"],
            type=record["type"],
            state=record["state"],
            reason=record["reason"] or "it was not tried yet",
        )
    paused = {record["name"]: record["paused_until"] for record in records if record["state"] == "paused"}
    for name, until in paused.items():
        yield PAUSED.found(name=name) if until is None else PAUSED_UNTIL.found(name=name, until=_at(until))
    going_on = [record for record in records if record["state"] != "paused"]
    if going_on and not unfinished:
        yield FINE.found(count=len(going_on))


def _at(when: float) -> str:
    return f"{datetime.fromtimestamp(when).astimezone():%Y-%m-%d %H:%M}"
