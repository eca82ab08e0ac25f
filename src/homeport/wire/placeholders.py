"""Requests written by people: a text with places in it, and values that are escaped for where they stand.

Beside our own words (`{name}`) those of ddns-go (`#{domain}`) and NewFuture's DDNS (`__DOMAIN__`) are read.
Source: the callback pages and sources of both, https://github.com/jeessy2/ddns-go and
https://ddns.newfuture.cc/doc/providers/callback.en.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from html import escape
from urllib.parse import quote

WORDS = ("name", "zone", "owner", "type", "address", "ttl", "token", "timestamp", "line")
_FOREIGN = {
    "#{ip}": "address",
    "#{domain}": "name",
    "#{recordType}": "type",
    "#{ttl}": "ttl",
    "__IP__": "address",
    "__DOMAIN__": "name",
    "__RECORDTYPE__": "type",
    "__TTL__": "ttl",
    "__TIMESTAMP__": "timestamp",
    "__LINE__": "line",
}
_WORD_OF = {f"{{{word}}}": word for word in WORDS} | _FOREIGN
_PLACE = re.compile("|".join(re.escape(spelled) for spelled in sorted(_WORD_OF, key=len, reverse=True)))
_LIKE_A_PLACE = re.compile(r"#?\{[A-Za-z]+\}|__[A-Za-z]+__")
_LIKENESS = 0.7  # from which on a word is taken for another one misspelt
_NAME = r"(?:[a-z0-9]+[_-])*(?:key|apikey|token|secret|password|passwd|pass|pwd)"
_LITERAL = re.compile(
    rf'(?:^|[?&]){_NAME}=(?P<form>[^&\s]+)|"{_NAME}"\s*:\s*"(?P<json>[^"]+)"|://[^/?#@\s]*:(?P<url>[^/?#@\s]+)@',
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(rf"(?:proxy-)?authorization|{_NAME}", re.IGNORECASE)
Escape = Callable[[str], str]


def words(*texts: str) -> frozenset[str]:
    """Return which values the texts have places for, by our own words."""
    return frozenset(_WORD_OF[found] for text in texts for found in _PLACE.findall(text))


def fill(text: str, values: Mapping[str, str], escaped: Escape) -> str:
    """Put values into a text; one for which there is none becomes nothing. A value is never read for places."""
    return _PLACE.sub(lambda found: escaped(values.get(_WORD_OF[found[0]], "")), text)


def misspelt(text: str, *, is_body: bool = False) -> tuple[str, str] | None:
    """Return the first word that is like a place and is none, with the nearest that is one, or nothing.

    Args:
        is_body: braces may be the body's own there, and `__` anywhere: only what resembles a place counts.
    """
    for found in _LIKE_A_PLACE.findall(text):
        if found in _WORD_OF:
            continue
        plain = {known.lower(): known for known in _WORD_OF}
        close = get_close_matches(found.lower(), plain, n=1, cutoff=_LIKENESS)
        if close or not (is_body or found.startswith("__")):
            return found, plain[close[0]] if close else ""
    return None


def literal_secrets(text: str) -> list[str]:
    """Return what a URL or a body gives as a key, a token or a password, written out instead of a place."""
    values = [value for found in _LITERAL.finditer(text) for value in found.groups() if value]
    return [value for value in values if not _PLACE.search(value)]


def literal_credentials(headers: Mapping[str, str]) -> list[str]:
    """Return the same of headers, without the scheme before it."""
    values = [
        value.split()[-1] for name, value in headers.items() if _CREDENTIALS.fullmatch(name) and value.split()
    ]
    return [value for value in values if not _PLACE.search(value)]


def in_url(value: str) -> str:
    """Escape for any part of a URL, and for a form."""
    return quote(value, safe="")


def in_json(value: str) -> str:
    """Escape for the inside of a JSON string."""
    return json.dumps(value)[1:-1]


def as_it_is(value: str) -> str:
    return value


def kind_of(body: str) -> str:
    """Return the media type of a body for which none is given: JSON where it is JSON, else a form."""
    try:
        json.loads(fill(body, {}, lambda _: "0"))
    except ValueError:
        return "application/x-www-form-urlencoded"
    return "application/json"


def escape_of(media_type: str) -> Escape:
    """Return how values are escaped in a body of some media type."""
    subtype = media_type.partition(";")[0].strip().lower()
    if subtype.endswith("json"):
        return in_json
    if subtype.endswith(("xml", "html")):
        return escape
    return in_url if subtype.endswith("urlencoded") else as_it_is
