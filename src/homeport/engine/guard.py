"""What a plan may not do, however it came about. No I/O, no clock, no log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from homeport.engine.derive import Wanted
from homeport.model.plan import Change, Hold, Plan
from homeport.model.rrset import RRset, RRsetKey

Ruling = Change | Hold | None
"""A change that may go on, a hold in its place, or nothing left to do."""


def guard(plan: Plan, wanted: Mapping[RRsetKey, Wanted], ours: Mapping[RRsetKey, RRset | None]) -> Plan:
    """Return the plan without what is not ours to do; each refusal is a `Hold` that says why.

    Args:
        ours: what the ledger says this agent published last, `None` when it never did.
    """
    changes: list[Change] = []
    held = list(plan.held)
    for change in plan.changes:
        ruling = _rule(change, wanted[change.key], ours.get(change.key))
        if isinstance(ruling, Hold):
            held.append((change.key, ruling))
        elif ruling is not None:
            changes.append(ruling)
    return _refuse_emptying(Plan(tuple(changes), tuple(held)), ours, len(wanted))


def _rule(change: Change, wanted: Wanted, ours: RRset | None) -> Ruling:
    if wanted.shared:
        return _only_our_members(change, ours, adopt=wanted.adopt)
    before = change.before
    if before is None or len(before.rdata) == 1 or wanted.adopt or _is_ours(before, ours):
        return change
    return Hold(
        f"{len(before.rdata)} values are there already ({', '.join(sorted(before.rdata))}) and this agent did not "
        "write them; `adopt: true` takes the whole RRset over, `shared: true` joins it"
    )


def _is_ours(before: RRset, ours: RRset | None) -> bool:
    return ours is not None and before.rdata <= ours.rdata


def _only_our_members(change: Change, ours: RRset | None, *, adopt: bool) -> Ruling:
    """Replace in a round robin only what the ledger proves to be ours; without proof, hold."""
    before, after = change.before, change.after
    if before is None:
        return change
    mine = ours.rdata if ours else frozenset[str]()
    wanted = after.rdata if after else frozenset[str]()
    members = (before.rdata - mine) | wanted
    if members == before.rdata:
        return None
    if ours is None and not adopt:
        return Hold(
            "others are in this RRset and nothing proves which value is this agent's, so none is added; "
            "`adopt: true` adds this machine's address once the stale one, if any, is removed by hand"
        )
    return replace(change, after=replace(after or before, rdata=members) if members else None)


def _refuse_emptying(plan: Plan, ours: Mapping[RRsetKey, RRset | None], managed: int) -> Plan:
    """Hold every withdrawal after which nothing would remain of several RRsets, in one plan or one by one.

    Where one RRset alone is managed, that one may go: it was asked for by name.
    """
    going = {change.key for change in plan.changes if change.after is None}
    coming = {change.key for change in plan.changes if change.after is not None}
    remaining = coming | {key for key, rrset in ours.items() if rrset is not None and key not in going}
    if not going or remaining or managed < 2:
        return plan
    why = Hold(f"nothing would remain of {managed} RRsets, which looks more like a fault than like a wish")
    staying = tuple(change for change in plan.changes if change.key not in going)
    return Plan(staying, (*plan.held, *((key, why) for key in sorted(going))))
