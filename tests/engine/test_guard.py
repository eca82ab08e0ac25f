"""What a plan may not do."""

from dataclasses import replace

from fakes.world import HOME, World, key
from homeport.engine.guard import guard
from homeport.model.address import Family
from homeport.model.plan import Change, Plan
from homeport.model.rrset import RRset, RRType

OURS, NEW, OTHER, THIRD = "8.8.8.8", "9.9.9.9", "1.1.1.1", "1.0.0.1"


def rrset(*rdata, rrkey=HOME):
    return RRset.of(rrkey, *rdata, ttl=60) if rdata else None


def ruled(before, after, ours=(), withdrawn=(), rrkey=HOME, **wanted):
    """Return what a one-change plan becomes: the new RDATA, "held", or None."""
    plan = Plan((Change(rrkey, rrset(*before, rrkey=rrkey), rrset(*after, rrkey=rrkey)),))
    known = {rrkey: rrset(*ours, rrkey=rrkey)}
    found = guard(plan, {rrkey: World().wanted(rrkey, **wanted)}, known, withdrawn)
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


def test_what_speaks_of_the_only_address_may_go_with_it():
    """A service is no second thing that remains, nor one that makes the first look like a fault."""
    service = key("home.example.com", RRType.HTTPS)
    there = {HOME: rrset(OURS), service: RRset.of(service, "1 . ipv4hint=8.8.8.8")}
    wanted = {HOME: World().wanted(), service: World().wanted(service, follows=((Family.V4, "wan"),))}
    plan = Plan(tuple(Change(rrkey, one, None) for rrkey, one in there.items()))
    assert guard(plan, wanted, there) == plan
    assert guard(Plan(plan.changes[:1]), wanted, there).changes == plan.changes[:1]


def test_who_left_a_round_robin_may_come_back():
    """That this agent took its own away is a proof, too: nothing of it is left there."""
    assert ruled([OTHER], [NEW], withdrawn={HOME}, shared=True) == sorted([NEW, OTHER])


def test_a_text_of_somebody_else_s_is_not_adopted():
    """What proves a domain's owner is not overwritten by a record that follows an address."""
    text = key("home.example.com", RRType.TXT)
    theirs, mine, newer = '"site-verification=1"', '"v=spf1 ip4:8.8.8.8"', '"v=spf1 ip4:9.9.9.9"'
    assert ruled([theirs], [newer], rrkey=text) == "held"
    assert ruled([theirs], [newer], rrkey=text, adopt=True) == [newer]
    assert ruled([mine], [newer], rrkey=text, ours=[mine]) == [newer]
    assert ruled([theirs, mine], [newer], rrkey=text, ours=[mine], shared=True) == [theirs, newer]


def test_a_text_joins_those_that_are_none_of_its_kind():
    """Nothing there can be a stale one of ours, unless it says the same but for the address."""
    text, content = key("home.example.com", RRType.TXT), "v=spf1 ip4:{ipv4} -all"
    other, stale, newer = '"site-verification=1"', '"v=spf1 ip4:1.1.1.1 -all"', '"v=spf1 ip4:9.9.9.9 -all"'
    joining = {"rrkey": text, "shared": True, "content": content}
    assert ruled([other], [newer], **joining) == [other, newer]
    assert ruled([other, stale], [newer], **joining) == "held"
    assert ruled([other], [newer], rrkey=text, shared=True, content="{ipv4}") == "held"


def marked(before, after, remarks, ours=(), mark="homeport:office", **wanted):
    """Return the change that a shared RRset with these remarks comes to, "held", or None."""
    there = replace(rrset(*before), remarks=frozenset((each, remarks.get(each, "")) for each in before))
    plan = Plan((Change(HOME, there, rrset(*after)),))
    known = World().wanted(HOME, shared=True, mark=mark, **wanted)
    found = guard(plan, {HOME: known}, {HOME: rrset(*ours)})
    return "held" if found.held else found.changes[0] if found.changes else None


def test_a_mark_is_a_proof():
    """Without a ledger the member that carries this agent's mark is this agent's, and no other."""
    remarks = {OURS: "the office homeport:office", OTHER: "homeport:office2", THIRD: ""}
    change = marked([OURS, OTHER, THIRD], [NEW], remarks)
    assert (change.after.rdata, change.own) == ({NEW, OTHER, THIRD}, {NEW})
    assert marked([OTHER, THIRD], [NEW], remarks) == "held"
    assert marked([OURS, OTHER], [NEW], remarks, mark="") == "held"


def test_a_member_of_ours_gets_its_mark():
    """Once: where the host has remarks, and this agent's is missing beside its own address."""
    change = marked([OURS, OTHER], [OURS], {OURS: "", OTHER: "theirs"})
    assert (change.after.rdata, change.own) == ({OURS, OTHER}, {OURS})
    assert marked([OURS, OTHER], [OURS], {OURS: "homeport:office", OTHER: ""}) is None
    assert marked([OURS, OTHER], [OURS], {}, mark="") is None
    assert ruled([OURS, OTHER], [OURS], shared=True, mark="homeport:office") is None, "it has no remarks"


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
