"""Requests written by people: a text with places in it, and values that are escaped for where they stand.

Beside our own words (`{name}`) those of ddns-go (`#{domain}`) and NewFuture's DDNS (`__DOMAIN__`) are read.
Source: the callback pages and sources of both, https://github.com/jeessy2/ddns-go and
https://ddns.newfuture.cc/doc/providers/callback.en.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
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
Escape = Callable[[str], str]


def words(*texts: str) -> frozenset[str]:
    """Return which values the texts have places for, by our own words."""
    return frozenset(_WORD_OF[found] for text in texts for found in _PLACE.findall(text))


def fill(text: str, values: Mapping[str, str], escaped: Escape) -> str:
    """Put values into a text; one for which there is none becomes nothing. A value is never read for places."""
    return _PLACE.sub(lambda found: escaped(values.get(_WORD_OF[found[0]], "")), text)


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
