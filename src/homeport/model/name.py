"""Domain names as label sequences.

A name is compared label by label and never by string suffix: `notexample.com`
ends with the text `example.com` and is not below it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


@dataclass(frozen=True, slots=True, order=True)
class Fqdn:
    """A fully-qualified domain name: lower-case A-labels, without the final dot (RFC 9499)."""

    labels: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read presentation format: letters, digits, `-` and `_`; `*` may be the leftmost label.

        Raises:
            ValueError: a label is empty, over 63 octets or holds another character, or the name is
                over 253 octets (RFC 1035 section 2.3.4, RFC 1123 section 2.1).
        """
        return cls(_labels(text))

    def is_within(self, zone: Fqdn) -> bool:
        """Tell whether this name is the apex of `zone` or lies below it."""
        return self.labels[-len(zone.labels) :] == zone.labels

    def relative_to(self, zone: Fqdn) -> str:
        """Return the owner name inside `zone`; the apex is the empty string.

        Raises:
            ValueError: this name is not within `zone`.
        """
        if not self.is_within(zone):
            raise ValueError(f"{self} is not within {zone}")
        return ".".join(self.labels[: -len(zone.labels)])

    def parents(self) -> tuple[Fqdn, ...]:
        """Return this name, then each name above it, the top-level domain last."""
        return tuple(Fqdn(self.labels[i:]) for i in range(len(self.labels)))

    def __str__(self) -> str:
        return ".".join(self.labels)


@lru_cache(maxsize=4096)
def _labels(text: str) -> tuple[str, ...]:
    """Split and check; remembered, because a server is asked about the same names again and again."""
    bare = text.lower().removesuffix(".")
    labels = tuple(bare.split("."))
    checked = labels[1:] if labels[0] == "*" else labels
    if len(bare) > 253 or not checked or not all(_LABEL.fullmatch(label) for label in checked):
        raise ValueError(f"not a domain name: {text!r}")
    return labels


def longest_match(name: Fqdn, zones: frozenset[Fqdn] | set[Fqdn]) -> Fqdn | None:
    """Return the zone of `zones` closest above `name`, or `None` when it is in none of them."""
    return next((parent for parent in name.parents() if parent in zones), None)
