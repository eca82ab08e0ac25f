"""YAML text to nodes with lines, bounded; also a program of its own, so that its memory can leave again.

The parser costs about 4 MB that Python never gives back. `apart` therefore composes in a child process:
the text goes in on standard input and the nodes come back as JSON, so that neither stands in a command line.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from homeport.config.node import Composed, Fault, Items, Node, Scalar, Table, join

MAX_DEPTH = 32
MAX_NODES = 100_000
PATIENCE = 120.0  # seconds a child may take, on the slowest of machines, before it is done here instead
_QUOTED = re.compile(r"'([^']*)'")


class _Unreadable(Exception):
    """The text cannot be composed any further."""

    def __init__(self, line: int, path: str, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(line, path, message)


def compose(text: str) -> Composed:
    """Return what `text` holds. Never raises for the text's doing: that is a fault with its line."""
    return composed_of(events_of(text), text)


def composed_of(events: Iterator[Any], text: str) -> Composed:
    """Return what `text` holds by the parser's events."""
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    builder = _Builder(events)
    try:
        root = builder.document()
    except _Unreadable as error:
        return Composed(None, (*builder.faults, error.fault))
    except MarkedYAMLError as error:
        return Composed(None, (*builder.faults, _syntax(error, text)))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return Composed(None, (Fault(line, "", "a control character; remove it"),))
    except Exception as error:  # noqa: BLE001 -- told as a fault: the parser stumbles in ways of its own
        why = f"not readable as YAML ({type(error).__name__}); look near this line"
        return Composed(None, (*builder.faults, Fault(builder.line, "", why)))
    return Composed(root, tuple(builder.faults))


def apart(text: str) -> Composed:
    """Do what `compose` does in a child process, or here where there can be none."""
    if getattr(sys, "frozen", False):
        return compose(text)
    command = [sys.executable, "-P", "-m", "homeport.config.compose"]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=PATIENCE, check=True)
        return msgspec.json.decode(done.stdout, type=Composed)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError):
        return compose(text)


def events_of(text: str) -> Iterator[Any]:
    """Yield the parser's events; it raises where the text is no YAML."""
    from ruamel.yaml import YAML

    yield from YAML(typ="safe", pure=True).parse(text)


def _syntax(error: Any, text: str) -> Fault:
    """Say it in words for people; what the parser quotes may be a piece of a password."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    shown = text.splitlines()[line - 1 : line]
    if shown and "\t" in shown[0] and "\\t" in str(error.problem):
        return Fault(line, "", "a tab; YAML is indented with spaces")
    problem = str(error.problem or error.context or "not readable").split("\n", 1)[0]
    return Fault(line, "", f"not YAML: {_QUOTED.sub(_short, problem)}")


def _short(quoted: re.Match[str]) -> str:
    """Keep a mark or `<stream end>`, drop what could be a secret."""
    return quoted[0] if len(quoted[1]) < 3 or quoted[1].startswith("<") else "this"


class _Builder:
    """Events to nodes: keys once, aliases resolved, all of it within bounds."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._nodes = 0
        self.faults: list[Fault] = []
        self.line = 1

    def _next(self) -> tuple[str, Any]:
        event = next(self._events)
        self.line = event.start_mark.line + 1
        return type(event).__name__.removesuffix("Event"), event

    def document(self) -> Node | None:
        """Read the one document there is."""
        root: Node | None = None
        while True:
            kind, event = self._next()
            if kind == "StreamEnd":
                return root
            if kind == "DocumentStart" and root is not None:
                raise _Unreadable(self.line, "", "a second document begins here; a file holds one")
            if kind not in {"StreamStart", "DocumentStart", "DocumentEnd"}:
                root, _ = self._node(kind, event, "", 1)

    def _node(self, kind: str, event: Any, path: str, depth: int) -> tuple[Node, int]:
        """Return one node and its height."""
        if kind == "Alias":
            return self._alias(event, path, depth)
        if depth > MAX_DEPTH:
            raise _Unreadable(self.line, path[:80], f"nested more than {MAX_DEPTH} deep")
        self._count(1, path)
        before, line = self._nodes, self.line
        if event.tag is not None and str(event.tag) != "!":
            self.faults.append(Fault(line, path, "a tag; a value that begins with ! needs quotes"))
        node, height = self._body(kind, event, path, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, height, self._nodes - before + 1)
        return node, height

    def _body(self, kind: str, event: Any, path: str, depth: int) -> tuple[Node, int]:
        if kind == "Scalar":
            return Scalar(self.line, event.value, event.style is None), 1
        return self._items(path, depth) if kind == "SequenceStart" else self._table(path, depth)

    def _alias(self, event: Any, path: str, depth: int) -> tuple[Node, int]:
        if event.anchor not in self._anchors:
            raise _Unreadable(
                self.line, path, "an alias to nothing before it; a value that begins with * needs quotes"
            )
        node, height, size = self._anchors[event.anchor]
        self._count(size, path)
        if depth + height - 1 > MAX_DEPTH:
            raise _Unreadable(self.line, path[:80], f"nested more than {MAX_DEPTH} deep")
        return node, height

    def _count(self, size: int, path: str) -> None:
        self._nodes += size
        if self._nodes > MAX_NODES:
            raise _Unreadable(self.line, path[:80], f"more than {MAX_NODES} values, aliases spelled out")

    def _items(self, path: str, depth: int) -> tuple[Node, int]:
        line, height = self.line, 0
        found: list[Node] = []
        while (step := self._next())[0] != "SequenceEnd":
            node, reached = self._node(*step, join(path, len(found)), depth + 1)
            found.append(node)
            height = max(height, reached)
        return Items(line, tuple(found)), height + 1

    def _table(self, path: str, depth: int) -> tuple[Node, int]:
        line, height = self.line, 0
        found: dict[str, tuple[Scalar, Node]] = {}
        merged: list[Node] = []
        while (step := self._next())[0] != "MappingEnd":
            key, _ = self._node(*step, path, depth + 1)
            if not isinstance(key, Scalar):
                raise _Unreadable(key.line, path, "a key is a word, not a list or a mapping")
            here = join(path, key.text)
            value, reached = self._node(*self._next(), here, depth + 1)
            height = max(height, reached)
            if isinstance(value, Scalar) and value.plain and not value.text:
                value = Scalar(key.line, "")  # the parser sees nothing only where the next thing begins
            if key.plain and key.text == "<<":
                merged.append(value)
            elif key.text in found:
                first = found[key.text][0].line
                self.faults.append(Fault(key.line, here, f"written twice; first in line {first}"))
            else:
                found[key.text] = (key, value)
        for entry in _merged(merged):
            found.setdefault(entry[0].text, entry)
        return Table(line, tuple(found.values())), height + 1


def _merged(values: list[Node]) -> Iterator[tuple[Scalar, Node]]:
    """Yield the entries that `<<` brings in, the nearest first."""
    for value in values:
        for table in value.items if isinstance(value, Items) else (value,):
            if not isinstance(table, Table):
                raise _Unreadable(table.line, "", "<< takes a mapping, or a list of them")
            yield from table.entries


def _main() -> None:
    answer = compose(sys.stdin.buffer.read().decode())
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    _main()
