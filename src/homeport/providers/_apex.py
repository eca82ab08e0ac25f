"""A host that keeps the addresses of a zone's own name with the zone itself, one of each family, and not among its records."""

from __future__ import annotations

from collections.abc import Sequence

from homeport.errors import Refused
from homeport.model.plan import Change
from homeport.model.rrset import RRsetKey
from homeport.providers import _base
from homeport.providers._base import Results
from homeport.providers._records import Create, Delete, Records, Step, Update, Wish
from homeport.providers._zoned import Zone


class ApexRecords(Records):
    """Records, and beside them the zone's own addresses, which `records` returns with them under any id."""

    async def tell(self, zone: Zone, key: RRsetKey, wish: Wish | None) -> None:
        """Make the zone's own address of one family what is wished, or take it away."""
        raise NotImplementedError

    async def write(self, zone: Zone, changes: Sequence[Change]) -> Results:
        several = [each for each in changes if each.key.name == zone.name and _has_several(each)]
        cannot = Refused(f"{self.kind} holds one address of a family for {zone.name} itself")
        rest = [each for each in changes if each not in several]
        return {**_base.same(several, cannot), **(await super().write(zone, rest) if rest else {})}

    async def batch(self, zone: Zone, steps: Sequence[Step]) -> None:
        for step in steps:
            match step:
                case Create(wish) | Update(_, wish) if wish.key.name == zone.name:
                    await self.tell(zone, wish.key, wish)
                case Delete(record) if record.key.name == zone.name:
                    await self.tell(zone, record.key, None)
                case _:
                    await super().batch(zone, [step])


def _has_several(change: Change) -> bool:
    return change.after is not None and len(change.after.rdata) > 1
