"""Times and durations as people read them, in their language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from homeport.web.words import Words

SERVERS = 2  # name servers that are named; the API names all


class Shown:
    """What templates show values with.

    Args:
        now: unix seconds.
    """

    def __init__(self, words: Words, now: float) -> None:
        self._ = words
        self._now = now

    def iso(self, when: float | None) -> str:
        """Return a time for machines, as `<time datetime>` wants it."""
        return datetime.fromtimestamp(when, UTC).isoformat(timespec="seconds") if when else ""

    def at(self, when: float | None) -> str:
        """Return the time on this machine's wall, with the date where it is another day."""
        if not when:
            return self._("never")
        local, now = datetime.fromtimestamp(when).astimezone(), datetime.fromtimestamp(self._now).astimezone()
        return f"{local:%H:%M:%S}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"

    def ago(self, when: float | None) -> str:
        """Return how long ago, or in how long, in its largest unit."""
        if not when:
            return self._("never")
        seconds = self._now - when
        if abs(seconds) < 1:
            return self._("now")
        span = self.span(abs(seconds))
        return self._("{span} ago", span=span) if seconds > 0 else self._("in {span}", span=span)

    def servers(self, found: Sequence[Mapping[str, Any]]) -> str:
        """Return the first name servers that answered, and how many more did."""
        names = [str(each["server"]).removesuffix(":53") for each in found]
        first, rest = ", ".join(names[:SERVERS]), len(names) - SERVERS
        return first if rest <= 0 else f"{first} {self._('and {n} more servers', n=rest)}"

    def span(self, seconds: float) -> str:
        """Return a duration in its largest unit; below ten seconds in milliseconds where that says more."""
        if seconds < 10:
            return (
                self._("{n} ms", n=round(seconds * 1000))
                if seconds < 1
                else self._("{n} s", n=f"{seconds:.1f}")
            )
        for most, unit, one in (
            (120, 1, "{n} s"),
            (7200, 60, "{n} min"),
            (172_800, 3600, "{n} h"),
        ):
            if seconds < most:
                return self._(one, n=int(seconds / unit))
        return self._("{n} days", n=int(seconds / 86_400))
