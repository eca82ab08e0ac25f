"""A signed request counts once.

Nonces are remembered exactly for as long as their timestamps are acceptable. What was accepted before this
process began is not remembered; there the newest signed commit of each token and host, which the store
keeps, decides: nothing that is not newer is taken.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

from homeport.model.name import Fqdn

CLOCK_IS_OFF = "urn:homeport:problem:clock"
REPLAYED = "urn:homeport:problem:replay"
BUCKET = 60  # seconds of timestamps forgotten together
SPANS = 64  # how many spans of forgotten timestamps are told apart; beyond, the two nearest become one


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a request is not believed.

    Attributes:
        why: a sentence.
        kind: the `type` of the problem document that tells it.
        server_time: unix seconds, when it is about time.
    """

    why: str
    kind: str
    server_time: int | None = None


class Replay:
    """What was seen already.

    Args:
        newest: for each (token id, host) the timestamp of the newest signed commit before this process.
        window: seconds a timestamp may differ from the server's clock.
    """

    def __init__(self, newest: Mapping[tuple[str, Fqdn], int], *, window: int) -> None:
        self._window = window
        self._newest = newest
        self._seen: dict[int, set[tuple[str, str]]] = {}
        self._forgotten: list[
            tuple[int, int]
        ] = []  # from and before which buckets nonces are forgotten; in order

    def why_off(self, timestamp: int, now: int) -> Rejection | None:
        """Say by how much a request's clock differs from the server's; `None` when that is within the window."""
        if abs(now - timestamp) <= self._window:
            return None
        ahead = "ahead of" if timestamp > now else "behind"
        why = f"the request's clock is {abs(now - timestamp)} seconds {ahead} the server's"
        return Rejection(f"{why}; set the clock of the machine that signs", CLOCK_IS_OFF, now)

    def why_not(
        self, token: str, timestamp: int, nonce: str, *, now: int, writes: Collection[Fqdn] = ()
    ) -> Rejection | None:
        """Remember a request whose signature is right, or say why it is refused.

        Args:
            now: the server's clock, unix seconds.
            writes: the hosts it would change.
        """
        if off := self.why_off(timestamp, now):
            return off
        self._forget(now - self._window)
        number = timestamp // BUCKET
        is_forgotten = any(start <= number < end for start, end in self._forgotten)
        if is_forgotten or any((token, nonce) in bucket for bucket in self._seen.values()):
            return Rejection("this request was seen before; sign each request anew", REPLAYED, now)
        if any(timestamp <= self._before((token, host), now) for host in writes):
            return Rejection(
                "a newer signed update of this host was committed already; sign the request anew",
                REPLAYED,
                now,
            )
        self._seen.setdefault(number, set()).add((token, nonce))
        return None

    def _before(self, key: tuple[str, Fqdn], now: int) -> int:
        """Return the newest signed commit before this process.

        One from beyond the window ahead of the clock was written under a wrong clock: it would lock its host out until
        then.
        """
        newest = self._newest.get(key, -1)
        return newest if newest <= now + self._window else -1

    def _forget(self, before: int) -> None:
        """Drop the nonces whose timestamps cannot be accepted any more.

        A clock that is later set back does not bring them back: `_forgotten` remembers where there were any. Where
        there were none, as between today and what a clock said that was years ahead, everything is still acceptable.
        """
        for number in [number for number in self._seen if (number + 1) * BUCKET <= before]:
            del self._seen[number]
            insort(self._forgotten, (number, number + 1))
        while len(self._forgotten) > SPANS:
            gaps = [after[0] - before[1] for before, after in pairwise(self._forgotten)]
            at = gaps.index(min(gaps))
            (start, end), (_, other) = self._forgotten[at : at + 2]
            self._forgotten[at : at + 2] = [(start, max(end, other))]
