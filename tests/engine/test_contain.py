"""A fault in one adapter is that adapter's failure, and nobody else's."""

import pytest

from fakes.world import HOME, MemoryProvider, ScriptedDetector, addresses, key
from homeport.engine.contain import contained
from homeport.engine.source import Source
from homeport.errors import Refused, Unavailable, Unconfirmed
from homeport.model.ledger import State

OTHER = key("other.example.com")


async def stumble(*_):
    raise KeyError("a token perhaps: hunter2")


def test_a_fault_becomes_an_error_without_its_text():
    """Its kind is named and what it said is not."""
    with (
        pytest.raises(Unavailable, match=r"a fault in the dance \(KeyError\)") as raised,
        contained("the dance"),
    ):
        raise KeyError("hunter2")
    assert "hunter2" not in str(raised.value)


def test_our_own_errors_pass():
    """What an adapter says in our words is what is heard."""
    with pytest.raises(Refused, match="no such host"), contained("the dance", Unconfirmed):
        raise Refused("no such host")


async def test_a_detector_that_stumbles_is_one_voice_less(world):
    """The others still decide."""
    broken = ScriptedDetector("broken.org", 1)
    broken.before = stumble
    good = ScriptedDetector("good.org", 1, v4=addresses("8.8.8.8"))
    rounds = world.rounds(sources={"wan": Source("wan", (broken, good))})
    await rounds.run()
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}


@pytest.mark.parametrize("method", ["observe", "apply", "nameservers", "clamp"])
async def test_a_provider_that_stumbles_hurts_only_its_own(world, method):
    """Its records fail, are held or stay unverified; those of others are published, and the round ends."""
    broken = MemoryProvider()
    setattr(broken, method, stumble if method != "clamp" else lambda wanted: {}["hunter2"])
    accounts = [
        world.account(),
        world.account(world.wanted(OTHER, provider="q"), provider=broken, name="q"),
    ]
    world.resolver.instead[OTHER] = frozenset({"8.8.8.8"})
    await world.rounds(*accounts).run()
    assert world.line(HOME).state is State.CURRENT
    line = world.line(OTHER, "q")
    assert "hunter2" not in line.reason
    expected = {
        "observe": State.RETRYING,
        "apply": State.UNCONFIRMED,
        "nameservers": State.CURRENT,
        "clamp": State.HELD,
    }
    assert line.state is expected[method]


async def test_interfaces_that_cannot_be_read_are_unknown(world):
    """Nothing is believed about IPv6 then, and nothing falls over."""
    outside = tuple(ScriptedDetector(name, 2, v6=addresses("2606:4700::7")) for name in ("a.org", "b.org"))
    tools = world.tools
    object.__setattr__(tools, "interfaces", stumble)
    from homeport.engine.learn import learn
    from homeport.model.address import Family
    from homeport.model.observation import Unknown

    learned = await learn(Source("wan", outside), Family.V6, tools)
    assert isinstance(learned.verdict, Unknown)
