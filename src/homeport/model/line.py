"""Which way something leaves this machine, where it has more than one."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.model.address import IPAddress


@dataclass(frozen=True, slots=True)
class Line:
    """An interface, a local address, or both; what is not given is the system's choice.

    What is given is never traded for the default route: a line that cannot be used is an error.
    """

    interface: str | None = None
    source: IPAddress | None = None

    def __str__(self) -> str:
        parts = (self.interface, str(self.source) if self.source else None)
        return " from ".join(part for part in parts if part) or "any"


ANY_LINE = Line()
