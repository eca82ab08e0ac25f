"""The registry, as far as it is needed: values of a key set, read and removed; what is not there is not missed.

Source: the standard library's `winreg`, which only Windows has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, Literal

from homeport.errors import NotAllowed

Root = Literal["HKLM", "HKCU"]
Value = str | int | bytes | Sequence[str]
_ROOTS = {"HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER"}


def put(root: Root, key: str, values: Mapping[str, Value]) -> None:
    """Set values of a key, which is made where it is not.

    Raises:
        NotAllowed: this account may not.
    """
    registry = _winreg()
    try:
        with registry.CreateKeyEx(_root(root), key, 0, registry.KEY_SET_VALUE) as held:
            for name, value in values.items():
                registry.SetValueEx(held, name, 0, _type(value), value)
    except PermissionError as exc:
        raise _not_allowed(root, key) from exc


def read(root: Root, key: str, name: str) -> Any:
    """Return a value, `None` when there is none."""
    registry = _winreg()
    try:
        with registry.OpenKey(_root(root), key) as held:
            return registry.QueryValueEx(held, name)[0]
    except FileNotFoundError:
        return None


def remove(root: Root, key: str, name: str) -> None:
    """Remove one value.

    Raises:
        NotAllowed: this account may not.
    """
    registry = _winreg()
    try:
        with (
            suppress(FileNotFoundError),
            registry.OpenKey(_root(root), key, 0, registry.KEY_SET_VALUE) as held,
        ):
            registry.DeleteValue(held, name)
    except PermissionError as exc:
        raise _not_allowed(root, key) from exc


def remove_key(root: Root, key: str) -> None:
    """Remove a key without keys below it."""
    with suppress(FileNotFoundError):
        _winreg().DeleteKey(_root(root), key)


def _winreg() -> Any:
    return import_module("winreg")


def _root(root: Root) -> Any:
    return getattr(_winreg(), _ROOTS[root])


def _type(value: Value) -> Any:
    registry = _winreg()
    if isinstance(value, str):
        return registry.REG_EXPAND_SZ if value.startswith("%") else registry.REG_SZ
    if isinstance(value, bytes):
        return registry.REG_BINARY
    return registry.REG_DWORD if isinstance(value, int) else registry.REG_MULTI_SZ


def _not_allowed(root: Root, key: str) -> NotAllowed:
    return NotAllowed(
        rf"{root}\{key}: this account may not change it; open PowerShell with `Run as administrator` and try again"
    )
