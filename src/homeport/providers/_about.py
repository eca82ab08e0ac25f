"""What a provider says of its host: where that is known from, how one gets in, and how much it bears."""

from __future__ import annotations

from typing import NamedTuple


class About(NamedTuple):
    """What `homeport providers`, `init` and the documentation tell people.

    Attributes:
        title: the host or product, as its makers spell it.
        evidence: what the provider was built and proven from: `sdk`, `real-server`, `vendor-doc URL` or
            `other-client`, which alone is not proof.
        access: how to get the credentials, one sentence.
        access_zh: the same in Chinese.
        limits: what the host says it bears, beyond the numbers of `Limits`; empty where it says nothing.
        limits_zh: the same in Chinese.
        known_as: other words by which people look for it.
        asks: the settings that `init` asks for, where they are more than those that must be written.
        made_at: the page of the host on which its credentials are made, or from which `access` goes on.
        below: the one zone of the host's own that all names there are in.
    """

    title: str
    evidence: tuple[str, ...]
    access: str
    access_zh: str
    limits: str = ""
    limits_zh: str = ""
    known_as: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    made_at: str = ""
    below: str = ""

    @property
    def is_proven(self) -> bool:
        """Tell whether anything but another client's code stands behind it."""
        return any(each != "other-client" for each in self.evidence)

    @property
    def pages(self) -> tuple[str, ...]:
        """The vendor's own pages."""
        return tuple(each.partition(" ")[2] for each in self.evidence if each.startswith("vendor-doc "))


class Limits(NamedTuple):
    """How much a host bears, declared once and kept to by every request.

    Attributes:
        least_ttl: seconds; a wish below it is lifted to it.
        most_ttl: seconds; a wish above it is lowered to it.
        ttls: seconds, ascending: the only ones there are; a wish becomes the next longer one.
        at_once: requests under way at the same time.
        per_second: requests begun in a second; 0 is as many as come.
        batch: changes of one request; 1 is each alone.
    """

    least_ttl: int = 60
    most_ttl: int = 86400
    ttls: tuple[int, ...] = ()
    at_once: int = 4
    per_second: float = 0
    batch: int = 1

    def ttl(self, wanted: int) -> int:
        """Return the TTL nearest to what is wanted that the host takes."""
        if self.ttls:
            return next((each for each in self.ttls if each >= wanted), self.ttls[-1])
        return min(max(wanted, self.least_ttl), self.most_ttl)
