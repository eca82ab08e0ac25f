"""What leaves through the page in others' words: one-time links and what stands before the @ of a URL are left out.

Secrets print as `***` by themselves; these two are written by the program, or by whoever wrote a URL, for people.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

# Both begin with a text that is searched for quickly.
_LINK = re.compile(r"link=(?<!\wlink=)[A-Za-z0-9_\-%]+")
_USER = re.compile(r"://[^\s/?#\"'<>]+@")


def redacted(text: str) -> str:
    """Return a text as it may be shown and given away."""
    return _USER.sub("://***@", _LINK.sub("link=***", text))


def redacted_as(value: Any, wanted: type[T]) -> T:
    """Return plain data as a type, with every text in it as it may be shown; as one text, which is quick.

    Raises:
        msgspec.ValidationError: it is not of that type.
    """
    return msgspec.json.decode(redacted(msgspec.json.encode(value).decode()), type=wanted)
