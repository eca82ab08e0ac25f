"""A text read once for all that is asked of it: its nodes, where each value stands, and its comments.

The parser takes most of the time of a check, and one check asks for all three of the same few texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from homeport.config.compose import composed_of, events_of
from homeport.config.node import Composed, join

_COMMENT = re.compile(r"(?:^|(?<=[\s,\[\]{}:]))(#[^\r\n]*)", re.MULTILINE)
_MERGE = "<<"

Span = tuple[int, int]


class Reading(NamedTuple):
    """What is known of one text.

    Attributes:
        spans: where each value stands, its anchor too; nothing of a text that cannot be read to its end.
        comments: where each comment stands, from its `#` to the end of its line.
    """

    composed: Composed
    spans: Mapping[str, Span]
    comments: tuple[Span, ...]


class _Seen(NamedTuple):
    """One event of the parser, as much as is needed of it afterwards: the parser's own hold the text ten times over."""

    kind: str
    span: Span
    anchor: str | None
    text: str
    is_plain: bool


@lru_cache(maxsize=6)
def read(text: str) -> Reading:
    """Read one of the few texts that are compared with one another."""
    seen: list[_Seen] = []
    composed = composed_of(_noted(events_of(text), seen), text)
    if composed.root is None:
        return Reading(composed, {}, ())
    scalars = [each.span for each in seen if each.kind == "Scalar"]
    return Reading(composed, dict(_within(_tree(iter(seen), {}), "")), tuple(_between(text, scalars)))


def composed(text: str) -> Composed:
    """Return what `compose` does."""
    return read(text).composed


def _noted(events: Iterator[Any], seen: list[_Seen]) -> Iterator[Any]:
    for event in events:
        kind = type(event).__name__.removesuffix("Event")
        if kind in {"Scalar", "Alias", "SequenceStart", "SequenceEnd", "MappingStart", "MappingEnd"}:
            span = event.start_mark.index, event.end_mark.index
            is_plain = kind == "Scalar" and event.style is None
            seen.append(
                _Seen(kind, span, getattr(event, "anchor", None), getattr(event, "value", ""), is_plain)
            )
        yield event


class _Node(NamedTuple):
    """A value of the text; what an alias leads to is the same node again."""

    seen: _Seen
    items: list[_Node]
    entries: list[tuple[_Node, _Node]]


def _tree(events: Iterator[_Seen], anchors: dict[str, _Node]) -> _Node:
    seen = next(events)
    return _node(seen, events, anchors)


def _node(seen: _Seen, events: Iterator[_Seen], anchors: dict[str, _Node]) -> _Node:
    if seen.kind == "Alias":
        return anchors[str(seen.anchor)]
    made = _Node(seen, [], [])
    if seen.kind == "SequenceStart":
        while (step := next(events)).kind != "SequenceEnd":
            made.items.append(_node(step, events, anchors))
    elif seen.kind == "MappingStart":
        while (step := next(events)).kind != "MappingEnd":
            made.entries.append((_node(step, events, anchors), _tree(events, anchors)))
    if seen.anchor is not None:
        anchors[seen.anchor] = made
    return made


def _within(node: _Node, path: str) -> Iterator[tuple[str, Span]]:
    """Yield every place below a node; what `<<` brings in comes first, so that what stands there itself counts."""
    match node.seen.kind:
        case "Scalar":
            yield path, node.seen.span
        case "SequenceStart":
            for index, item in enumerate(node.items):
                yield from _within(item, join(path, index))
        case _:
            for key, value in sorted(node.entries, key=lambda entry: entry[0].seen.text != _MERGE):
                yield from _entry(key, value, path)


def _entry(key: _Node, value: _Node, path: str) -> Iterator[tuple[str, Span]]:
    if not key.seen.is_plain or key.seen.text != _MERGE:
        yield from _within(value, join(path, key.seen.text))
        return
    for each in reversed(value.items) if value.seen.kind == "SequenceStart" else (value,):
        yield from _within(each, path)


def _between(text: str, scalars: list[Span]) -> Iterator[Span]:
    """Yield the comments, which stand outside of every value and key."""
    begin = 0
    for start, end in [*sorted(scalars), (len(text), len(text))]:
        for one in _COMMENT.finditer(text[begin:start]):
            yield begin + one.start(1), begin + one.end(1)
        begin = max(begin, end)
