"""An address as the operating system has it on an interface."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.model.address import IPAddress
from homeport.model.line import Line

FOREVER = 0xFFFF_FFFF
"""The lifetime of an address that does not expire, as the kernel writes it, in seconds."""


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """One address of one interface.

    Attributes:
        prefix: length in bits.
        valid_for: seconds left; `FOREVER` for a static one.
        preferred_for: seconds left, 0 when deprecated.
        is_temporary: a privacy address of RFC 8981.
        is_stable: a stable privacy address of RFC 7217.
        has_carrier: the interface is up and its link works.
        is_wireless: the interface is a radio; a wired one is preferred when both will do.
    """

    interface: str
    index: int
    address: IPAddress
    prefix: int
    valid_for: int = FOREVER
    preferred_for: int = FOREVER
    is_temporary: bool = False
    is_deprecated: bool = False
    is_tentative: bool = False
    is_stable: bool = False
    has_carrier: bool = True
    is_wireless: bool = False

    def is_on(self, line: Line) -> bool:
        """Tell whether what leaves over `line` may leave from this address."""
        return line.interface in (None, self.interface) and line.source in (None, self.address)
