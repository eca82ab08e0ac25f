"""What a plan may not do, however it came about. No I/O, no clock, no log."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from homeport.engine.derive import Wanted
from homeport.engine.follow import resembles
from homeport.model.plan import Change, Hold, Plan
from homeport.model.rrset import RRset, RRsetKey, RRType

Ruling = Change | Hold | None
"""A change that may go on, a hold in its place, or nothing left to do."""


def guard(
    plan: Plan,
    wanted: Mapping[RRsetKey, Wanted],
    ours: Mapping[RRsetKey, RRset | None],
    withdrawn: Collection[RRsetKey] = (),
) -> Plan:
    """Return the plan without what is not ours to do; each refusal is a `Hold` that says why.

    Args:
        ours: what the ledger says this agent published last, `None` when it never did.
        withdrawn: those of which it says that this agent took away what it had published.
    """
    changes: list[Change] = []
    held = list(plan.held)
    for change in plan.changes:
        proven = _proven(change, wanted[change.key], ours.get(change.key), is_gone=change.key in withdrawn)
        ruling = _rule(change, wanted[change.key], proven)
        if isinstance(ruling, Hold):
            held.append((change.key, ruling))
        elif ruling is not None:
            changes.append(ruling)
    addresses = {key: ours.get(key) for key, one in wanted.items() if not one.follows}
    return _refuse_emptying(Plan(tuple(changes), tuple(held)), addresses)


def _proven(change: Change, wanted: Wanted, ours: RRset | None, *, is_gone: bool) -> frozenset[str] | None:
    """Return what is proven to be this agent's: by the ledger, and by its mark; `None` where nothing tells."""
    marked = frozenset(
        rdata
        for rdata, remark in ((change.before and change.before.remarks) or ())
        if wanted.mark and wanted.mark in remark.split()
    )
    if ours is None and not marked and not is_gone and _may_be_ours(change.before, wanted):
        return None
    return marked | (ours.rdata if ours else frozenset())


def _may_be_ours(before: RRset | None, wanted: Wanted) -> bool:
    """Tell whether something there may be a stale member of ours; one made of a template is like it."""
    if before is None or not wanted.content:
        return True
    return any(resembles(rdata, wanted.content) for rdata in before.rdata)


def _rule(change: Change, wanted: Wanted, proven: frozenset[str] | None) -> Ruling:
    if wanted.shared:
        return _only_our_members(change, proven, wanted)
    before = change.before
    if before is None or wanted.adopt or before.rdata <= (proven or frozenset()):
        return change
    if len(before.rdata) == 1 and change.key.type is not RRType.TXT:
        return change
    values = "1 text is" if len(before.rdata) == 1 else f"{len(before.rdata)} values are"
    them = "it" if len(before.rdata) == 1 else "them"
    return Hold(
        f"{values} there already ({', '.join(sorted(before.rdata))}) and this agent did not "
        f"write {them}; `adopt: true` takes the whole RRset over, `shared: true` joins it"
    )


def _only_our_members(change: Change, proven: frozenset[str] | None, wanted: Wanted) -> Ruling:
    """Replace in a round robin only what is proven to be ours; without proof, hold."""
    before, after = change.before, change.after
    if before is None:
        return change
    own = after.rdata if after else frozenset[str]()
    members = (before.rdata - (proven or frozenset())) | own
    if members == before.rdata:
        return _signed(change, before, own, wanted.mark)
    if proven is None and not wanted.adopt:
        return Hold(
            "others are in this RRset and nothing proves which value is this agent's, so none is added; "
            "`adopt: true` adds this machine's address once the stale one, if any, is removed by hand"
        )
    return replace(change, after=replace(after or before, rdata=members) if members else None, own=own)


def _signed(change: Change, before: RRset, own: frozenset[str], mark: str) -> Ruling:
    """Write the mark beside the members that are ours already, where it is missing and the host has remarks."""
    if change.after is None or not mark or before.remarks is None:
        return None
    marked = {rdata for rdata, remark in before.remarks if mark in remark.split()}
    if own <= marked:
        return None
    return replace(change, after=replace(change.after, rdata=before.rdata), own=own)


def _refuse_emptying(plan: Plan, addresses: Mapping[RRsetKey, RRset | None]) -> Plan:
    """Hold every withdrawal after which no address would remain of several RRsets, in one plan or one by one.

    Where one RRset of addresses alone is managed, that one may go, and what speaks of it: it was asked for by name.
    """
    going = {change.key for change in plan.changes if change.after is None}
    coming = {change.key for change in plan.changes if change.after is not None} & addresses.keys()
    remaining = coming | {key for key, rrset in addresses.items() if rrset is not None and key not in going}
    if not going or remaining or len(addresses) < 2:
        return plan
    why = Hold(
        f"nothing would remain of {len(addresses)} RRsets, which looks more like a fault than like a wish"
    )
    staying = tuple(change for change in plan.changes if change.key not in going)
    return Plan(staying, (*plan.held, *((key, why) for key in sorted(going))))
