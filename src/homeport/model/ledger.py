"""What the agent remembers over a restart.

Of RRsets, of addresses that are gone, of accounts that need patience, and of names that a person paused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from homeport.model.address import Family
from homeport.model.breaker import Breaker
from homeport.model.name import Fqdn
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
class Drift:
    """That something else was found in place of what was published. All times are unix seconds.

    Attributes:
        found: what stood there, empty when nothing did.
        found_at: when; `None` when the host itself still held what was published, so that nobody had changed it.
        times: in a row, without the name servers agreeing between.
        not_before: another difference is acted on then, and not earlier.
    """

    found: frozenset[str]
    found_at: float | None
    times: int
    not_before: float


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one RRset at one provider. All times are unix seconds.

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
        drift: the newest, until something else is published.
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
    drift: Drift | None = None

    @property
    def is_given_up(self) -> bool:
        """Tell whether it is a dead letter: it failed, no probe is left, and a person must lift it."""
        return self.state is State.HALTED and self.next_attempt is None


@dataclass(frozen=True, slots=True)
class Absence:
    """For how long an address source has been known to have no address of one family.

    Attributes:
        seconds: lived through, whatever the clocks were set to meanwhile.
        seen_at: when that was learned last, unix seconds; `None` once there was an address again.
        seen_monotonic: the same moment on the clock that nobody sets.
    """

    source: str
    family: Family
    seconds: float = 0.0
    seen_at: float | None = None
    seen_monotonic: float = 0.0


@dataclass(frozen=True, slots=True)
class Pause:
    """That a person wants a name left alone. All times are unix seconds.

    Attributes:
        name: whose records; `None`: everybody's, also those of names that are added later.
        since: when that was ordered; `None`: it is not paused.
        until: when it ends by itself; `None`: when a person ends it.
        is_exempt: this name goes on while everybody's records are paused.
    """

    name: Fqdn | None
    since: float | None = None
    until: float | None = None
    is_exempt: bool = False


Note = Entry | Absence | Breaker | Pause
"""One thing that the ledger remembers."""
