"""Every witness of a source is asked at once."""

import asyncio
from dataclasses import replace

from fakes.clock import settle
from fakes.world import ScriptedDetector, addresses
from homeport.engine.learn import PATIENCE, learn
from homeport.engine.source import Source
from homeport.model.address import Family
from homeport.model.observation import Unknown


async def test_a_witness_that_never_answers_costs_nothing(world):
    """Two that agree decide while the third still hangs."""

    async def for_ever():
        await asyncio.Event().wait()

    slow = ScriptedDetector("slow.org", 2)
    slow.before = for_ever
    quick = [ScriptedDetector(name, 2, v4=addresses("8.8.8.8")) for name in ("a.org", "b.org")]
    async with asyncio.timeout(PATIENCE / 2):
        learned = await learn(Source("wan", (slow, *quick)), Family.V4, world.tools)
    assert learned.verdict == addresses("8.8.8.8")
    assert {one.operator for one in learned.said} == {"a.org", "b.org"}


async def test_witnesses_can_be_set(world):
    """`witnesses: 3` asks for three where two would do by default."""
    three = tuple(ScriptedDetector(f"{name}.org", 2, v4=addresses("8.8.8.8")) for name in "abc")
    assert (await learn(Source("wan", three, 3), Family.V4, world.tools)).verdict == addresses("8.8.8.8")
    two = await learn(Source("wan", three[:2], 3), Family.V4, world.tools)
    assert isinstance(two.verdict, Unknown)


async def test_outside_ipv6_is_held_against_the_interfaces(world):
    """The address two services saw is believed only when it is this machine's."""
    outside = tuple(ScriptedDetector(name, 2, v6=addresses("2606:4700::7")) for name in ("a.org", "b.org"))
    source = Source("wan", outside)
    assert isinstance((await learn(source, Family.V6, world.tools)).verdict, Unknown)
    world.own("2606:4700::7")
    assert (await learn(source, Family.V6, world.tools)).verdict == addresses("2606:4700::7")


async def test_no_detector_is_unknown(world):
    """A source without detectors learns nothing and says so."""
    assert isinstance((await learn(Source("wan", ()), Family.V4, world.tools)).verdict, Unknown)


async def test_a_temporary_address_is_not_confirmed_from_outside(world):
    """What the world sees may be the privacy address; it is on the interface, and still not published."""
    outside = tuple(ScriptedDetector(name, 2, v6=addresses("2606:4700::7")) for name in ("a.org", "b.org"))
    world.own("2606:4700::7")
    world.interfaces = [replace(one, is_temporary=True) for one in world.interfaces]
    learned = await learn(Source("wan", outside), Family.V6, world.tools)
    assert isinstance(learned.verdict, Unknown)


async def test_a_second_quorum_has_a_moment_to_speak(world):
    """Two quick liars do not outrun two honest ones that answer at the same time."""
    lies = [ScriptedDetector(f"{name}.org", 2, v4=addresses("9.9.9.9")) for name in "ab"]
    honest = [ScriptedDetector(f"{name}.org", 2, v4=addresses("8.8.8.8")) for name in "cd"]
    for one in honest:
        one.before = settle
    learned = await learn(Source("wan", (*lies, *honest)), Family.V4, world.tools)
    assert isinstance(learned.verdict, Unknown)
    assert "disagree" in learned.verdict.why
