"""Whether name servers that answer otherwise prove that somebody changed a record, and when that is acted on.

Pure: a secondary that lags behind proves nothing, nor does somebody in between who answers with private addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from homeport.engine.verify import Expected
from homeport.model.address import parse_address, why_not_public
from homeport.model.ledger import Drift
from homeport.model.rrset import ADDRESSES

DAY = 86400.0
AGAIN = 300.0  # seconds: a host that can be listed is repaired again after this, doubling to a day
REFUTED = (
    3600.0  # seconds: the host holds what was published; looked into again after this, doubling to a day
)
LONGEST = 32 * DAY  # seconds: the most that a rewrite of what cannot be listed waits, doubling from a day


@dataclass(frozen=True, slots=True)
class Answer:
    """What one name server answers with authority.

    Attributes:
        serial: of the zone it answers from; `None` when it was not asked or does not say.
    """

    server: str
    rdata: frozenset[str]
    serial: int | None = None


def sound(answers: Sequence[Answer], expected: Expected) -> list[Answer]:
    """Return the answers of the zone's own servers: a private address in place of public ones is a resolver's."""
    if expected.rrset.key.type not in ADDRESSES or any(map(_is_private, expected.rrset.rdata)):
        return list(answers)
    return [answer for answer in answers if not any(map(_is_private, answer.rdata))]


def stray(answers: Sequence[Answer], expected: Expected) -> frozenset[str] | None:
    """Return what the zone holds in place of what is expected, `None` when that is not proven.

    Where the servers do not agree, those with the newest version of the zone are right.
    """
    right = [answer for answer in answers if expected.is_seen_in(answer.rdata)]
    wrong = [answer for answer in answers if answer not in right]
    if not wrong:
        return None
    if not right:
        return wrong[0].rdata
    newer = [one for one in wrong if all(_is_newer(one.serial, other.serial) for other in right)]
    return newer[0].rdata if newer else None


def may_act(drift: Drift | None, now: float) -> bool:
    """Tell whether a difference is acted on now; a time that a wrong clock put too far away has come."""
    return drift is None or not now < drift.not_before <= now + LONGEST


def repaired(before: Drift | None, found: frozenset[str], now: float, *, write_only: bool) -> Drift:
    """Return the drift that is being put right: where only DNS tells of it, at most once a day, doubling."""
    times = before.times + 1 if before else 1
    pause = min(LONGEST, DAY * 2.0 ** min(times - 1, 9)) if write_only else _doubled(AGAIN, times)
    return Drift(found, now, times, now + pause)


def refuted(before: Drift | None, found: frozenset[str], now: float) -> Drift:
    """Return the drift that was none: the host itself lists what was published."""
    times = before.times + 1 if before else 1
    return Drift(found, None, times, now + _doubled(REFUTED, times))


def ended(drift: Drift) -> Drift:
    """Return the drift once the name servers agree again: the next one is a new one, and as patient as it was."""
    return replace(drift, times=0)


def _doubled(first: float, times: int) -> float:
    return min(DAY, first * 2.0 ** min(times - 1, 12))


def _is_private(rdata: str) -> bool:
    return why_not_public(parse_address(rdata)) is not None


def _is_newer(serial: int | None, other: int | None) -> bool:
    """Compare serial numbers, which go round (RFC 1982 section 3.2); an unknown one is not newer."""
    return serial is not None and other is not None and 0 < (serial - other) % 2**32 < 2**31
