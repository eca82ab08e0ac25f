"""TXT RDATA: in presentation format as it is compared and verified, and as the bare text that many hosts keep.

Source: RFC 1035 sections 3.3.14 and 5.1.
"""

from __future__ import annotations

from homeport.model.strings import LONGEST, octets, quoted, words


def presented(text: str) -> str:
    """Return a text as RDATA: in quotes, what is longer than a character-string in several."""
    data = text.encode()
    parts = [data[i : i + LONGEST] for i in range(0, len(data), LONGEST)] or [b""]
    return " ".join(map(quoted, parts))


def canonical(text: str) -> str:
    """Return RDATA in its one spelling.

    Raises:
        ValueError: it is not in presentation format.
    """
    strings = [octets(word) for word in words(text)]
    if not strings or any(len(string) > LONGEST for string in strings):
        raise ValueError(f"not the character-strings of a TXT record: {text[:80]!r}")
    return " ".join(map(quoted, strings))


def bare(rdata: str) -> str:
    """Return what RDATA says, its character-strings joined and out of their quotes."""
    return b"".join(octets(word) for word in words(rdata)).decode("utf-8", "replace")
