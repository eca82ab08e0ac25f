"""One provider of the configuration with the RRsets that are published there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from homeport.engine.contain import contained
from homeport.engine.derive import Wanted
from homeport.errors import HomeportError
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.ports import Provider

ANY = {
    RRType.A: "192.0.2.1",
    RRType.AAAA: "2001:db8::1",
    RRType.HTTPS: "1 .",
    RRType.SVCB: "1 .",
    RRType.TXT: '""',
}


@dataclass(slots=True)
class Account:
    """A provider, what is wanted there, and who is at work on it.

    Attributes:
        nameservers: asked when verifying; empty: the host says, or an NS lookup finds them.
        fingerprint: of its settings and secret values as they are now, which takes time to read; a different one
            lifts a halt.
        identity: of its settings without secrets; what the ledger says under another one is of another place.
        lock: held by the pass that is at work on it.
        writing: held, by that pass, while something is sent and its outcome written down.
        dirty: something was learned since the last pass began.
        suspects: what the name servers answer in place of what was published; the next pass looks into it.
    """

    name: str
    provider: Provider
    wanted: dict[RRsetKey, Wanted]
    nameservers: tuple[str, ...]
    fingerprint: Callable[[], str]
    identity: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    dirty: bool = False
    suspects: dict[RRsetKey, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let the host see every RRset before it is asked about any: a line among the options may say which is meant.

        The first thing that is wanted after a start may be that one goes.
        """
        for wanted in self.wanted.values():
            rrset = RRset(wanted.key, frozenset({ANY[wanted.key.type]}), wanted.ttl, wanted.options)
            with suppress(HomeportError), contained(self.title):  # it is said when something is published
                self.provider.clamp(rrset)

    @property
    def title(self) -> str:
        """What people call it, in the middle of a sentence."""
        return f"the {self.provider.kind} provider"
