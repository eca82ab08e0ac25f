"""Desired against observed gives a plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.world import HOME, key
from homeport.engine.reconcile import reconcile
from homeport.model.plan import Change, Hold, Publish, Withdraw
from homeport.model.rrset import ADDRESSES, RRset

NAMES = [key(f"{label}.example.com", rrtype) for label in "abcde" for rrtype in ADDRESSES]
RDATA = st.frozensets(st.sampled_from(["8.8.8.8", "9.9.9.9", "1.1.1.1"]), min_size=1)
INTENTS = st.one_of(
    st.builds(Publish, RDATA, st.sampled_from([60, 300, None])),
    st.just(Withdraw("gone")),
    st.just(Hold("not learned")),
)


@st.composite
def zones(draw):
    chosen = draw(st.sets(st.sampled_from(NAMES)))
    return {
        rrkey: draw(st.none() | st.builds(RRset, st.just(rrkey), RDATA, st.sampled_from([60, 300])))
        for rrkey in chosen
    }


def apply(plan, zone):
    after = dict(zone)
    for change in plan.changes:
        after[change.key] = change.after
    return after


@given(zones(), st.data())
def test_applying_a_plan_leaves_an_empty_plan(zone, data):
    """Applying twice is applying once, and nothing outside the desired keys is touched."""
    desired = {rrkey: data.draw(INTENTS) for rrkey in zone if data.draw(st.booleans())}
    plan = reconcile(desired, zone)
    after = apply(plan, zone)
    assert not reconcile(desired, after).changes
    assert {rrkey: rrset for rrkey, rrset in after.items() if rrkey not in desired} == {
        rrkey: rrset for rrkey, rrset in zone.items() if rrkey not in desired
    }


@given(zones(), st.data())
def test_a_hold_never_changes_anything(zone, data):
    """Held keys are in no change, whatever was observed."""
    desired = {rrkey: data.draw(INTENTS) for rrkey in zone}
    plan = reconcile(desired, zone)
    held = {rrkey for rrkey, intent in desired.items() if isinstance(intent, Hold)}
    assert held == {rrkey for rrkey, _ in plan.held}
    assert held.isdisjoint(change.key for change in plan.changes)


def test_a_missing_observation_is_a_bug():
    """The caller must have looked; an unlooked-at RRset is never assumed to be absent."""
    with pytest.raises(KeyError):
        reconcile({HOME: Publish(frozenset({"8.8.8.8"}), 60)}, {})


def test_a_ttl_that_the_host_decides_makes_no_difference():
    """A host with a fixed TTL does not make plans flap."""
    held = RRset.of(HOME, "8.8.8.8", ttl=None)
    assert not reconcile({HOME: Publish(frozenset({"8.8.8.8"}), 60)}, {HOME: held})
    fixed = RRset.of(HOME, "8.8.8.8", ttl=300)
    assert reconcile({HOME: Publish(frozenset({"8.8.8.8"}), 60)}, {HOME: fixed}).changes


def test_only_named_options_are_compared():
    """A flag nobody asked about is left as it is; one that was asked about is set."""
    held = RRset(HOME, frozenset({"8.8.8.8"}), 60, frozenset({("proxied", True)}))
    assert not reconcile({HOME: Publish(held.rdata, 60)}, {HOME: held})
    off = Publish(held.rdata, 60, frozenset({("proxied", False)}))
    assert reconcile({HOME: off}, {HOME: held}).changes == (
        Change(HOME, held, RRset(HOME, held.rdata, 60, off.options)),
    )
