"""The file, read again: validated whole before anything of it counts, and the last good one kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from homeport.config.loader import Loaded, load
from homeport.config.node import join
from homeport.config.secrets import fingerprint
from homeport.model.secret import Secret


class Difference(msgspec.Struct, frozen=True):
    """One value that is not what it was; `None` is "not there". Secrets are `***`, or where they come from."""

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.path}: {self.after} (new)"
        return f"{self.path}: {self.before} -> {self.after}" if self.after else f"{self.path}: gone"


class Reloader:
    """Holds the configuration that counts.

    Attributes:
        loaded: the last good file.
    """

    def __init__(self, loaded: Loaded, *, apart: bool = False) -> None:
        self.loaded = loaded
        self._apart = apart

    def reload(self) -> tuple[Difference, ...]:
        """Read the file again and return what changed; nothing changed is an empty tuple.

        Raises:
            ConfigInvalid: the file is bad now; `loaded` is what it was.
        """
        fresh = load(self.loaded.path, apart=self._apart)
        changes = differences(self.loaded.config, fresh.config)
        self.loaded = fresh
        return changes


def differences(before: Any, after: Any) -> tuple[Difference, ...]:
    """Return every value in which two configurations differ, by path."""
    old, new = _flat(before, ""), _flat(after, "")
    return tuple(
        Difference(path, _shown(old.get(path)), _shown(new.get(path)))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


_Leaf = tuple[str, str]  # what is shown, and what is compared


def _flat(value: Any, path: str) -> dict[str, _Leaf]:
    if isinstance(value, msgspec.Struct):
        fields = {
            field.encode_name: getattr(value, field.name) for field in msgspec.structs.fields(type(value))
        }
        config = value.__struct_config__
        return _entries({config.tag_field: config.tag, **fields} if config.tag_field else fields, path)
    if isinstance(value, dict):
        return _entries(value, path)
    if isinstance(value, tuple | list):
        return _entries(dict(enumerate(value)), path)
    return {} if value is None else {path: _leaf(value)}


def _entries(values: dict[Any, Any], path: str) -> dict[str, _Leaf]:
    found: dict[str, _Leaf] = {}
    for key, value in values.items():
        found |= _flat(value, join(path, key if isinstance(key, int) else str(key)))
    return found


def _leaf(value: Any) -> _Leaf:
    """Compare a literal secret by its fingerprint; any other by where it comes from, for it is read anew."""
    if isinstance(value, Secret):
        return value.source, fingerprint(value) if value.source == "***" else value.source
    if isinstance(value, frozenset):
        shown = ", ".join(f"{name}={content}" for name, content in sorted(value))
        return shown, shown
    text = str(value) if isinstance(value, str | Path) or not isinstance(value, bool) else str(value).lower()
    return text, text


def _shown(leaf: _Leaf | None) -> str | None:
    return None if leaf is None else leaf[0]
