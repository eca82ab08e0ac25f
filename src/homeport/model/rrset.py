"""RRsets: the unit that DNS replaces, and therefore the unit this system plans in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from homeport.model.name import Fqdn


class RRType(StrEnum):
    """The record types that are, or follow, an address (RFC 1035, RFC 3596, RFC 9460)."""

    A = "A"
    AAAA = "AAAA"
    HTTPS = "HTTPS"
    SVCB = "SVCB"
    TXT = "TXT"


ADDRESSES = (RRType.A, RRType.AAAA)
"""The types that are addresses; the others speak of them."""
SERVICES = (RRType.HTTPS, RRType.SVCB)
"""The types whose parameters may hint at addresses."""


Option = tuple[str, str | int | bool]
"""One provider-specific property of an RRset, such as `("proxied", True)`."""
Remarks = frozenset[tuple[str, str]]
"""RDATA, and what is written beside it."""


@dataclass(frozen=True, slots=True, order=True)
class RRsetKey:
    """What names an RRset: owner name and type; the class is always IN."""

    name: Fqdn
    type: RRType

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str()` wrote: `home.example.com A`.

        Raises:
            ValueError: not a name, a space and a type.
        """
        name, _, rrtype = text.partition(" ")
        return cls(Fqdn.parse(name), RRType(rrtype))

    def __str__(self) -> str:
        return f"{self.name} {self.type}"


@dataclass(frozen=True, slots=True)
class RRset:
    """All records of one type at one name.

    Attributes:
        rdata: presentation-format RDATA, order-free, never empty.
        ttl: seconds; `None` where the host decides it and a difference means nothing.
        options: what the host keeps beside the records; only what is named is compared.
        remarks: what is written beside each RDATA there, where the host has remarks; never compared.
    """

    key: RRsetKey
    rdata: frozenset[str]
    ttl: int | None
    options: frozenset[Option] = frozenset()
    remarks: Remarks | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.rdata:
            raise ValueError(f"an RRset has at least one record: {self.key}")

    @classmethod
    def of(cls, key: RRsetKey, *rdata: str, ttl: int | None = None) -> Self:
        """Spell an RRset out by hand, as tests and examples do."""
        return cls(key, frozenset(rdata), ttl)

    def satisfies(self, wanted: RRset) -> bool:
        """Tell whether nothing need be written for this RRset to be `wanted`."""
        return (
            self.rdata == wanted.rdata
            and (self.ttl == wanted.ttl or None in (self.ttl, wanted.ttl))
            and wanted.options <= self.options
        )
