"""The records, as the agent that runs has them: what it holds back, tries again, or has given up."""

from __future__ import annotations

from collections.abc import AsyncIterator

from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, ok, wrong

FINE = ok("record.ok", "every record is as it is wanted ({count})")
UNFINISHED = wrong(
    "record.unfinished",
    "{name} {type} is {state}: {reason}",
    "`homeport retry {name}` tries it now; `homeport status` says when it is tried next",
)


async def check(case: Case) -> AsyncIterator[Finding]:
    """Read what the agent said when it was asked; its cause often stands further up."""
    records = case.reports.get("run", {}).get("records", ())
    unfinished = [record for record in records if record["state"] not in {"current", "new"}]
    for record in unfinished:
        yield UNFINISHED.found(
            name=record["name"],
            type=record["type"],
            state=record["state"],
            reason=record["reason"] or "it was not tried yet",
        )
    if records and not unfinished:
        yield FINE.found(count=len(records))
