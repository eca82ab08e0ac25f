"""Where each value stands in the file's text, so that one can be written anew and everything else stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from homeport.config.reading import read

_BEFORE = re.compile(r"(?:[&!]\S*\s+)*")  # an anchor is part of the span, and not of the value
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./:~@+-]*[A-Za-z0-9_./~@+-]")


def rewritten(text: str, values: Mapping[str, str]) -> str:
    """Return a file's text with other values, each given by its place: `agent.providers.cf.token`.

    A value that was quoted stays so. One that is shared by an alias is written once, where its anchor is.
    """
    where = read(text).spans
    for (start, end), value in sorted(
        {where[place]: values[place] for place in values}.items(), reverse=True
    ):
        before = _BEFORE.match(text[start:end])
        begin = start + (before.end() if before else 0)
        text = text[:begin] + _written(text[begin:end], value) + text[end:]
    return text


def where(text: str) -> dict[str, tuple[int, int]]:
    """Return where each value stands, by its place, without its anchor; nothing where the text cannot be read."""
    found = {}
    for place, (start, end) in read(text).spans.items():
        before = _BEFORE.match(text[start:end])
        found[place] = (start + (before.end() if before else 0), end)
    return found


def comments(text: str) -> tuple[tuple[int, int], ...]:
    """Return where each comment stands, from its `#` to the end of its line."""
    return read(text).comments


def _written(before: str, value: str) -> str:
    """Return a value in the way of the one before it: plain or quoted, where it can be."""
    if before[:1] in {"|", ">"}:
        return json.dumps(value, ensure_ascii=False) + "\n"
    if before[:1] == "'":
        return "'" + value.replace("'", "''") + "'"
    is_plain = before[:1] != '"' and _PLAIN.fullmatch(value)
    return value if is_plain else json.dumps(value, ensure_ascii=False)
