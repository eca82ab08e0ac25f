"""What is left out of a bundle that is given away: every secret, and where it is wished names and addresses.

The configuration is told value by value; what may be a secret is shown as `***`. Whatever else is told is searched
for every secret that the configuration leads to, in the spellings that programs have for it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from homeport.config import hidden
from homeport.config.compose import compose
from homeport.config.loader import Examined
from homeport.config.node import Items, Node, Scalar, Table, join
from homeport.errors import SecretUnreadable
from homeport.model.name import Fqdn
from homeport.model.secret import Secret
from homeport.wire.placeholders import literal_secrets

STARS = "***"
LEAST = 6  # characters of a secret that is searched for
LONG = 16  # characters of a part of a URL that may be a token
_REFERENCE = re.compile(r"(?:env|file|secret|keyring|vault):\S+")
_TELLING = re.compile(r"(?i)token|passw|pwd|secret|key|auth|cred|cookie|header|body|proxy")
_WORDS = re.compile(r"\.(?:headers|run|command|hooks)\b|^agent\.providers\.[^.]+\.options\b")
_PROGRAM = re.compile(r"\.run\[0\]$")
_START = r"(?:(?<![\w.:-])|(?<=\\[nrt]))"  # a line's beginning may be written as two characters
_ADDRESS = re.compile(
    _START + r"(?:\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]*(?![\w:]))"
)
_MAC = re.compile(_START + r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])")
_REVERSE = re.compile(r"[\w.-]+\.(?:in-addr|ip6)\.arpa\b", re.IGNORECASE)


def configuration(examined: Examined) -> Any:
    """Return a file as plain data without its secrets; of one that is not valid, its keys alone."""
    secret = hidden.places(examined)
    is_valid = examined.config is not None

    def plain(node: Node | None, place: str) -> Any:
        match node:
            case Table():
                return {key.text: plain(value, join(place, key.text)) for key, value in node.entries}
            case Items():
                return [plain(value, join(place, number)) for number, value in enumerate(node.items)]
            case Scalar():
                return _shown(place, node.text, is_secret=place in secret) if is_valid else STARS
            case None:
                return None

    return plain(compose(examined.text).root, "")


def secrets(examined: Examined) -> set[str]:
    """Return every secret that a file holds or leads to, as far as it can be read; it may take a while."""
    found = set()
    for reference in examined.references.values():
        if isinstance(reference.value, Secret):
            try:
                found.add(reference.value.reveal())
            except SecretUnreadable:  # what cannot be read here is in nothing that was gathered here
                continue
    places = hidden.places(examined)
    for place, node in hidden.leaves(compose(examined.text).root):
        found.update(literal_secrets(node.text))
        if (place in places or _is_telling(place)) and not _REFERENCE.fullmatch(node.text):
            found.add(node.text)
    return {each for each in found if len(each) >= LEAST}


def names(examined: Examined) -> set[str]:
    """Return the names that a file speaks of: what is published, zones, and servers of one's own."""
    found = set()
    for place, node in hidden.leaves(compose(examined.text).root):
        host = urlsplit(node.text if "://" in node.text else "").hostname
        is_server = place.rpartition(".")[2].startswith(("server", "nameservers", "stun", "at", "names"))
        for text in (host, node.text.partition(":")[0] if is_server else node.text):
            if text and is_name(text):
                found.add(text)
    return found


def without(text: str, secret: Iterable[str]) -> str:
    """Return a text in which no secret stands, in any usual spelling."""
    spellings = {spelling for each in secret for spelling in _spellings(each) if len(spelling) >= LEAST}
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, STARS)
    return text


class Masked:
    """Puts stand-ins for names and addresses, the same for the same in every text.

    Args:
        known: names; those below them are masked as well.
        others: further texts to leave out, such as this machine's name.
    """

    def __init__(self, known: Iterable[str], others: Iterable[str] = ()) -> None:
        self._stand_ins: dict[str, str] = {}
        ends = "|".join(re.escape(each) for each in sorted(known, key=len, reverse=True))
        self._names = (
            re.compile(rf"(?<![\w.-])(?:[\w*-]+\.)*(?:{ends})(?![\w-])", re.IGNORECASE) if ends else None
        )
        self._others = [
            re.compile(rf"(?<!\w){re.escape(each)}(?!\w)", re.IGNORECASE) for each in others if len(each) > 1
        ]

    def __call__(self, text: str) -> str:
        """Return a text with stand-ins."""
        for pattern in (_REVERSE, self._names):
            if pattern is not None:
                text = pattern.sub(lambda found: self._stand_in("name", found[0]), text)
        text = _MAC.sub(lambda found: self._stand_in("mac", found[0]), text)
        text = _ADDRESS.sub(self._address, text)
        for pattern in self._others:
            text = pattern.sub(lambda found: self._stand_in("machine", found[0]), text)
        return text

    def _address(self, found: re.Match[str]) -> str:
        for length in (len(found[0]), len(found[0]) - 1):  # the last mark may be the sentence's
            try:
                address = ip_address(found[0][:length])
            except ValueError:
                continue
            if address.is_loopback or address.is_unspecified:
                return found[0]
            return self._stand_in(f"ipv{address.version}", str(address)) + found[0][length:]
        return found[0]

    def _stand_in(self, kind: str, text: str) -> str:
        key = f"{kind} {text.casefold()}"
        if key not in self._stand_ins:
            number = 1 + sum(each.startswith(f"{kind} ") for each in self._stand_ins)
            self._stand_ins[key] = f"<{kind}-{number}>"
        return self._stand_ins[key]


def _shown(place: str, text: str, *, is_secret: bool) -> str:
    if (is_secret or _is_telling(place)) and text:
        return text if _REFERENCE.fullmatch(text) else STARS
    return _url(text) if "://" in text else text


def _is_telling(place: str) -> bool:
    """Tell whether what stands at a place may be a secret by the name of the place."""
    if _PROGRAM.search(place):
        return False
    last = re.sub(r"\[\d+\]$", "", place).rpartition(".")[2]
    return bool(_TELLING.search(last) or _WORDS.search(place))


def _url(text: str) -> str:
    """Return a URL without its user, its query, and what of its path may be a token."""
    scheme, _, rest = text.partition("://")
    place, *path = re.split(r"[?#]", rest)[0].split("/")
    parts = [part if len(part) < LONG else STARS for part in path]
    return f"{scheme}://{'/'.join([place.rpartition('@')[2], *parts])}" + ("?***" if "?" in rest else "")


def is_name(text: str) -> bool:
    """Tell whether a text is a domain name of more than one label."""
    try:
        name = Fqdn.parse(text.rstrip("."))
    except ValueError:
        return False
    return len(name.labels) > 1 and not name.labels[-1].isdigit()


def _spellings(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogateescape")
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    yield raw.hex()
    yield base64.b64encode(raw).decode().rstrip("=")
    yield base64.urlsafe_b64encode(raw).decode().rstrip("=")
