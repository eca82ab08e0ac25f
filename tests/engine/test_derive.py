"""From what was learned to what is wanted."""

from ipaddress import IPv6Address

import pytest

from fakes.world import HOME, HOME6, World, addresses
from homeport.engine.derive import derive
from homeport.errors import Throttled, Unavailable, Unconfirmed
from homeport.model.host_id import PRESERVE
from homeport.model.ledger import State
from homeport.model.observation import NoAddress, Unknown
from homeport.model.plan import Hold, Publish, Withdraw
from homeport.model.rrset import RRset


def test_addresses_are_published_with_the_record_s_ttl_and_options():
    """What was learned, as RDATA."""
    wanted = World().wanted(ttl=120, options=frozenset({("proxied", False)}))
    assert derive(wanted, addresses("8.8.8.8", "8.8.4.4")) == Publish(
        frozenset({"8.8.8.8", "8.8.4.4"}), 120, frozenset({("proxied", False)})
    )


def test_not_learned_is_held():
    """Unknown never deletes."""
    assert derive(World().wanted(), Unknown("split")) == Hold("split")


def test_gone_is_held_by_default():
    """Even a known absence keeps the record, unless the record says otherwise."""
    assert isinstance(derive(World().wanted(), NoAddress("none"), gone_for=1e9), Hold)


@pytest.mark.parametrize(("gone_for", "kind"), [(0, Hold), (3599, Hold), (3600, Withdraw)])
def test_gone_long_enough_is_withdrawn_on_request(gone_for, kind):
    """`when_gone: withdraw` waits `withdraw_after` seconds."""
    wanted = World().wanted(withdraw_after=3600)
    assert isinstance(derive(wanted, NoAddress("none"), gone_for), kind)


def test_host_id_is_put_on_the_prefix():
    """Another machine of the network is named by the prefix and its own identifier."""
    wanted = World().wanted(HOME6, host_id=IPv6Address("::10"))
    found = derive(wanted, addresses("2606:4700:1:2:aaaa:bbbb:cccc:dddd"))
    assert found == Publish(frozenset({"2606:4700:1:2::10"}), 60)


def test_host_id_leaves_ipv4_alone():
    """There is no such thing as an IPv4 host id."""
    wanted = World().wanted(HOME, host_id=IPv6Address("::10"))
    assert derive(wanted, addresses("8.8.8.8")) == Publish(frozenset({"8.8.8.8"}), 60)


def test_host_bits_are_preserved_under_a_new_prefix():
    """What is published keeps its last 64 bits; where nothing is, nothing is guessed."""
    wanted = World().wanted(HOME6, host_id=PRESERVE)
    published = RRset.of(HOME6, "2606:4700:1:1::a", "2606:4700:1:1::b", ttl=60)
    intent = derive(wanted, addresses("2606:4700:2:2::99"), published=published)
    assert intent == Publish(frozenset({"2606:4700:2:2::a", "2606:4700:2:2::b"}), 60)
    assert isinstance(derive(wanted, addresses("2606:4700:2:2::99")), Hold)


async def test_the_host_part_that_stands_at_the_host_is_preserved(world):
    """A new ledger asks the host once for what it holds, and then follows the prefix alone."""
    world.provider.put(HOME6, "2606:4700:1:1::a")
    world.own("2606:4700:2:2::99")
    world.detector.says["v6"] = addresses("2606:4700:2:2::99")
    rounds = world.rounds(world.account(world.wanted(HOME6, host_id=PRESERVE)))
    await rounds.run()
    assert world.provider.zone[HOME6].rdata == {"2606:4700:2:2::a"}
    observed = world.provider.observed
    await rounds.run()
    assert world.provider.observed == observed


async def test_a_name_without_an_address_preserves_nothing(world):
    """There is nothing to keep: held with the way out, and the host is not asked again in every round."""
    rounds = world.rounds(world.account(world.wanted(HOME6, host_id=PRESERVE)))
    await rounds.run()
    await rounds.run()
    assert world.provider.observed == 1
    assert HOME6 not in world.provider.zone
    assert "write a host_id" in world.line(HOME6).reason


def preserving(world, **more):
    world.own("2606:4700:2:2::99")
    world.detector.says["v6"] = addresses("2606:4700:2:2::99")
    return world.rounds(world.account(world.wanted(HOME6, host_id=PRESERVE, **more)))


async def test_another_s_value_of_a_shared_name_is_not_preserved(world):
    """A new ledger does not take the one value that is there for its own: it may be another machine's."""
    world.provider.put(HOME6, "2606:4700:1:1::a")
    await preserving(world, shared=True).run()
    assert world.provider.zone[HOME6].rdata == {"2606:4700:1:1::a"}
    assert world.line(HOME6).state is State.HELD


async def test_a_host_that_cannot_be_asked_what_to_preserve_is_the_reason(world):
    """It is told as what it is, tried again with patience, and heals."""
    world.provider.put(HOME6, "2606:4700:1:1::a")
    world.provider.observe_error = Unavailable("no route")
    rounds = preserving(world)
    plan, code = await rounds.plan()
    assert [hold.why for _, hold in plan["p"].held] == ["no route"]
    assert code == Unavailable.exit_code
    world.provider.observed = 0
    for _ in range(600):
        await rounds.run()
        await world.clock.advance(1)
    assert world.provider.observed < 20
    assert world.line(HOME6).reason == "no route"
    world.provider.observe_error = None
    await world.clock.advance(301)
    await rounds.run()
    assert world.provider.zone[HOME6].rdata == {"2606:4700:2:2::a"}


async def test_what_is_to_be_preserved_is_not_asked_for_against_the_account_s_patience(world):
    """A host that asked to wait is not listed meanwhile."""
    world.provider.put(HOME6, "2606:4700:1:1::a")
    world.provider.observe_error = Throttled("slow down", retry_after=900)
    rounds = preserving(world)
    for _ in range(80):
        await rounds.run()
        await world.clock.advance(10)
    assert world.provider.observed == 1


async def test_a_write_that_fails_after_preserving_grows_patient(world):
    """Looking up what to preserve does not make a failing host's records young again."""
    world.provider.put(HOME6, "2606:4700:1:1::a")
    world.provider.errors[HOME6] = Unconfirmed("500")
    rounds = preserving(world)
    for _ in range(600):
        await rounds.run()
        await world.clock.advance(1)
    assert world.provider.applied < 20
