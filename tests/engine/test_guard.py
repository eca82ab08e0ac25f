"""What a plan may not do."""

from fakes.world import HOME, World, key
from homeport.engine.guard import guard
from homeport.model.plan import Change, Plan
from homeport.model.rrset import RRset

OURS, NEW, OTHER, THIRD = "8.8.8.8", "9.9.9.9", "1.1.1.1", "1.0.0.1"


def rrset(*rdata, rrkey=HOME):
    return RRset.of(rrkey, *rdata, ttl=60) if rdata else None


def ruled(before, after, ours=(), **wanted):
    """Return what a one-change plan becomes: the new RDATA, "held", or None."""
    plan = Plan((Change(HOME, rrset(*before), rrset(*after)),))
    found = guard(plan, {HOME: World().wanted(HOME, **wanted)}, {HOME: rrset(*ours)})
    if found.held:
        return "held"
    return sorted(found.changes[0].after.rdata) if found.changes else None


def test_a_single_value_is_adopted():
    """Naming a record is the instruction to manage it."""
    assert ruled([OTHER], [NEW]) == [NEW]


def test_several_foreign_values_are_held_until_adopted():
    """A round robin somebody made is not overwritten by accident."""
    assert ruled([OTHER, THIRD], [NEW]) == "held"
    assert ruled([OTHER, THIRD], [NEW], adopt=True) == [NEW]


def test_several_values_of_our_own_are_replaced():
    """What this agent published it may change."""
    assert ruled([OURS, OTHER], [NEW], ours=[OURS, OTHER]) == [NEW]


def test_shared_replaces_only_our_member():
    """Others in the round robin stay."""
    assert ruled([OURS, OTHER], [NEW], ours=[OURS], shared=True) == sorted([NEW, OTHER])


def test_shared_without_proof_is_held_never_added_to():
    """A lost ledger must not make the round robin grow."""
    assert ruled([OTHER], [NEW], shared=True) == "held"
    assert ruled([OTHER], [NEW], shared=True, adopt=True) == sorted([NEW, OTHER])


def test_shared_needs_nothing_when_we_are_in_it():
    """Our address is there already, among others."""
    assert ruled([NEW, OTHER], [NEW], shared=True) is None


def test_shared_withdraws_only_our_member():
    """Leaving a round robin leaves the others."""
    assert ruled([OURS, OTHER], [], ours=[OURS], shared=True) == [OTHER]


def test_everything_at_once_is_not_withdrawn():
    """Several managed RRsets that all vanish look like a fault."""
    keys = [key(f"{label}.example.com") for label in "ab"]
    plan = Plan(tuple(Change(rrkey, rrset(OURS, rrkey=rrkey), None) for rrkey in keys))
    wanted = {rrkey: World().wanted(rrkey) for rrkey in keys}
    found = guard(plan, wanted, {})
    assert not found.changes
    assert {rrkey for rrkey, _ in found.held} == set(keys)
    both = {rrkey: rrset(OURS, rrkey=rrkey) for rrkey in keys}
    one = guard(Plan(plan.changes[:1]), wanted, both)
    assert [change.key for change in one.changes] == keys[:1]
    last = guard(Plan(plan.changes[1:]), wanted, both | {keys[0]: None})
    assert not last.changes, "one after the other they are gone as well"
