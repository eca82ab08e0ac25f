"""The clock: certificates, signatures and leases believe it, and a machine that was off for long may not know the time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from statistics import median

from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note, ok, wrong

FINE = ok("clock.ok", "the clock is right to {seconds} s, as {count} servers say")
OFF = wrong(
    "clock.off",
    "the clock is {seconds} s {direction}: {url} says so",
    "set it: `timedatectl set-ntp true` on Linux, `w32tm /resync` on Windows",
)
PAST = wrong(
    "clock.past",
    "the clock says {date}, which is before this program was written",
    "set it: `timedatectl set-ntp true` on Linux, `w32tm /resync` on Windows; a new battery keeps it",
)
UNKNOWN = note("clock.unknown", "nobody answered by whom the clock could be set")
TOLERANCE = 60.0  # seconds; signed requests live for 300
_WRITTEN = datetime(2025, 1, 1, tzinfo=UTC).timestamp()


async def check(case: Case) -> AsyncIterator[Finding]:
    """Compare with the Date of every answer that was heard so far."""
    now = case.tools.clock.now()
    if now < _WRITTEN:
        yield PAST.found(date=datetime.fromtimestamp(max(now, 0), UTC).date())
        return
    if not case.heard:
        yield UNKNOWN.found()
        return
    ahead = median(heard.ahead for heard in case.heard)
    witness = min(case.heard, key=lambda heard: abs(heard.ahead - ahead))
    if abs(ahead) > TOLERANCE:
        yield OFF.found(
            seconds=round(abs(ahead)), direction="ahead" if ahead > 0 else "behind", url=witness.url
        )
    else:
        yield FINE.found(seconds=max(1, round(abs(ahead))), count=len(case.heard))
