"""A regular expression that somebody wrote: how long a text it may be tried on, for `re` stops for nobody.

`re` goes back and tries again, and while it does, nothing else of the process runs: `(a+)+$` doubles its time with each
character, `a*a*b` makes it eight times as long for a text twice as long. So its steps are counted beforehand, never too
few, on what `re` itself has read. There is no public way to that: `sre_parse` is the same module, and deprecated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

LONGEST = 16384  # characters
SURE = 256  # characters, on which an expression is tried in any case
STEPS = 200_000_000  # less than half a second, most often
_SLOW = 10  # steps that one round takes which is more than one character, or not greedy
_TOO_MANY = STEPS + 1
_ONE = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT"})
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_BEGINNING = frozenset({"AT_BEGINNING", "AT_BEGINNING_STRING"})
_parser: Any = import_module("re._parser")
_compiler: Any = import_module("re._compiler")


def why_not(pattern: str) -> str:
    """Return why a text is no regular expression; nothing when it is one."""
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    except (OverflowError, RecursionError):
        return "it repeats too often, or is nested too deep"
    return ""


def search(pattern: str, text: str) -> re.Match[str] | None:
    """Find an expression in as much of a text as can be searched quickly, and in `SURE` characters at least."""
    return re.search(pattern, text[: max(reach(pattern), SURE)])


def is_quick(pattern: str) -> bool:
    """Tell whether an expression, found in whatever text, never takes long."""
    return reach(pattern) >= SURE


@lru_cache(maxsize=64)
def reach(pattern: str) -> int:
    """Return how many characters can be searched quickly; 0 for fewer than `SURE`."""
    try:
        parsed = _parser.parse(pattern)
        lengths = (LONGEST >> halved for halved in range(7))
        return next((length for length in lengths if _all(parsed, length) <= STEPS), 0)
    except RecursionError:
        return 0


def _all(parsed: Any, length: int) -> int:
    """Return the steps of a whole search: where it ends in a repeat, that is found or done without at once."""
    nodes, flags = list(parsed), parsed.state.flags
    while nodes and nodes[-1][0].name in _REPEATS and nodes[-1][1][0] <= 1 and _is_one(nodes[-1][1][2]):
        nodes.pop()
    steps, _ = _sequence(nodes, length, flags)
    is_anchored = bool(nodes) and nodes[0][0].name == "AT" and nodes[0][1].name in _BEGINNING
    return length + steps if is_anchored and not flags & re.MULTILINE else length * steps


def _sequence(nodes: Sequence[Any], length: int, flags: int) -> tuple[int, int]:
    """Return the steps that one place in a text takes at most, and the ways in which it can be matched there."""
    steps, ways, after = 1, 1, None
    for node in reversed(nodes):
        own, many = _node(node, after, length, flags)
        if after is not None and node[0].name == after[0].name == "LITERAL":
            own = 0  # of a word, hardly more than the beginning is looked at
        steps, ways, after = min(own + many * steps, _TOO_MANY), min(many * ways, _TOO_MANY), node
    return steps, ways


def _node(node: Any, after: Any, length: int, flags: int) -> tuple[int, int]:
    name, value = node[0].name, node[1]
    if name in _ONE:
        return 1, 1
    if name in _REPEATS:
        return _repeat(name, value, after, length, flags)
    if name == "SUBPATTERN":
        _, added, removed, body = value
        return _sequence(body, length, (flags | added) & ~removed)
    if name == "BRANCH":
        found = [_sequence(each, length, flags) for each in value[1]]
        return sum(steps for steps, _ in found), sum(ways for _, ways in found)
    if name in {"ASSERT", "ASSERT_NOT"}:
        return _sequence(value[1], length, flags)[0], 1  # once it was found, no other way is looked for
    return _TOO_MANY, _TOO_MANY  # what `re` may learn one day, too


def _repeat(name: str, value: Any, after: Any, length: int, flags: int) -> tuple[int, int]:
    least, most, body = int(value[0]), min(int(value[1]), length), value[2]
    steps, ways = _sequence(body, length, flags)
    if name != "MAX_REPEAT" or not _is_one(body):
        steps *= _SLOW
    times = 1 if _is_told_apart(body, after, flags) else max(most - least + 1, 1)
    nested = min(ways ** min(most, 64), _TOO_MANY)
    return min(most * steps * nested, _TOO_MANY), min(times * nested, _TOO_MANY)


def _is_one(body: Any) -> bool:
    return len(body) == 1 and body[0][0].name in _ONE


def _is_told_apart(body: Any, after: Any, flags: int) -> bool:
    """Tell whether a repeat ends in one place alone: it is of characters, and another one has to follow."""
    if not _is_one(body) or after is None or after[0].name != "LITERAL":
        return False
    return not _compiler.compile(body, flags).match(chr(after[1]))
