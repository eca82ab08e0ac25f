"""What people are told: what happened to a name, everything that is told in one message, and what waits to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from homeport.model.address import Family
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType


class What(StrEnum):
    """What may be told, in the words of `when:`."""

    CHANGED = "changed"  # published, and seen where it can be
    FAILING = "failing"  # for so long that a person wants to know
    HELD = "held"  # the same, left as it is on purpose
    HALTED = "halted"  # it needs a person
    GIVEN_UP = "given_up"  # it needs a person, and is not tried any more
    RECOVERED = "recovered"  # what was told as one of those is over


WORSE = (What.HELD, What.FAILING, What.HALTED, What.GIVEN_UP)
"""What is wrong, the worst last."""
Line = tuple[str, str]  # a provider's name, and an RRset: what something is told of


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to one RRset.

    Attributes:
        at: unix seconds; of a failure when it began.
        before: RDATA as it was told last; empty when there was none.
        after: RDATA as it is published now; empty when there is none.
        why: the reason in the agent's or the host's words, empty when all is well.
    """

    what: What
    name: Fqdn
    type: RRType
    provider: str
    at: float
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """One message: what happened since the last one, the oldest first.

    Attributes:
        told_at: unix seconds: now.
        machine: what this machine or its agent is called.
        lost: things that happened before and found no place to wait in.
        is_test: nothing happened; somebody tries whether the message arrives.
        addresses: what is published of each family, whether or not it changed.
        names: those that are kept, of each family.
    """

    happened: tuple[Happened, ...]
    told_at: float
    machine: str
    lost: int = 0
    is_test: bool = False
    addresses: Mapping[Family, str] = field(default_factory=dict)
    names: Mapping[Family, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one RRset.

    Attributes:
        rdata: as it was published when something was told of it, or when it was looked at first.
        trouble: what is wrong with it, where that was told.
        bad_since: since when something is wrong with it, unix seconds.
    """

    rdata: tuple[str, ...] = ()
    trouble: What | None = None
    bad_since: float | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """What one notifier has told and has to tell. All times are unix seconds.

    Attributes:
        begun: when there was first somebody to tell; what is older is no news.
        told: of each RRset; what waits counts as told.
        lost: things that waited and were dropped for newer ones.
        failures: in a row.
        unconfirmed: of each time that something was sent without a word on whether it arrived, how many of what
            waits were in it, the oldest of them; the first time first.
        next_at: when it is tried; `None` when nothing waits.
        patient_until: before when the service asked to be left alone, where it did.
        sent: when a message arrived last, and what was answered.
        failed: when one did not last, and why.
    """

    begun: float
    told: Mapping[Line, Told] = field(default_factory=dict)
    waiting: tuple[Happened, ...] = ()
    lost: int = 0
    failures: int = 0
    unconfirmed: tuple[int, ...] = ()
    next_at: float | None = None
    patient_until: float | None = None
    sent: tuple[float, str] | None = None
    failed: tuple[float, str] | None = None
