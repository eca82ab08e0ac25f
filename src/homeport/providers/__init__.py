"""Where records are published, one host a file.

A provider is one module: `PROVIDER`, a class with typed `Settings`. Nothing else is edited to add one;
those outside this tree join by the entry point group `homeport.providers`.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Any

from homeport.errors import ConfigInvalid

GROUP = "homeport.providers"


def kinds() -> list[str]:
    """Return every provider kind there is, ours and those installed beside it."""
    return sorted(_ours() | {point.name for point in entry_points(group=GROUP)})


def load(kind: str) -> Any:
    """Return the provider class of `kind`; only its module is imported.

    Raises:
        ConfigInvalid: there is none of that name.
    """
    if kind in _ours():
        return import_module(f"{__name__}.{kind}").PROVIDER
    for point in entry_points(group=GROUP, name=kind):
        return point.load()
    near = difflib.get_close_matches(kind, kinds(), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`homeport providers` lists them."
    raise ConfigInvalid(f"there is no provider {kind!r}; {hint}")


def _ours() -> set[str]:
    return {module.name for module in iter_modules(__path__) if not module.name.startswith("_")}
