"""Reconciliation: desired against observed gives a plan. No I/O, no clock, no log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from homeport.model.plan import Change, Hold, Intent, Plan, Publish, Withdraw
from homeport.model.rrset import RRset, RRsetKey


def reconcile(desired: Mapping[RRsetKey, Intent], observed: Mapping[RRsetKey, RRset | None]) -> Plan:
    """Return the changes that make `observed` satisfy `desired`.

    The keys of `desired` are the whole of what may be touched: an RRset nobody asked about is nobody's
    to delete. Observing a key is the caller's duty, so a key missing from `observed` raises KeyError,
    except where the intent is to hold it.
    """
    changes: list[Change] = []
    held: list[tuple[RRsetKey, Hold]] = []
    for key in sorted(desired):
        intent = desired[key]
        match intent:
            case Publish(rdata, ttl, options):
                after: RRset | None = RRset(key, rdata, ttl, options)
            case Withdraw():
                after = None
            case Hold():  # not learned is not gone
                held.append((key, intent))
                continue
            case _:
                assert_never(intent)
        if _differs(observed[key], after):
            changes.append(Change(key, observed[key], after))
    return Plan(tuple(changes), tuple(held))


def _differs(before: RRset | None, after: RRset | None) -> bool:
    if before is None or after is None:
        return before is not after
    return not before.satisfies(after)
