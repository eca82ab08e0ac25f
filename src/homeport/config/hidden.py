"""What of a file no browser may see: its secrets are shown as `***`, and put back where they are sent back so.

What is put back goes to the place it was taken from and nowhere else: an anchor or a text block that would carry it
to another place is refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from homeport.config.loader import Examined, examine_text
from homeport.config.models import Agent
from homeport.config.node import Fault, Items, Node, Scalar, Table, join
from homeport.config.reading import composed
from homeport.config.spans import comments, rewritten, where
from homeport.errors import ConfigInvalid
from homeport.model.secret import Secret
from homeport.wire.placeholders import literal_secrets

STARS = "***"
ELSEWHERE = "*** would bring a secret to another place; type the secret there"
AGAIN = "*** stands for no secret here; type the secret again"
SENTENCES = (ELSEWHERE, AGAIN)
_LEAST = 6  # characters of a secret that is looked for within other texts
_USERINFO = re.compile(r"://[^/?#\s]*@")
_TELLING = re.compile(
    r"(?i)[\w-]*(?:token|passw|pwd|secret|key|auth|cred)[\w-]*[\"']?\s*[:=]\s*[\"']?"
    r"(?!(?:secret|env|file|keyring|vault):|\*\*\*)\S"
)


class Returned(NamedTuple):
    """A text that came back from a browser.

    Attributes:
        text: with the secrets in it.
        restored: the places at which one was put back.
    """

    text: str
    restored: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()


def leaves(node: Node | None, path: str = "") -> Iterator[tuple[str, Scalar]]:
    """Yield every text of a document with its place, aliases and `<<` spelled out."""
    match node:
        case Table():
            for key, value in node.entries:
                yield from leaves(value, join(path, key.text))
        case Items():
            for index, value in enumerate(node.items):
                yield from leaves(value, join(path, index))
        case Scalar():
            yield path, node
        case None:
            return


def places(examined: Examined) -> frozenset[str]:
    """Return the place of every text of a file that is a secret, or carries one."""
    known = dict(leaves(composed(examined.text).root))
    literal = {
        path
        for path, reference in examined.references.items()
        if isinstance(reference.value, Secret) and reference.value.source == STARS and path in known
    }
    secrets = {known[path].text for path in literal}
    below = tuple(_templates(examined))
    return frozenset(
        path
        for path, node in known.items()
        if path in literal
        or node.text in secrets
        or any(len(secret) >= _LEAST and secret in node.text for secret in secrets)
        or _carries(node.text)
        or any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in below)
    )


def values(examined: Examined) -> frozenset[str]:
    """Return every text of a file that no browser may see, of those long enough to be told from others."""
    hidden = places(examined)
    found = (node.text for path, node in leaves(composed(examined.text).root) if path in hidden)
    return frozenset(text for text in found if len(text) >= _LEAST)


def _carries(text: str) -> bool:
    """Tell whether a text is a URL with a password or a token in it."""
    return "://" in text and (_USERINFO.search(text) is not None or bool(literal_secrets(text)))


def _templates(examined: Examined) -> Iterator[str]:
    """Yield the settings in which a template's secrets stand written out."""
    agent = examined.config.agent if examined.config else None
    for place, settings in written_out(agent) if agent else ():
        for setting in getattr(settings, "literal_secrets", ()):
            yield f"{place}.{setting}"


def written_out(agent: Agent) -> Iterator[tuple[str, msgspec.Struct]]:
    """Yield the settings that may have a request in them that somebody wrote out, with their places."""
    for name, settings in agent.providers.items():
        yield f"agent.providers.{name}", settings
    for name, settings in agent.notify.items():
        yield f"agent.notify.{name}", settings


def shown(examined: Examined) -> str:
    """Return a file's text as a browser may see it. The file is one that can be read."""
    hidden = places(examined)
    masked = rewritten(examined.text, dict.fromkeys(hidden, STARS))
    known = dict(leaves(composed(examined.text).root))
    return _without(masked, {known[path].text for path in hidden})


def shown_again(before: Examined, text: str) -> str:
    """Return what a person typed as it is shown again: what was typed as a secret is to be typed anew.

    Raises:
        ConfigInvalid: it cannot be read, so that its secrets are not known.
    """
    after = examine_text(text, before.path)
    if after.config is None:
        raise ConfigInvalid("this text cannot be read")
    return shown(after)


def draft(text: str) -> str:
    """Return what a person typed, as it is shown again where it cannot be read: nothing that seems a secret stays."""
    lines = text.splitlines(keepends=True)
    return "".join(
        line[: found.end() - 1] + STARS + "\n" if (found := _TELLING.search(line)) else line for line in lines
    )


def _without(text: str, secrets: set[str]) -> str:
    """Return a text whose comments are hidden where they tell a secret."""
    for start, end in reversed(comments(text)):
        said = text[start:end]
        if (
            _TELLING.search(said)
            or _carries(said)
            or any(len(secret) >= _LEAST and secret in said for secret in secrets)
        ):
            text = f"{text[:start]}# {STARS}{text[end:]}"
    return text


