"""The page's languages: a file each in `texts/`, from the English sentence to the other; English needs none.

What the agent says of itself is composed of pieces with names and addresses in them. `reasons` of a file maps those
pieces, `{fields}` and all; what it does not know, a host's own words above all, stays as it was said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

TEXTS = Path(__file__).with_name("texts")
ENGLISH = "en"
COOKIE = "language"


class Words:
    """One language.

    Attributes:
        code: as HTML spells it (BCP 47): `en`, `zh-CN`.
    """

    def __init__(
        self, code: str, name: str, sentences: Mapping[str, str], reasons: Mapping[str, str] | None = None
    ) -> None:
        self.code = code
        self.name = name
        self.sentences = sentences
        self._reasons = [(_pattern(english), other) for english, other in (reasons or {}).items()]

    def __call__(self, sentence: str, /, **fields: object) -> str:
        """Return a sentence in this language, with `{fields}` filled in; one that is not known stays English."""
        found = self.sentences.get(sentence, sentence)
        return found.format(**fields) if fields else found

    def reason(self, said: str) -> str:
        """Return what the agent said of itself, with every piece that is known in this language."""
        for pattern, other in self._reasons:
            said = pattern.sub(lambda found, other=other: other.format(**found.groupdict()), said)  # type: ignore[misc]
        return said


def said(sentence: str) -> str:
    """Return a sentence as it is: it is translated where it is shown, and known here for one that must be."""
    return sentence


def _pattern(english: str) -> re.Pattern[str]:
    """Return what finds a piece in a sentence; a field ends where the next piece or sentence begins."""
    escaped = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^;]*?)", re.escape(english))
    ends_open = english.endswith("}")
    return re.compile(escaped + (r"(?=[;:(]|$| and | which )" if ends_open else ""))


class _File(msgspec.Struct, forbid_unknown_fields=True):
    language: str
    sentences: dict[str, str]
    reasons: dict[str, str] = {}


@cache
def languages() -> Mapping[str, Words]:
    """Return every language there is a file for, by its code, and English."""
    found = {ENGLISH: Words(ENGLISH, "English", {})}
    for path in sorted(TEXTS.glob("*.json")):
        read = msgspec.json.decode(path.read_bytes(), type=_File)
        found[path.stem] = Words(path.stem, read.language, read.sentences, read.reasons)
    return found


def chosen(wanted: str | None, accepted: str) -> Words:
    """Return the language to speak.

    Args:
        wanted: what the person chose, if they did.
        accepted: the browser's `Accept-Language`.
    """
    there = languages()
    if wanted is not None and wanted in there:
        return there[wanted]
    for code in _by_weight(accepted):
        for known, words in there.items():
            if code.lower() == known.lower() or code.split("-")[0].lower() == known.split("-")[0].lower():
                return words
    return there[ENGLISH]


def _by_weight(accepted: str) -> list[str]:
    """Return the codes of an Accept-Language header, the most wanted first (RFC 9110 section 12.5.4)."""
    weighed = []
    for part in accepted[:500].split(","):
        code, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), code))
        except ValueError:
            continue
    return [code for _, code in sorted(weighed, key=lambda found: found[0])]
