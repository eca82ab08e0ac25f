"""Adapters by kind: the modules of a room, and those that installed packages add by entry point.

A room's module is found by its name and imported only when its kind is asked for; nothing is edited to add one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from homeport.errors import ConfigInvalid


class Room:
    """One room of interchangeable adapters.

    Args:
        package: its name, which is the entry point group too.
        paths: where its modules lie.
        attribute: what each module calls its class.
        noun: what people call one.
        words: returns other words for kinds; asked only when there is no kind of a name.
    """

    def __init__(
        self,
        package: str,
        paths: Iterable[str],
        attribute: str,
        noun: str,
        words: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        self._package = package
        self._paths = tuple(paths)
        self._attribute = attribute
        self._noun = noun
        self._words = words
        self._found: frozenset[str] | None = None

    def kinds(self) -> list[str]:
        """Return every kind there is, ours and those installed beside it."""
        return sorted(self._ours() | {point.name for point in self._installed()})

    def load(self, kind: str) -> Any:
        """Return the class of `kind`; only its module is imported.

        Raises:
            ConfigInvalid: there is none of that name.
        """
        if kind in self._ours():
            return getattr(import_module(f"{self._package}.{kind}"), self._attribute)
        for point in self._installed(name=kind):
            return point.load()
        near = self.meant(kind)
        hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(self.kinds())}"
        raise ConfigInvalid(f"there is no {self._noun} {kind!r}; {hint}")

    def meant(self, word: str) -> str | None:
        """Return the kind that was probably meant: called by another word for it, or typed wrong."""
        kinds, words = {kind: kind for kind in self.kinds()}, self._words() if self._words else {}
        if word.lower() in words:
            return words[word.lower()]
        for known in (kinds, words):
            if near := difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.7):
                return known[near[0]]
        return None

    def _installed(self, **which: Any) -> Any:
        from importlib.metadata import entry_points  # 25 ms, and hardly ever needed

        return entry_points(group=self._package, **which)

    def _ours(self) -> frozenset[str]:
        if self._found is None:  # once: a file of many records asks for the same room again and again
            names = {module.name for module in iter_modules(self._paths)}
            self._found = frozenset(name for name in names if not name.startswith("_"))
        return self._found