def returned(before: Examined, text: str) -> Returned:
    """Return what a browser sent, with the secrets of `before` where their stars stand untouched."""
    read = composed(text)
    if read.root is None or read.faults:  # the loader tells it
        return Returned(text)
    masked = shown(before)
    told = dict(leaves(read.root))
    was = composed(masked).root
    kept = {
        path
        for path in places(before)
        if path in told and told[path].text == STARS and _is_same_item(was, read.root, path)
        if _is_same_kind(was, read.root, path)
    }
    filled = _comments_back(before.text, masked, text)
    if filled != text and composed(filled).root != read.root:
        filled = text
    old, spans = where(before.text), where(filled)
    result = _spliced(filled, {spans[path]: before.text[slice(*old[path])] for path in kept})
    wanted = dict(leaves(composed(before.text).root))
    if not _holds(result, told, wanted, kept):
        values = {path: wanted[path].text for path in kept}
        result = rewritten(filled, values)
        if not _holds(result, told, wanted, kept):
            path = min(kept, default="")
            line = told[path].line if path in told else 0
            return Returned(text, faults=(Fault(line, path, ELSEWHERE),))
    left = [
        Fault(node.line, path, AGAIN)
        for path, node in told.items()
        if STARS in node.text
        and path not in kept
        and wanted.get(path) != node
        and (path not in wanted or wanted[path].text != node.text)
    ]
    return Returned(result, frozenset(kept), tuple(left))


def _holds(result: str, told: Mapping[str, Scalar], wanted: Mapping[str, Scalar], kept: set[str]) -> bool:
    """Tell whether a text has the secrets in their places, and all else as it was sent."""
    got = composed(result)
    found = dict(leaves(got.root))
    return (
        not got.faults
        and found.keys() == told.keys()
        and all(node.text == (wanted if path in kept else told)[path].text for path, node in found.items())
    )


def _is_same_item(was: Node | None, root: Node, path: str) -> bool:
    """Tell whether a place in a list is in the same item as before: lists have no names to go by."""
    above = path.partition("[")[0]
    if above == path:
        return True
    return _texts(was, above) == _texts(root, above)


def _is_same_kind(was: Node | None, root: Node, path: str) -> bool:
    """Tell whether settings with a `kind` are of the one they were: another has a text where this one has a secret."""
    room = next((each for each in ("providers", "notify") if path.startswith(f"agent.{each}.")), None)
    if room is None:
        return True
    name = path.removeprefix(f"agent.{room}.").partition(".")[0]
    return _kind(was, room, name) == _kind(root, room, name)


def _kind(node: Node | None, room: str, name: str) -> str | None:
    for key in ("agent", room, name, "kind"):
        node = node.get(key) if isinstance(node, Table) else None
    return node.text if isinstance(node, Scalar) else None


def _texts(root: Node | None, above: str) -> dict[str, str]:
    return {path: node.text for path, node in leaves(root) if path.startswith(f"{above}[")}


def _spliced(text: str, pieces: Mapping[tuple[int, int], str]) -> str:
    for (start, end), piece in sorted(pieces.items(), reverse=True):
        text = text[:start] + piece.rstrip("\r\n") + text[end:]
    return text


def _comments_back(before: str, masked: str, text: str) -> str:
    """Put hidden comments back in the lines that came back as they were shown."""
    hidden = [one for one in comments(masked) if masked[slice(*one)] == f"# {STARS}"]
    if not hidden:
        return text
    old, shown_lines, new = before.split("\n"), masked.split("\n"), text.split("\n")
    if len(old) != len(shown_lines):  # a secret had several lines: pairs are not by number
        old = _paired(old, shown_lines)
    numbers = {masked.count("\n", 0, start) for start, _ in hidden}
    same = difflib.SequenceMatcher(None, shown_lines, new, autojunk=False)
    for a, b, size in same.get_matching_blocks():
        for offset in range(size):
            if a + offset in numbers and (comment := _comment_of(old, a + offset, before)):
                new[b + offset] = new[b + offset].replace(f"# {STARS}", comment, 1)
    return "\n".join(new)


def _paired(old: list[str], shown_lines: list[str]) -> list[str]:
    """Return the old lines at the numbers they have when shown; what is only in one of them is empty."""
    pairs = [""] * len(shown_lines)
    bare_old = [re.sub(r"#.*", "#", line) for line in old]
    bare_new = [re.sub(r"#.*", "#", line) for line in shown_lines]
    for a, b, size in difflib.SequenceMatcher(None, bare_old, bare_new, autojunk=False).get_matching_blocks():
        pairs[b : b + size] = old[a : a + size]
    return pairs


def _comment_of(old: list[str], number: int, before: str) -> str:
    """Return the comment of an old line, by where the parser sees comments."""
    line = old[number].removesuffix("\r")
    for start, end in comments(before):
        said = before[start:end]
        if said and line.endswith(said):
            return said
    return ""
