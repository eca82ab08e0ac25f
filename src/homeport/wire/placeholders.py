"""Requests written by people: a text with places in it, and values that are escaped for where they stand.

Beside our own words (`{name}`) those of ddns-go (`#{domain}`) and NewFuture's DDNS (`__DOMAIN__`) are read.
Source: the callback and webhook pages and sources of both, https://github.com/jeessy2/ddns-go and
https://ddns.newfuture.cc/doc/providers/callback.en.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
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
_LIKE_A_PLACE = re.compile(r"#\{[A-Za-z][A-Za-z0-9]*\}|\{[A-Za-z]+\}|__[A-Za-z]+__")
_LIKENESS = 0.7  # from which on a word is taken for another one misspelt
_NAME = r"(?:[a-z0-9]+[_-])*(?:key|apikey|token|secret|password|passwd|pass|pwd)"
_LITERAL = re.compile(
    rf'(?:^|[?&]){_NAME}=(?P<form>[^&\s]+)|"{_NAME}"\s*:\s*"(?P<json>[^"]+)"|://[^/?#@\s]*:(?P<url>[^/?#@\s]+)@',
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(rf"(?:proxy-)?authorization|{_NAME}", re.IGNORECASE)
Escape = Callable[[str], str]


class Places:
    """The places that texts of one kind may have.

    Attributes:
        known: our own words; `{word}` is a place.

    Args:
        foreign: places as other programs spell them, with our word for each.
    """

    def __init__(self, known: Sequence[str], foreign: Mapping[str, str]) -> None:
        self.known = tuple(known)
        self._word_of = {f"{{{word}}}": word for word in known} | dict(foreign)
        spelled = sorted(self._word_of, key=len, reverse=True)
        self.pattern = re.compile("|".join(map(re.escape, spelled)))

    def words(self, *texts: str) -> frozenset[str]:
        """Return which values the texts have places for, by our own words."""
        return frozenset(self._word_of[found] for text in texts for found in self.pattern.findall(text))

    def fill(self, text: str, values: Mapping[str, str], escaped: Escape) -> str:
        """Put values into a text; one for which there is none becomes nothing. A value is never read for places."""
        return self.pattern.sub(lambda found: escaped(values.get(self._word_of[found[0]], "")), text)

    def misspelt(self, text: str, *, is_body: bool = False) -> tuple[str, str] | None:
        """Return the first word that is like a place and is none, with the nearest that is one, or nothing.

        Args:
            is_body: braces may be the body's own there, and `__` anywhere: only what resembles a place counts.
        """
        for found in _LIKE_A_PLACE.findall(text):
            if found in self._word_of:
                continue
            plain = {known.lower(): known for known in self._word_of}
            close = get_close_matches(found.lower(), plain, n=1, cutoff=_LIKENESS)
            if close or not (is_body or found.startswith("__")):
                return found, plain[close[0]] if close else ""
        return None


UPDATE = Places(WORDS, _FOREIGN)
"""The places in an update of one name."""
words, fill, misspelt = UPDATE.words, UPDATE.fill, UPDATE.misspelt


def literal_secrets(text: str, places: Places = UPDATE) -> list[str]:
    """Return what a URL or a body gives as a key, a token or a password, written out instead of a place."""
    values = [value for found in _LITERAL.finditer(text) for value in found.groups() if value]
    return [value for value in values if not places.pattern.search(value)]


def literal_credentials(headers: Mapping[str, str], places: Places = UPDATE) -> list[str]:
    """Return the same of headers, without the scheme before it."""
    values = [
        value.split()[-1] for name, value in headers.items() if _CREDENTIALS.fullmatch(name) and value.split()
    ]
    return [value for value in values if not places.pattern.search(value)]


def in_url(value: str) -> str:
    """Escape for any part of a URL, and for a form."""
    return quote(value, safe="")


def in_json(value: str) -> str:
    """Escape for the inside of a JSON string."""
    return json.dumps(value)[1:-1]


def as_it_is(value: str) -> str:
    return value


def kind_of(body: str, places: Places = UPDATE) -> str:
    """Return the media type of a body for which none is given: JSON where it is JSON, else a form."""
    try:
        json.loads(places.fill(body, {}, lambda _: "0"))
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
