"""A host that is told a name's addresses and no more: it cannot be asked, and mostly cannot delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from homeport.errors import Refused
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRType
from homeport.providers import _base
from homeport.providers._api import Api
from homeport.providers._base import Results


class Updates(_base.WriteOnly, Api):
    """A host with an update URL.

    Attributes:
        separate: an address of each family is told in a request of its own.
    """

    separate: ClassVar[bool] = False

    async def update(self, name: Fqdn, addresses: Mapping[RRType, str]) -> None:
        """Tell the host the addresses of one name; a family that is not mentioned stays as it is."""
        raise NotImplementedError

    async def apply(self, changes: Sequence[Change]) -> Results:
        going = [change for change in changes if change.after is None]
        cannot = Refused(f"{self.kind} cannot delete an address; do it on its page")
        groups: dict[tuple[Fqdn, RRType | None], list[Change]] = {}
        for change in changes:
            if change.after:
                alone = change.key.type if self.separate else None
                groups.setdefault((change.key.name, alone), []).append(change)
        works = (self._tell(some) for some in groups.values())
        return _base.joined([_base.same(going, cannot), *await _base.beside(works)])

    async def _tell(self, changes: Sequence[Change]) -> Results:
        """Send what is wanted of one name; both families have one outcome."""
        addresses = {change.key.type: min(change.after.rdata) for change in changes if change.after}

        async def send(_: Sequence[Change]) -> None:
            await self.update(changes[0].key.name, addresses)

        outcome = (await _base.apart(changes[:1], send))[changes[0].key]
        return _base.same(changes, outcome)
