"""Character-strings of presentation format: quoted or bare words with escapes, and the octets they stand for.

Source: RFC 1035 section 5.1, RFC 9460 appendix A.
"""

from __future__ import annotations

import re

_WORD = re.compile(r'(?:[^\s"\\]|\\[0-9]{3}|\\[^0-9]|"(?:[^"\\]|\\[0-9]{3}|\\[^0-9])*")+')
_ESCAPE = re.compile(rb"\\([0-9]{3})|\\(.)", re.DOTALL)
LONGEST = 255  # octets of one character-string


def words(text: str) -> list[str]:
    """Split a text at blanks outside of quotes; quotes and escapes stay.

    Raises:
        ValueError: a quote is not closed, or the text ends within an escape.
    """
    rest = _WORD.sub("", text)
    if rest.strip():
        raise ValueError("a quote is not closed, or an escape is incomplete")
    return _WORD.findall(text)


def octets(word: str) -> bytes:
    """Return what one word stands for.

    Raises:
        ValueError: an escape names no octet.
    """
    bare = "".join(part if i % 2 else part.replace('"', "") for i, part in enumerate(_parts(word)))
    return _ESCAPE.sub(_octet, bare.encode("utf-8", "surrogateescape"))


def _parts(word: str) -> list[str]:
    """Return what stands between escapes, and the escapes, by turns."""
    return re.split(r"(\\[0-9]{3}|\\[^0-9])", word)


def _octet(escape: re.Match[bytes]) -> bytes:
    if escape[1] is None:
        return escape[2]
    if (number := int(escape[1])) > 255:
        raise ValueError(f"an escape names no octet: \\{number}")
    return bytes((number,))


def quoted(data: bytes) -> str:
    """Return octets as one quoted character-string."""
    return f'"{escaped(data, QUOTED)}"'


QUOTED = frozenset(b'"\\')
BARE = QUOTED | frozenset(b"();@$ ")  # what a master file gives a meaning to, and what ends a word


def escaped(data: bytes, special: frozenset[int] = BARE) -> str:
    """Return octets with those escaped that mean something else where they stand, or cannot be printed."""
    return "".join(_spelled(each, special) for each in data)


def _spelled(octet: int, special: frozenset[int]) -> str:
    is_printed = 33 <= octet <= 126
    if octet in special:
        return f"\\{chr(octet)}" if is_printed else f"\\{octet:03}"
    return chr(octet) if is_printed or octet == ord(" ") else f"\\{octet:03}"
