"""An address that a person wrote down, or their word that there is none."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, NoAddress, Observation, Unknown
from homeport.ports import Tools

_NONE = "none"


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="static"
):
    """Fixed addresses, or `none` to say that there is no address."""

    address: Annotated[tuple[str, ...], Meta(description="one address, a list, or none")]

    def __post_init__(self) -> None:
        if not self.address:
            raise ValueError(f"expected an address, a list of them, or {_NONE}")
        if self.address == (_NONE,):
            return
        for text in self.address:
            try:
                parse_address(text)
            except ValueError:
                raise ValueError(f'expected an address or {_NONE} alone, found "{text}"') from None


class Static:
    """Says what stands in the configuration."""

    kind: ClassVar[str] = "static"
    witnesses: ClassVar[int] = 1
    operator = "the configuration"
    protocol = "system"
    camp = ""

    def __init__(self, settings: Settings, _tools: Tools) -> None:
        self._is_none = settings.address == (_NONE,)
        self._texts = settings.address
        named = () if self._is_none else {Family.of(parse_address(text)) for text in self._texts}
        self.lacks = tuple(family for family in Family if named and family not in named)

    async def detect(self, family: Family) -> Observation:
        if self._is_none:
            return NoAddress("the configuration says that there is none")
        found = tuple(address for text in self._texts if (address := parse_address(text)).version == family)
        return Addresses(found) if found else Unknown(f"the configuration names no {family} address")

    def describe(self) -> str:
        return f"{self.kind} {', '.join(self._texts)}"


DETECTOR = Static
