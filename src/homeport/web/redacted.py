"""What leaves through the page in others' words: one-time links and what stands before the @ of a URL are left out.

Secrets print as `***` by themselves; these two are written by the program, or by whoever wrote a URL, for people.
"""

from __future__ import annotations

import re
from typing import Any

_LINK = re.compile(r"(\blink=)[A-Za-z0-9_\-%]+")
_USER = re.compile(r"(?<=://)[^\s/?#\"'<>]+@")


def redacted(text: str) -> str:
    """Return a text as it may be shown and given away."""
    return _USER.sub("***@", _LINK.sub(r"\1***", text))


def redacted_all(value: Any) -> Any:
    """Return plain data in which every text is as it may be shown."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {key: redacted_all(each) for key, each in value.items()}
    return [redacted_all(each) for each in value] if isinstance(value, list) else value
