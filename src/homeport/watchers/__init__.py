"""How a change is noticed, one way a file.

A watcher is one module: `WATCHER`, a class made of `Tools`; `poll`, which every agent has, is made of its interval.
Those outside this tree join by the entry point group `homeport.watchers`.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Any

from homeport.errors import ConfigInvalid

GROUP = "homeport.watchers"


def kinds() -> list[str]:
    """Return every watcher kind there is, ours and those installed beside it."""
    return sorted(_ours() | {point.name for point in entry_points(group=GROUP)})


def load(kind: str) -> Any:
    """Return the watcher class of `kind`; only its module is imported.

    Raises:
        ConfigInvalid: there is none of that name.
    """
    if kind in _ours():
        return import_module(f"{__name__}.{kind}").WATCHER
    for point in entry_points(group=GROUP, name=kind):
        return point.load()
    near = difflib.get_close_matches(kind, kinds(), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(kinds())}"
    raise ConfigInvalid(f"there is no watcher {kind!r}; {hint}")


def _ours() -> set[str]:
    return {module.name for module in iter_modules(__path__) if not module.name.startswith("_")}
