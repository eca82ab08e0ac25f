"""SVCB and HTTPS RDATA: a service, where it is, and its parameters, of which two are address hints.

Source: RFC 9460 sections 2.1 and 7.3, RFC 9461 (dohpath), RFC 9540 (ohttp).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Self

from homeport.model.address import Family, IPAddress
from homeport.model.strings import escaped, octets, words

KEYS = ("mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp")
HINTS = {Family.V4: "ipv4hint", Family.V6: "ipv6hint"}
_PRIORITY = re.compile(r"[0-9]{1,5}")
_NUMBERED = re.compile(r"key(0|[1-9][0-9]{0,4})")
_NAMED = re.compile(r"[a-z0-9-]{1,63}")


@dataclass(frozen=True, slots=True)
class Service:
    """One record.

    Attributes:
        target: the name that provides the service, with the final dot; `.` is the owner itself.
        parameters: by key, in the order of their numbers; a value is what stands for it, out of its quotes.
    """

    priority: int
    target: str
    parameters: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read presentation format.

        Raises:
            ValueError: it is none, a key stands there twice, or a hint is no address of its family.
        """
        found = words(text)
        if len(found) < 2 or not _PRIORITY.fullmatch(found[0]) or int(found[0]) > 65535:
            raise ValueError(f"expected a priority, a target and parameters, found {text[:80]!r}")
        priority, target, *rest = found
        pairs = [_parameter(word) for word in rest]
        if len(dict(pairs)) < len(pairs):
            raise ValueError(f"a parameter is there twice: {text[:80]!r}")
        return cls(int(priority), f"{target.lower().removesuffix('.')}.", _in_order(pairs))

    @property
    def is_alias(self) -> bool:
        """Tell whether it only points elsewhere; such a record has no parameters."""
        return self.priority == 0

    def hinting(self, hints: Mapping[Family, Iterable[IPAddress]]) -> Service:
        """Return it with these address hints; a family that is not named keeps its own, one with none loses it.

        The same addresses in another order are no change.
        """
        kept = dict(self.parameters)
        for family, addresses in hints.items():
            word, texts = HINTS[family], sorted(map(str, addresses))
            if not texts:
                kept.pop(word, None)
            elif sorted(kept.get(word, b"").decode().split(",")) != texts:
                kept[word] = ",".join(texts).encode()
        return replace(self, parameters=_in_order(kept.items()))

    def __str__(self) -> str:
        shown = [f"{key}={escaped(value)}" if value else key for key, value in self.parameters]
        return " ".join([str(self.priority), self.target, *shown])


def canonical(text: str) -> str:
    """Return RDATA in its one spelling.

    Raises:
        ValueError: it is not in presentation format.
    """
    return str(Service.parse(text))


def _parameter(word: str) -> tuple[str, bytes]:
    name, _, value = word.partition("=")
    key, content = name.lower(), octets(value)
    if not _NAMED.fullmatch(key):
        raise ValueError(f"not a parameter of a service: {word[:40]!r}")
    if (numbered := _NUMBERED.fullmatch(key)) and int(numbered[1]) < len(KEYS):
        key = KEYS[int(numbered[1])]
    for family, hint in HINTS.items():
        if key == hint:
            content = _addresses(family, content)
    return key, content


def _addresses(family: Family, content: bytes) -> bytes:
    texts = content.decode("ascii", "replace").split(",")
    found = [ip_address(text.strip()) for text in texts]
    if any(address.version != family for address in found):
        raise ValueError(f"a hint is no {family} address: {texts}")
    return ",".join(map(str, found)).encode()


def _in_order(pairs: Iterable[tuple[str, bytes]]) -> tuple[tuple[str, bytes], ...]:
    return tuple(sorted(pairs, key=lambda pair: _number(pair[0])))


def _number(key: str) -> tuple[int, str]:
    if key in KEYS:
        return KEYS.index(key), key
    numbered = _NUMBERED.fullmatch(key)
    return int(numbered[1]) if numbered else 65536, key
