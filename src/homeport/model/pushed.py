"""What a router told this agent by itself, and what of it still holds after its next word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv6Network

from homeport.model.address import Family, IPAddress


@dataclass(frozen=True, slots=True)
class Pushed:
    """The last word of one router.

    Attributes:
        addresses: of each family the last that it named; a family it never named has none.
        prefix: of the network behind it, `None` when it never named one.
        at: when it spoke last, unix seconds.
        source: where that came from.
    """

    addresses: tuple[IPAddress, ...]
    prefix: IPv6Network | None
    at: float
    source: str

    def of(self, family: Family) -> tuple[IPAddress, ...]:
        """Return its addresses of one family."""
        return tuple(address for address in self.addresses if address.version == family)

    def after(self, former: Pushed | None) -> Pushed:
        """Return what holds now: what this word does not speak of stays as the former one had it."""
        if former is None:
            return self
        named = {address.version for address in self.addresses}
        kept = tuple(address for address in former.addresses if address.version not in named)
        both = tuple(sorted((*self.addresses, *kept), key=lambda address: (address.version, int(address))))
        return replace(self, addresses=both, prefix=self.prefix or former.prefix)

    def is_news(self, former: Pushed | None) -> bool:
        """Tell whether anything is another than before."""
        if former is None:
            return True
        return (set(self.addresses), self.prefix) != (set(former.addresses), former.prefix)
