"""What leaves through the page in others' words: one-time links and what stands before the @ of a URL are left out.

Secrets print as `***` by themselves; these two are written by the program, or by whoever wrote a URL, for people.
"""

from __future__ import annotations

import re

_LINK = re.compile(r"(\blink=)[A-Za-z0-9_\-%]+")
_USER = re.compile(r"(?<=://)[^\s/?#\"'<>]+@")


def redacted(text: str) -> str:
    """Return a text as it may be shown and given away."""
    return _USER.sub("***@", _LINK.sub(r"\1***", text))
