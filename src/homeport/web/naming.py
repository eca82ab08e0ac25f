"""The name that a person means by what they typed, and by the domain that they chose beside it."""

from __future__ import annotations

from collections.abc import Collection

from homeport.model.name import Fqdn


def named(label: str, zone: str) -> Fqdn | None:
    """Return the name of a label in a zone, or a whole name where no zone is given; `None` when it is none."""
    label = label.strip().strip(".")
    if zone and (label.casefold() == zone.casefold() or label.casefold().endswith(f".{zone}".casefold())):
        text = label
    else:
        text = ".".join(part for part in (label if label != "@" else "", zone) if part)
    try:
        if not text.isascii():
            from idna import encode

            text = encode(text, uts46=True).decode()
        found = Fqdn.parse(text)
    except ValueError:  # IDNAError is one
        return None
    return found if len(found.labels) > 1 else None


def zone_of(label: str, zones: Collection[str], chosen: str) -> str:
    """Return the zone that a whole name was typed in, or else the one that was chosen."""
    within = [zone for zone in zones if f".{label.casefold().rstrip('.')}".endswith(f".{zone}")]
    return max(within, key=len, default=chosen)
