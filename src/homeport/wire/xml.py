"""XML as devices and older APIs answer it: elements by their names, without namespaces and attributes.

Parsed by expat and bounded: no document type, so that nothing can be expanded or fetched, no depth, no size
beyond what anybody sends. What a ValueError here says is read after "the router" or the like.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

LARGEST = 512 * 1024
"""Bytes of a document; the longest description of a router seen has 40 KiB, a page of 300 RRsets 150."""
_DEEPEST = 32


class Element(NamedTuple):
    """One element: its name without the prefix, its own text, what is in it."""

    name: str
    text: str
    inner: tuple[Element, ...]

    def all(self, name: str) -> Iterator[Element]:
        """Yield this one and those in it that have this name, in the order of the document."""
        if self.name == name:
            yield self
        for one in self.inner:
            yield from one.all(name)

    def first(self, name: str) -> str:
        """Return the text of the first of this name, or nothing."""
        return next((one.text for one in self.all(name)), "")


def parse(data: bytes) -> Element:
    """Read a document.

    Raises:
        ValueError: it is none, or too large or too deep, or brings a document type of its own.
    """
    from xml.parsers import expat

    if len(data) > LARGEST:
        raise ValueError(f"sends a document of {len(data)} bytes, which is too large")
    building = _Building()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = building.start
    parser.EndElementHandler = building.end
    parser.CharacterDataHandler = building.text
    parser.StartDoctypeDeclHandler = building.refuse
    try:
        parser.Parse(data.strip(b"\0 \r\n\t"), True)
    except (expat.ExpatError, LookupError) as error:  # LookupError: an encoding nobody knows
        raise ValueError(f"sends what is no XML: {error}") from error
    return building.root


class _Building:
    """The elements that are open, and in the end the whole."""

    root: Element

    def __init__(self) -> None:
        self._open: list[tuple[str, list[str], list[Element]]] = []

    def start(self, name: str, _attributes: object) -> None:
        if len(self._open) >= _DEEPEST:
            raise ValueError(f"sends a document of more than {_DEEPEST} levels, which is too deep")
        self._open.append((name.rpartition(":")[2], [], []))

    def text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, _name: str) -> None:
        name, texts, inner = self._open.pop()
        made = Element(name, "".join(texts).strip(), tuple(inner))
        if self._open:
            self._open[-1][2].append(made)
        else:
            self.root = made

    def refuse(self, *_: object) -> None:
        raise ValueError("sends a document type of its own, which may hide anything")
