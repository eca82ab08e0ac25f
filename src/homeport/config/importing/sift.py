"""What the loader would refuse is left, with the loader's own reason, so that the rest can be loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from homeport.config import loader
from homeport.config.importing.moved import Entry, Moved, Note
from homeport.config.importing.write import write
from homeport.config.paths import FILE
from homeport.errors import ConfigInvalid

_PLACE = re.compile(r"^\S+?(:\d+)?: (agent[\w.\[\]-]*: )?")


def sift(moved: Moved) -> Moved:
    """Return what can be loaded. Usually that is everything, and costs one look.

    Raises:
        ConfigInvalid: no record is left.
    """
    if _why_not(moved) is None:
        return moved
    moved = _without_bad_notifiers(moved)
    records: list[Entry] = []
    left = list(moved.left)
    for alone in _one_by_one(moved):
        if why := _why_not(alone):
            left.append(Note(str(alone.records[0].name), why))
        else:
            records += alone.records
    if not records:
        told = "".join(f"\n  {note}" for note in left)
        raise ConfigInvalid(f"there is no name in this configuration of {moved.tool} that can be kept{told}")
    kept = _used(replace(moved, records=tuple(records), left=tuple(left)))
    if kept.resolver and (why := _why_not(kept)):
        kept = replace(kept, resolver=(), left=(*kept.left, Note("resolver", why)))
    return kept


def _without_bad_notifiers(moved: Moved) -> Moved:
    """Return the same without those who could not be told as it says."""
    alone = replace(moved, records=(), accounts=(), sources=(), resolver=())
    why = {one.name: _why_not(replace(alone, notify=(one,))) for one in moved.notify}
    return replace(
        moved,
        notify=tuple(one for one in moved.notify if why[one.name] is None),
        left=(*moved.left, *(Note(name, said) for name, said in why.items() if said)),
    )


def _one_by_one(moved: Moved) -> Iterator[Moved]:
    for record in moved.records:
        yield _used(replace(moved, records=(record,), resolver=()))


def _used(moved: Moved) -> Moved:
    """Return the same without what no record of it uses."""
    providers = {record.provider for record in moved.records}
    sources = {name for record in moved.records for name in record.address.values()}
    return replace(
        moved,
        accounts=tuple(one for one in moved.accounts if one.name in providers),
        sources=tuple(one for one in moved.sources if one.name in sources),
    )


def _why_not(moved: Moved) -> str | None:
    """Return the loader's first word against it, `None` where it has none."""
    try:
        loader.parse(write(moved).text, Path(FILE))
    except ConfigInvalid as error:
        return _PLACE.sub("", str(error).split("\n", 1)[0])
    return None
