"""What differs between two configurations, for people: by path, and without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from homeport.config.node import join
from homeport.config.secrets import fingerprint
from homeport.config.shape import fields_of
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


def differences(before: Any, after: Any, path: str = "") -> tuple[Difference, ...]:
    """Return every value in which two configurations differ, by path, both of them standing at `path`."""
    old, new = _flat(before, path), _flat(after, path)
    return tuple(
        Difference(where, _shown(old.get(where)), _shown(new.get(where)))
        for where in sorted(old.keys() | new.keys())
        if old.get(where) != new.get(where)
    )


_Leaf = tuple[str, str]  # what is shown, and what is compared


def _flat(value: Any, path: str) -> dict[str, _Leaf]:
    if isinstance(value, msgspec.Struct):
        fields = {field.encode_name: getattr(value, field.name) for field in fields_of(type(value))}
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
    return _without_secrets(text), text


def _without_secrets(text: str) -> str:
    """Return a text as it may be logged: what an address or a command line carries may be a password."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text if len(text.split()) <= 1 else "..."
    place = rest.partition("?")[0]
    return f"{scheme}://{place.rpartition('@')[2]}{'?...' if '?' in rest else ''}"


def _shown(leaf: _Leaf | None) -> str | None:
    return None if leaf is None else leaf[0]
