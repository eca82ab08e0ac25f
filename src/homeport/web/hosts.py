"""The hosts that a name may be published at, as people look for them: by any word they use, in their language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from homeport import providers
from homeport.config.kinds import is_write_only
from homeport.errors import ConfigInvalid
from homeport.web.words import ENGLISH, languages, said

OFTEN = {
    "zh-CN": ("alidns", "tencentcloud", "dnspod", "cloudflare", "duckdns", "huaweicloud"),
    "": ("cloudflare", "duckdns", "desec", "godaddy", "hetzner", "route53"),
}
"""The hosts that most people come with, by language; they stand first."""
ANY = ("dyndns2", "http", "lexicon")
"""Ways to many hosts: they stand last, for who has not found a way of its own."""
CLEARER = {
    "homeport": said("Homeport (a server of your own)"),
    "dyndns2": said("dyndns2: any service that routers can update"),
    "http": said("A template: any host with an update URL"),
    "lexicon": said("dns-lexicon: many more hosts"),
    "powerdns": said("PowerDNS (a server of your own)"),
    "rfc2136": said("BIND, Knot, Windows DNS (RFC 2136)"),
}
"""What is no company is called by what it does, in the language of who chooses."""


@dataclass(frozen=True, slots=True)
class Host:
    """A provider, as people choose it."""

    kind: str
    title: str
    known_as: tuple[str, ...]
    is_proven: bool
    made_at: str
    below: str
    access: str
    is_write_only: bool


def hosts(code: str, wanted: str = "") -> list[Host]:
    """Return the hosts whose name, or any word for it, holds `wanted`; those most people use first.

    Args:
        code: the language to tell in how the credentials are had.
    """
    often = OFTEN.get(code, OFTEN[""])
    word = wanted.strip().casefold()
    found = _all(code)
    chosen = [
        one for one in found if any(word in text.casefold() for text in (one.title, one.kind, *one.known_as))
    ]
    return sorted(
        chosen,
        key=lambda one: (
            often.index(one.kind) if one.kind in often else len(often) + (one.kind in ANY),
            one.title.casefold(),
        ),
    )


@cache
def _all(code: str) -> Sequence[Host]:
    return tuple(each for kind in providers.kinds() if (each := host(kind, code)))


def host(kind: str, code: str) -> Host | None:
    """Return one host; `None` where it says nothing of itself, or cannot be loaded here."""
    try:
        about = getattr(providers.load(kind), "about", None)
    except (ImportError, ConfigInvalid):
        return None
    if about is None:
        return None
    is_chinese = code.startswith("zh")
    access = about.access_zh if is_chinese else about.access
    own = next((word for word in about.known_as if not word.isascii()), "") if is_chinese else ""
    title = languages().get(code, languages()[ENGLISH])(CLEARER.get(kind, about.title))
    return Host(
        kind,
        f"{own} · {title}" if own else title,
        tuple(word for word in about.known_as if word != own and word != about.title.lower()),
        about.is_proven,
        about.made_at,
        about.below,
        access,
        is_write_only(kind),
    )
