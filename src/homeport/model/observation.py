"""What was learned about this machine's addresses. Not learned is not gone."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.model.address import IPAddress


@dataclass(frozen=True, slots=True)
class Addresses:
    """These addresses, one or more, are this machine's."""

    found: tuple[IPAddress, ...]

    def __post_init__(self) -> None:
        if not self.found:
            raise ValueError("no address is NoAddress or Unknown, never an empty Addresses")


@dataclass(frozen=True, slots=True)
class NoAddress:
    """It is known that there is no address of this family."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be learned, and nothing may be concluded from that.

    Attributes:
        tells_none: somebody who has an address of its own was asked, and answered that it has none to tell.
    """

    why: str
    tells_none: bool = False


Observation = Addresses | NoAddress | Unknown
