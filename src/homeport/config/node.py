"""The file as it was written: values that still know their line."""

from __future__ import annotations

import re

import msgspec

_NOTHING = re.compile(r"~|null|Null|NULL|")


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """One thing wrong with a file. Line 0 is the file as a whole, an empty path its top."""

    line: int
    path: str
    message: str


class Scalar(msgspec.Struct, frozen=True, array_like=True, tag="scalar"):
    """A word, a number, a text. What it means is decided by what is wanted there."""

    line: int
    text: str
    plain: bool = True

    @property
    def is_nothing(self) -> bool:
        return self.plain and _NOTHING.fullmatch(self.text) is not None


class Items(msgspec.Struct, frozen=True, array_like=True, tag="list"):
    """A list."""

    line: int
    items: tuple[Node, ...]


class Table(msgspec.Struct, frozen=True, array_like=True, tag="mapping"):
    """A mapping, in the order of the file, each key once."""

    line: int
    entries: tuple[tuple[Scalar, Node], ...]

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.entries if name.text == key), None)


Node = Scalar | Items | Table


class Composed(msgspec.Struct, frozen=True):
    """What a YAML text holds; `root` is `None` when it holds nothing or cannot be read."""

    root: Node | None
    faults: tuple[Fault, ...] = ()


def join(path: str, key: str | int) -> str:
    """Return the path of one entry: `agent.records[0].name`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def found(node: Node) -> str:
    """Say what kind of thing stands there, never its value: that may be a secret."""
    match node:
        case Items():
            return "a list"
        case Table():
            return "a mapping"
        case _:
            return "nothing" if node.is_nothing else "a text"
