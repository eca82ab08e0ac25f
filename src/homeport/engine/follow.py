"""What speaks of addresses without being one: a service that hints at them, a text that names them. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import assert_never

from homeport.engine.derive import Wanted, placed
from homeport.model import text
from homeport.model.address import Family, IPAddress
from homeport.model.observation import Addresses, NoAddress, Observation, Unknown
from homeport.model.plan import Hint, Hold, Intent, Publish, Withdraw
from homeport.model.rdata import canonical
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.svcb import Service

NEW = Service(1, ".")  # what a service is made of where none is published
SPF = "v=spf1"  # such a text names each address in a word of its own (RFC 7208 section 5.6)
_WORDS = {Family.V4: "{ipv4}", Family.V6: "{ipv6}"}
_PLACE = re.compile(r"\{[A-Za-z0-9_]+\}")
_SAMPLES = {Family.V4: ("192.0.2.1", "192.0.2.2"), Family.V6: ("2001:db8::1", "2001:db8::2")}

Learned = Mapping[Family, Observation]


def follow(wanted: Wanted, learned: Learned, gone_for: Mapping[Family, float]) -> Intent | Hint:
    """Return what to do about an RRset that speaks of addresses of these families.

    One that was not learned holds it; one that is known to be gone is no longer spoken of. Where none is left,
    it goes when the addresses' own records would.

    Args:
        gone_for: seconds for which `NoAddress` has been learned without a break.
    """
    found: dict[Family, frozenset[IPAddress]] = {}
    gone: dict[Family, str] = {}
    for family, verdict in sorted(learned.items()):
        match verdict:
            case Unknown(why):
                return Hold(why)
            case Addresses(addresses):
                found[family] = frozenset(placed(wanted, address) for address in addresses)
            case NoAddress(why):
                found[family], gone[family] = frozenset(), why
            case _:
                assert_never(verdict)
    if not any(found.values()):
        return _without(wanted, gone, min(gone_for.get(family, 0.0) for family in gone))
    if not wanted.content:
        return Hint(frozenset(found.items()), wanted.ttl, wanted.options)
    said = spelled(wanted.key.type, wanted.content, found)
    return Publish(frozenset({said}), wanted.ttl, wanted.options)


def _without(wanted: Wanted, gone: Mapping[Family, str], seconds: float) -> Intent:
    why = "; ".join(dict.fromkeys(gone.values()))
    if wanted.withdraw_after is None:
        return Hold(f"{why}; the record stays (when_gone: withdraw would remove it)")
    if seconds < wanted.withdraw_after:
        return Hold(f"{why}; the record is withdrawn after {wanted.withdraw_after:g} s of that")
    return Withdraw(why)


def settled(intent: Intent | Hint, key: RRsetKey, published: RRset | None) -> Intent:
    """Return what an intent comes to in view of what is published."""
    if not isinstance(intent, Hint):
        return intent
    try:
        services = [Service.parse(each) for each in published.rdata] if published else [NEW]
    except ValueError:
        return Hold(f"what is published cannot be read; `content` says what {key} is to be")
    if any(each.is_alias or each.target not in (".", f"{key.name}.") for each in services):
        return Hold(f"{key} points to another name, whose addresses are not these; `content` replaces it")
    rdata = frozenset(str(each.hinting(dict(intent.hints))) for each in services)
    return Publish(rdata, intent.ttl, intent.options)


def spelled(rrtype: RRType, content: str, found: Mapping[Family, Collection[IPAddress]]) -> str:
    """Return RDATA of a template: several addresses with commas, and no word that would name none.

    Raises:
        ValueError: it does not make a record of this type.
    """
    words = [
        word for each in content.split(" ") for word in _filled(each, found, apart=_is_spf(rrtype, content))
    ]
    said = " ".join(words)
    return canonical(rrtype, text.presented(said) if rrtype is RRType.TXT else said)


def _is_spf(rrtype: RRType, content: str) -> bool:
    return rrtype is RRType.TXT and content.lower().split(" ")[0] == SPF


def _filled(word: str, found: Mapping[Family, Collection[IPAddress]], *, apart: bool) -> list[str]:
    named = families_in(word)
    if any(not found.get(family) for family in named):
        return []
    words = [word]
    for family in named:
        texts = sorted(map(str, found[family]))
        values = texts if apart else [",".join(texts)]
        words = [each.replace(_WORDS[family], value) for each in words for value in values]
    return words


def resembles(rdata: str, content: str) -> bool:
    """Tell whether RDATA may have been made of a template: every word that names no address is in it."""
    try:
        said = text.bare(rdata) if rdata.startswith('"') else rdata
    except ValueError:  # what cannot be read was not made here
        return False
    return set(said.split()) >= {word for word in content.split() if not families_in(word)}


def names_family(wanted: Wanted, published: RRset | None, family: Family) -> bool:
    """Tell whether what is published has words that this RRset has for the addresses of a family."""
    words = [word for word in wanted.content.split(" ") if _WORDS[family] in word]
    if not wanted.content:
        words = [f"ipv{int(family)}hint={_WORDS[family]}"]
    value = {Family.V4: r"[0-9.,]+", Family.V6: r"[0-9A-Fa-f:.,]+"}
    patterns = [
        re.escape(word)
        .replace(re.escape(_WORDS[Family.V4]), value[Family.V4])
        .replace(re.escape(_WORDS[Family.V6]), value[Family.V6])
        for word in words
    ]
    said = " ".join(published.rdata) if published else ""
    return any(re.search(rf'(?<![^\s"]){pattern}(?![^\s"])', said) for pattern in patterns)


def families_in(content: str) -> list[Family]:
    """Return the families that a template names."""
    return [family for family, word in _WORDS.items() if word in content]


def why_not_content(rrtype: RRType, content: str) -> str | None:
    """Return why a template cannot make a record, `None` when it can."""
    if unknown := set(_PLACE.findall(content)) - set(_WORDS.values()):
        return f"there is no {min(unknown)}; write {{ipv4}} or {{ipv6}}"
    if not families_in(content):
        return "it names no address; write {ipv4} or {ipv6} where one is to stand"
    if rrtype is RRType.TXT and content.startswith('"'):
        return "a text is written without quotes of its own"
    samples = {family: [Family.parse(family, each) for each in texts] for family, texts in _SAMPLES.items()}
    try:
        spelled(rrtype, content, samples)
    except ValueError as error:
        return f"it makes no {rrtype} record: {error}"
    return None
