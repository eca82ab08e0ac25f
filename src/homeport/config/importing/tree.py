"""JSON and YAML of other programs to plain values, with every scalar as the text that was written."""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from homeport.config.compose import compose
from homeport.config.node import Items, Node, Scalar
from homeport.errors import ConfigInvalid

Tree: TypeAlias = Any
"""A `str`, `None`, or a list or mapping of such."""
_JSON = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|#[^\n]*|/\*.*?\*/|,(?=\s*[\]}])', re.DOTALL)
_TRUE, _FALSE = (
    frozenset({"true", "yes", "on", "1", "y", "t"}),
    frozenset({"false", "no", "off", "0", "n", "f", ""}),
)


def from_json(text: str) -> Tree:
    """Read JSON; comments and a comma too many are forgiven.

    Raises:
        ConfigInvalid: it is no JSON; the message names the line.
    """
    plain = _JSON.sub(_kept, text)
    plain = _JSON.sub(_kept, plain)  # a comma too many may have been hidden behind a comment
    try:
        return _texts(json.loads(plain, parse_int=str, parse_float=str, parse_constant=str))
    except json.JSONDecodeError as error:
        raise ConfigInvalid(f"line {error.lineno} is not JSON: {error.msg}") from None
    except RecursionError:
        raise ConfigInvalid("it is nested too deep to be a configuration") from None


def _kept(found: re.Match[str]) -> str:
    """Keep texts, and of what is dropped the lines."""
    return found[0] if found[0].startswith('"') else "\n" * found[0].count("\n")


def _texts(value: Any) -> Tree:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return {str(key): _texts(inner) for key, inner in value.items()}
        case list():
            return [_texts(inner) for inner in value]
        case str():  # half of a pair, as \\ud800 can write it, is no text
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case _:
            return value


def from_yaml(text: str) -> Tree:
    """Read YAML.

    Raises:
        ConfigInvalid: it is no YAML; the message names the line.
    """
    composed = compose(text)
    for fault in composed.faults:
        raise ConfigInvalid(f"line {fault.line}: {fault.message}")
    return _plain(composed.root) if composed.root is not None else None


def _plain(node: Node) -> Tree:
    if isinstance(node, Scalar):
        return None if node.is_nothing else node.text
    if isinstance(node, Items):
        return [_plain(inner) for inner in node.items]
    return {key.text: _plain(inner) for key, inner in node.entries}


def table(value: Tree) -> dict[str, Tree]:
    """Return a mapping, an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def items(value: Tree) -> list[Tree]:
    """Return a list; one value alone is a list of one, and nothing is none."""
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def texts(value: Tree, split: str = ",") -> list[str]:
    """Return texts that are a list, or one text with several between any of the marks `split`."""
    parts = [part for item in items(value) if isinstance(item, str) for part in re.split(f"[{split}]", item)]
    return [part.strip() for part in parts if part.strip()]


def text(value: Tree) -> str:
    """Return a text, an empty one where there is none."""
    return value.strip() if isinstance(value, str) else ""


def is_true(value: Tree, *, otherwise: bool = False) -> bool:
    """Return what a switch says; `otherwise` where it says nothing."""
    word = text(value).lower()
    return True if word in _TRUE else False if word in _FALSE and value is not None else otherwise


def seconds(value: Tree) -> int | None:
    """Return a number of seconds, `None` where there is none."""
    word = text(value)
    return int(float(word)) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", word) else None
