"""What the agent remembers of one RRset at one provider: published, proved, held, failing, next attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from homeport.model.rrset import RRset, RRsetKey


class Proof(StrEnum):
    """How it is known that the world sees what was published."""

    NONE = "none"  # not looked yet
    DNS = "dns"  # the zone's own name servers answered it
    API = "api"  # the host's API listed it (a proxied record is not in DNS as it was written)
    ACCEPTED = "accepted"  # the host said yes, and it could not be seen


class State(StrEnum):
    """How an RRset stands, in a word."""

    NEW = "new"  # nothing was tried yet
    CURRENT = "current"  # published is what is wanted
    HELD = "held"  # left as it is on purpose; the reason says why
    RETRYING = "retrying"  # failed, and will be tried at `next_attempt`
    HALTED = "halted"  # failed in a way that needs a person; probed rarely
    UNCONFIRMED = "unconfirmed"  # sent, outcome unknown: observed before it is written again


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. All times are unix seconds.

    Attributes:
        provider: its name in the configuration.
        published: what the host is known to hold; `None` with `observed_at` set: no such RRset.
        observed_at: when the host was last listed or last confirmed a write.
        published_at: when this agent last changed it.
        visible_after: seconds from the host's yes until its name servers answered it.
        since: when `state` was entered.
        failures: in a row; 0 after a success.
        code: the exit code of the newest failure; 0 after a success.
        next_attempt: not before; `None` when nothing is to be tried.
        fingerprint: of configuration and secrets when it was halted; a different one lifts the halt.
        identity: of the provider's settings without its secrets; under another one this line says nothing.
    """

    provider: str
    key: RRsetKey
    state: State = State.NEW
    reason: str = ""
    since: float = 0.0
    published: RRset | None = None
    observed_at: float | None = None
    published_at: float | None = None
    proof: Proof = Proof.NONE
    proved_at: float | None = None
    visible_after: float | None = None
    failures: int = 0
    code: int = 0
    next_attempt: float | None = None
    fingerprint: str = ""
    identity: str = ""
