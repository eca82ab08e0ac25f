"""Where one address comes from: detectors, and how many independent ones must agree."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.ports import Detector


@dataclass(frozen=True, slots=True)
class Source:
    """An address source of the configuration, ready to be asked.

    Attributes:
        witnesses: how many must agree, per family; `None` is each kind's own default.
        allow_private: admit every unicast address except unspecified, loopback and link-local.
    """

    name: str
    detectors: tuple[Detector, ...]
    witnesses: int | None = None
    allow_private: bool = False
