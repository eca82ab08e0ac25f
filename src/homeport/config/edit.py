"""Changes of the file's text that leave every other line as it is: comments, order, quotes and anchors stay.

Each is done where the parser says that the value stands, and then read back: a change that does not come out as exactly
that change is refused, with the text unchanged. What an anchor or `<<` shares is for the text editor.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from homeport.config.compose import compose
from homeport.config.node import Items, Node, Scalar, Table
from homeport.errors import ConfigInvalid

Key = str | int
Place = Sequence[Key]
SHARED = "this is shared by an anchor in the file; change it in the text"
TANGLED = "this cannot be changed without touching more of the file; change it in the text"
SENTENCES = (SHARED, TANGLED)
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./:@+-]*[A-Za-z0-9_./@+-]|[A-Za-z0-9_./]")
_NO_TEXT = re.compile(r"[-+.0-9].*|null|Null|NULL|true|True|TRUE|false|False|FALSE")
_BARE = re.compile(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?|true|false|null")


def put(text: str, place: Place, value: Any) -> str:
    """Return a text with a value at a place, which is made where it is not there yet.

    Args:
        place: the keys and numbers from the top: `("agent", "records", 0, "ttl")`. A number that is one too many
            adds an item.
        value: texts, numbers, `True` and `False`, lists and mappings of them.

    Raises:
        ConfigInvalid: it cannot be done so; the sentence is one of `SENTENCES`.
    """
    wanted = _data(compose(text).root)
    _put_in(wanted if isinstance(wanted, dict) else {}, place, value)
    if not isinstance(wanted, dict):
        raise ConfigInvalid(TANGLED)
    return _checked(_File(text).put(place, value), wanted)


def drop(text: str, place: Place) -> str:
    """Return a text without what stands at a place.

    Raises:
        ConfigInvalid: there is nothing, or it cannot be done so; the sentence is one of `SENTENCES`.
    """
    wanted = _data(compose(text).root)
    above, last = wanted, place[-1]
    for key in place[:-1]:
        above = _child(above, key)
    _child(above, last)
    del above[last]
    return _checked(_File(text).drop(place), wanted)


def _checked(text: str, wanted: Any) -> str:
    found = compose(text)
    if found.faults or _same(_data(found.root), wanted) is False:
        raise ConfigInvalid(TANGLED)
    return text


def _same(found: Any, wanted: Any) -> bool:
    """Compare what was read; a mapping or list that lost its last entry may be left as nothing."""
    if isinstance(wanted, dict) and wanted:
        return (
            isinstance(found, dict)
            and list(found) == list(wanted)
            and all(_same(found[key], wanted[key]) for key in wanted)
        )
    if isinstance(wanted, list) and wanted:
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(_same(one, other) for one, other in zip(found, wanted, strict=True))
        )
    if isinstance(wanted, dict | list):
        return bool(found in (wanted, ("", True)))
    return bool(found == wanted)


def _data(node: Node | None) -> Any:
    """Return a document as plain data: of each text also whether it is bare, for that decides what it means."""
    match node:
        case Table():
            return {key.text: _data(value) for key, value in node.entries}
        case Items():
            return [_data(value) for value in node.items]
        case Scalar():
            bare = node.plain and (_BARE.fullmatch(node.text) is not None or node.is_nothing)
            return (node.text, bare)
        case None:
            return None


def _given(value: Any) -> Any:
    """Return a value as `_data` would read it."""
    if isinstance(value, Mapping):
        return {str(key): _given(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_given(each) for each in value]
    return (value, False) if isinstance(value, str) else (json.dumps(value), True)


def _child(above: Any, key: Key) -> Any:
    try:
        return above[key]
    except (KeyError, IndexError, TypeError):
        raise ConfigInvalid(TANGLED) from None


def _put_in(above: Any, place: Place, value: Any) -> None:
    key, *rest = place
    if not rest:
        if isinstance(key, int) and isinstance(above, list) and key == len(above):
            above.append(_given(value))
        elif isinstance(above, dict) or (
            isinstance(above, list) and isinstance(key, int) and key < len(above)
        ):
            above[key] = _given(value)  # type: ignore[index]
        else:
            raise ConfigInvalid(TANGLED)
        return
    if isinstance(above, dict) and above.get(str(key), ("", True)) in (
        ("", True),
        ("null", True),
        ("~", True),
    ):
        above[str(key)] = [] if isinstance(rest[0], int) else {}
    _put_in(_child(above, key), rest, value)


class _File:
    """One text, with what the parser knows of where things stand."""

    def __init__(self, text: str) -> None:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        self.text = text
        self._end = "\r\n" if "\r\n" in text else "\n"
        try:
            self._root = YAML(typ="safe", pure=True).compose(text)
        except YAMLError:
            raise ConfigInvalid(TANGLED) from None

    def put(self, place: Place, value: Any) -> str:
        above, key = self._root, place[0]
        for number, key in enumerate(place):
            last, found = number == len(place) - 1, self._find(above, key)
            if found is None:
                for missing in reversed(place[number + 1 :]):
                    value = [value] if isinstance(missing, int) else {missing: value}
                return self._add(above, key, value)
            if last:
                return self._replace(above, key, found, value)
            if _is_nothing(found):
                for missing in reversed(place[number + 1 :]):
                    value = [value] if isinstance(missing, int) else {missing: value}
                return self._replace(above, key, found, value)
            above = found
        raise ConfigInvalid(TANGLED)

    def drop(self, place: Place) -> str:
        above = self._root
        for key in place[:-1]:
            above = self._find(above, key)
        key = place[-1]
        if self._find(above, key) is None:
            raise ConfigInvalid(TANGLED)
        entries = [(one.start_mark.index, self._leaf_end(other)) for one, other in self._entries(above)]
        number = key if isinstance(key, int) else self._names(above).index(str(key))
        start, end = entries[number]
        if above.flow_style:
            if len(entries) > 1 and number == 0:
                return self.text[:start] + self.text[entries[1][0] :]
            before = entries[number - 1][1] if number else start
            return self.text[:before] + self.text[end:]
        return self._drop_lines(above, entries, number)

    def _drop_lines(self, above: Any, entries: list[tuple[int, int]], number: int) -> str:
        start, end = entries[number]
        if above.id == "sequence":
            start = self._dash(start)
        after = self._line_end(end)
        begin = self.text.rfind("\n", 0, start) + 1
        if self.text[begin:start].strip(" "):  # something stands before it: a dash, or the key of it all
            if number + 1 >= len(entries):
                raise ConfigInvalid(TANGLED)
            following = entries[number + 1][0]
            if above.id == "sequence":
                following = self._dash(following)
            if "#" in self.text[end:following]:
                raise ConfigInvalid(TANGLED)
            return self.text[:start] + self.text[following:]
        return self.text[:begin] + self.text[after:]

    def _find(self, above: Any, key: Key) -> Any:
        """Return what stands in an entry itself; nothing of what `<<` brings in."""
        if isinstance(key, int):
            if above.id != "sequence" or key > len(above.value):
                raise ConfigInvalid(TANGLED)
            found = above.value[key] if key < len(above.value) else None
        elif above.id != "mapping":
            raise ConfigInvalid(TANGLED)
        else:
            found = next((value for name, value in above.value if name.value == key), None)
        inside = above.start_mark.index, above.end_mark.index
        if found is not None and not inside[0] <= found.start_mark.index <= found.end_mark.index <= inside[1]:
            raise ConfigInvalid(SHARED)
        return found

    def _entries(self, above: Any) -> list[tuple[Any, Any]]:
        return [(each, each) for each in above.value] if above.id == "sequence" else list(above.value)

    def _names(self, above: Any) -> list[str]:
        return [str(name.value) for name, _ in above.value]

    def _replace(self, above: Any, key: Key, found: Any, value: Any) -> str:
        start, end = found.start_mark.index, self._leaf_end(found)
        if found.id == "scalar" and start == end:  # nothing stands there: behind the colon or the dash
            start = end = self._behind(above, key)
            return f"{self.text[:start]} {_flow(value)}{self.text[start:]}"
        before = self.text[start:end]
        if before[:1] in {"&", "!"}:
            raise ConfigInvalid(SHARED)
        if found.id == "scalar" and isinstance(value, str):
            return self.text[:start] + _like(before, value) + self.text[end:]
        if found.id != "scalar" and not found.flow_style:
            start = self._behind(above, key)
            if "#" in self.text[start:end]:
                raise ConfigInvalid(TANGLED)
            return f"{self.text[:start]} {_flow(value)}{self.text[end:]}"
        return self.text[:start] + _flow(value) + self.text[end:]

    def _behind(self, above: Any, key: Key) -> int:
        """Return where the value of a key begins to be written: behind its colon."""
        if isinstance(key, int):
            raise ConfigInvalid(TANGLED)
        name = next(one for one, _ in above.value if one.value == key)
        return self.text.index(":", name.end_mark.index) + 1

    def _leaf_end(self, node: Any) -> int:
        """Return where the last thing of a value ends; a block's own end is where the next thing begins."""
        if node.id == "scalar" or node.flow_style:
            end = int(node.end_mark.index)
            if node.id == "scalar" and node.style in {"|", ">"}:
                return len(self.text[:end].rstrip("\r\n "))
            return end
        if not node.value:
            return int(node.end_mark.index)
        last = node.value[-1] if node.id == "sequence" else node.value[-1][1]
        if last.start_mark.index < node.start_mark.index or last.end_mark.index > node.end_mark.index:
            raise ConfigInvalid(SHARED)  # an alias ends it, whose node is elsewhere
        return self._leaf_end(last)

    def _line_end(self, index: int) -> int:
        """Return where the next line begins."""
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end + 1

    def _dash(self, start: int) -> int:
        found = self.text.rfind("-", 0, start)
        if found < 0 or self.text[found + 1 : start].strip(" "):
            raise ConfigInvalid(TANGLED)
        return found

    def _add(self, above: Any, key: Key, value: Any) -> str:
        entry = _flow(value) if isinstance(key, int) else f"{_flow(key)}: {_flow(value)}"
        if above.flow_style:
            return self._add_in_flow(above, entry)
        end = self._leaf_end(above)
        position = self._line_end(end)
        gap = "" if self.text[:position].endswith("\n") or not position else self._end
        if isinstance(key, int):
            start = self._dash(self._entries(above)[0][0].start_mark.index)
            indent = start - self.text.rfind("\n", 0, start) - 1
            entry = _item(value, " " * indent, self._end)
        else:
            indent = above.value[0][0].start_mark.column
            entry = " " * indent + entry
        return self.text[:position] + gap + entry + self._end + self.text[position:]

    def _add_in_flow(self, above: Any, entry: str) -> str:
        if above.value:
            end = self._leaf_end(self._entries(above)[-1][1])
            return f"{self.text[:end]}, {entry}{self.text[end:]}"
        end = int(above.end_mark.index) - 1
        return self.text[:end] + entry + self.text[end:]


def _is_nothing(node: Any) -> bool:
    return node.id == "scalar" and node.style is None and node.value in {"", "~", "null"}


def _like(before: str, value: str) -> str:
    """Return a text in the quotes of the one before it, where it had some."""
    if before[:1] == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=False) if before[:1] == '"' else _flow(value)


def _flow(value: Any) -> str:
    """Return a value in one line of YAML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(str(key))}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        is_plain = _PLAIN.fullmatch(value) and not _NO_TEXT.fullmatch(value)
        return value if is_plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _item(value: Any, indent: str, end: str) -> str:
    """Return a list's new item; a mapping with a line for each of its keys."""
    if not isinstance(value, Mapping) or not value:
        return f"{indent}- {_flow(value)}"
    lines = [f"{_flow(str(key))}: {_flow(each)}" for key, each in value.items()]
    return f"{indent}- " + f"{end}{indent}  ".join(lines)
