"""Looking again soon after a look that learned nothing: a network that comes up is there before its names resolve.

Nobody tells when that is over, at boot or after sleep, and the poll may be minutes away.
"""

from __future__ import annotations

from homeport.ports import Clock

PAUSES = (1.0, 2.0, 5.0, 12.0, 30.0)  # seconds; after the last one the poll goes on alone


class Relook:
    """Says when to look again: a few times after whatever stirred, and not for what merely stays unknown."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left = list(PAUSES)
        self.due: float | None = None

    def stirred(self) -> None:
        """Something changed on this machine: the next looks that learn nothing are worth others."""
        self._left = list(PAUSES)

    def ended(self, *, learned: bool) -> None:
        """Take note of a look; `due`, unix seconds, is when the next one is, `None` when none is."""
        self.due = None
        if learned:
            self._left.clear()
        elif self._left:
            self.due = self._clock.now() + self._left.pop(0)
