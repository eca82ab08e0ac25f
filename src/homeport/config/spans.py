"""Where each value stands in the file's text, so that one can be written anew and everything else stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.config.node import join

_BEFORE = re.compile(r"(?:[&!]\S*\s+)*")  # an anchor is part of the span, and not of the value
_COMMENT = re.compile(r"(?:^|(?<=[\s,\[\]{}:]))(#[^\r\n]*)", re.MULTILINE)
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./:~@+-]*[A-Za-z0-9_./~@+-]")


def rewritten(text: str, values: Mapping[str, str]) -> str:
    """Return a file's text with other values, each given by its place: `agent.providers.cf.token`.

    A value that was quoted stays so. One that is shared by an alias is written once, where its anchor is.
    """
    where = dict(_spans(text))
    for (start, end), value in sorted(
        {where[place]: values[place] for place in values}.items(), reverse=True
    ):
        before = _BEFORE.match(text[start:end])
        begin = start + (before.end() if before else 0)
        text = text[:begin] + _written(text[begin:end], value) + text[end:]
    return text


def where(text: str) -> dict[str, tuple[int, int]]:
    """Return where each value stands, by its place, without its anchor.

    Raises:
        YAMLError: it is no YAML.
    """
    found = {}
    for place, (start, end) in _spans(text):
        before = _BEFORE.match(text[start:end])
        found[place] = (start + (before.end() if before else 0), end)
    return found


def comments(text: str) -> list[tuple[int, int]]:
    """Return where each comment stands, from its `#` to the end of its line.

    Raises:
        YAMLError: it is no YAML.
    """
    from ruamel.yaml import YAML

    taken = sorted(
        (event.start_mark.index, event.end_mark.index)
        for event in YAML(typ="safe", pure=True).parse(text)
        if type(event).__name__ == "ScalarEvent"
    )
    found, begin = [], 0
    for start, end in [*taken, (len(text), len(text))]:
        found += [(begin + one.start(1), begin + one.end(1)) for one in _COMMENT.finditer(text[begin:start])]
        begin = max(begin, end)
    return found


def _written(before: str, value: str) -> str:
    """Return a value in the way of the one before it: plain or quoted, where it can be."""
    if before[:1] in {"|", ">"}:
        return json.dumps(value, ensure_ascii=False) + "\n"
    if before[:1] == "'":
        return "'" + value.replace("'", "''") + "'"
    is_plain = before[:1] != '"' and _PLAIN.fullmatch(value)
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _spans(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    from ruamel.yaml import YAML

    yield from _within(YAML(typ="safe", pure=True).compose(text), "")


def _within(node: Any, path: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield every place below a node; what `<<` brings in comes first, so that what stands there itself counts."""
    match node.id:
        case "scalar":
            yield path, (node.start_mark.index, node.end_mark.index)
        case "sequence":
            for index, item in enumerate(node.value):
                yield from _within(item, join(path, index))
        case _:
            for key, value in sorted(node.value, key=lambda entry: str(entry[0].value) != "<<"):
                yield from _entry(key, value, path)


def _entry(key: Any, value: Any, path: str) -> Iterator[tuple[str, tuple[int, int]]]:
    if key.style is not None or key.value != "<<":
        yield from _within(value, join(path, str(key.value)))
        return
    for each in reversed(value.value) if value.id == "sequence" else (value,):
        yield from _within(each, path)
