"""Every witness of a source is asked at once."""

import asyncio
from dataclasses import replace

from fakes.clock import settle
from fakes.world import ScriptedDetector, addresses
from homeport.engine.learn import CONFIRMATION, OTHER_CAMP, PATIENCE, learn
from homeport.engine.lines import Lines
from homeport.engine.nat import translations
from homeport.engine.quorum import PUSH, ROUTER
from homeport.engine.reputation import LIES
from homeport.engine.source import Source
from homeport.model.address import Family, parse_address
from homeport.model.line import Line
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


async def test_who_asks_to_hear_all_waits_for_all(world):
    """`detect` shows what each one answers, also those that a round does not wait for."""
    slow = ScriptedDetector("slow.org", 2, v4=addresses("8.8.8.8"))
    slow.before = lambda: world.clock.sleep(PATIENCE / 2)
    quick = [ScriptedDetector(name, 2, v4=addresses("8.8.8.8")) for name in ("a.org", "b.org")]
    lines = Lines("both", (Source("one", (slow, *quick)), Source("two", tuple(quick))))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(learn(lines, Family.V4, world.tools, hears_all=True))
        await world.clock.advance(PATIENCE / 2)
    assert len(task.result().said) == 5
    assert not (await learn(Source("wan", ()), Family.V4, world.tools, hears_all=True)).said


async def test_witnesses_can_be_set(world):
    """`witnesses: 3` asks for three where two would do by default."""
    three = tuple(ScriptedDetector(f"{name}.org", 2, v4=addresses("8.8.8.8")) for name in "abc")
    assert (await learn(Source("wan", three, 3), Family.V4, world.tools)).verdict == addresses("8.8.8.8")
    two = await learn(Source("wan", three[:2], 3), Family.V4, world.tools)
    assert isinstance(two.verdict, Unknown)


async def test_outside_ipv6_is_held_against_the_interfaces(world):
    """The address two services saw is believed only when it is this machine's best."""
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


def asking(calls, **says):
    """Return what makes two witnesses, and note in `calls` from where each was asked."""

    def make(line):
        calls.append(line.source)
        return tuple(ScriptedDetector(name, 2, **says) for name in ("a.org", "b.org"))

    return make


async def test_ipv6_witnesses_are_asked_from_the_candidate(world):
    """They are made anew for the address that would be published, and can only confirm it."""
    world.own("2606:4700::7")
    calls = []
    source = Source.made("wan", asking(calls, v6=addresses("2606:4700::7")))
    assert (await learn(source, Family.V6, world.tools)).verdict == addresses("2606:4700::7")
    assert set(calls) == {None, parse_address("2606:4700::7")}
    translated = Source.made("wan", asking([], v6=addresses("2606:4700::99")))
    learned = await learn(translated, Family.V6, world.tools)
    assert isinstance(learned.verdict, Unknown)
    assert "asked from 2606:4700::7 it saw 2606:4700::99" in learned.verdict.why
    assert learned.said[0].claimed == addresses("2606:4700::99").found


async def test_the_candidate_is_what_the_interface_detector_chose(world):
    """Where an interface source stands beside outside ones, its choice is what they confirm."""
    world.own("2606:4700::7", "2606:4700::8")
    calls = []
    chosen = ScriptedDetector("here", 1, v6=addresses("2606:4700::8"))
    make = asking(calls, v6=addresses("2606:4700::8"))
    source = Source.made("wan", lambda line: (chosen, *make(line)), witnesses=2)
    assert (await learn(source, Family.V6, world.tools)).verdict == addresses("2606:4700::8")
    assert parse_address("2606:4700::8") in calls


async def test_without_a_lasting_address_nobody_is_asked(world):
    """There is nothing to confirm, and the reason says so."""
    learned = await learn(
        Source.made("wan", asking([], v6=addresses("2606:4700::7"))), Family.V6, world.tools
    )
    assert isinstance(learned.verdict, Unknown)
    assert "no lasting public IPv6 address" in learned.verdict.why


async def test_a_line_has_candidates_of_its_own(world):
    """Bound to an interface, only its addresses are asked from."""
    world.own("2606:4700::7")
    source = Source.made("lte", asking([], v6=addresses("2606:4700::7")), line=Line("wwan0"))
    assert isinstance((await learn(source, Family.V6, world.tools)).verdict, Unknown)


async def test_the_other_camp_has_time_for_its_first_word(world):
    """Two abroad agree at once; the one at home, three seconds later at most, shows that they saw a proxy."""

    async def learned(after):
        at_home = ScriptedDetector("c.cn", 2, v4=addresses("9.9.9.9"))
        at_home.camp = "mainland"
        at_home.before = lambda: world.clock.sleep(after)
        abroad = [ScriptedDetector(f"{name}.org", 2, v4=addresses("8.8.8.8")) for name in "ab"]
        for one in abroad:
            one.camp = "worldwide"
        async with asyncio.TaskGroup() as group:
            task = group.create_task(learn(Source("wan", (*abroad, at_home)), Family.V4, world.tools))
            await world.clock.advance(OTHER_CAMP + 2)
        return task.result().verdict

    assert isinstance(await learned(OTHER_CAMP - 1), Unknown)
    assert await learned(OTHER_CAMP + 1) == addresses("8.8.8.8")


async def test_the_first_word_of_a_camp_does_not_hold_if_its_others_contradict_it(world):
    """A liar that is quick splits the camps only until an honest one of its own has spoken."""

    async def learned(after):
        liar = ScriptedDetector("liar.cn", 2, v4=addresses("9.9.9.9"))
        honest = ScriptedDetector("c.cn", 2, v4=addresses("8.8.8.8"))
        abroad = [ScriptedDetector(f"{name}.org", 2, v4=addresses("8.8.8.8")) for name in "ab"]
        for one in (liar, honest):
            one.camp = "mainland"
        for one in abroad:
            one.camp = "worldwide"
        honest.before = lambda: world.clock.sleep(after)
        source = Source("wan", (liar, *abroad, honest))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(learn(source, Family.V4, world.tools))
            await world.clock.advance(OTHER_CAMP + 2)
        return task.result().verdict

    assert await learned(OTHER_CAMP - 1) == addresses("8.8.8.8")
    assert isinstance(await learned(OTHER_CAMP + 1), Unknown)


async def test_a_router_s_word_waits_for_the_world_s(world):
    """It is a millisecond away and may be behind another one; who is far away may say so, or confirm it at once."""

    def asked(seen, after):
        router = ScriptedDetector("your router", v4=addresses("9.9.9.9"))
        router.kind = ROUTER
        world_ = [ScriptedDetector(f"{name}.org", 2, v4=addresses(seen)) for name in "ab"]
        for one in world_:
            one.before = lambda: world.clock.sleep(after)
        return learn(Source("auto", (router, *world_)), Family.V4, world.tools)

    async def learned(seen, after):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(asked(seen, after))
            await world.clock.advance(after + 0.01)
            is_settled = task.done()
            await world.clock.advance(CONFIRMATION)
        return task.result(), is_settled

    verdict, is_settled = await learned("8.8.8.8", 0.5)
    assert is_settled
    assert isinstance(verdict.verdict, Unknown)
    assert "the router has 9.9.9.9 and the world sees 8.8.8.8" in translations([verdict])[0]
    confirmed, is_settled = await learned("9.9.9.9", 0.5)
    assert is_settled
    assert confirmed.verdict == addresses("9.9.9.9")
    too_late, _ = await learned("8.8.8.8", CONFIRMATION + 1)
    assert too_late.verdict == addresses("9.9.9.9")


async def test_what_a_router_pushed_long_ago_is_contradicted(world):
    """It may not have reached us when its address changed: the world gets time to say so, and the record is held."""
    router = ScriptedDetector("push fritz", v4=addresses("9.9.9.9"))
    router.kind = PUSH
    others = [ScriptedDetector(f"{name}.org", 2, v4=addresses("8.8.8.8")) for name in "ab"]
    for one in others:
        one.before = lambda: world.clock.sleep(0.5)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(learn(Source("home", (router, *others)), Family.V4, world.tools))
        await world.clock.advance(0.51)
        assert task.done()
    assert isinstance(task.result().verdict, Unknown)
    assert "the sources disagree" in task.result().verdict.why


async def test_a_repeated_liar_loses_its_vote(world):
    """After three rounds it is heard, shown and no longer counted."""
    honest = [ScriptedDetector(f"{name}.org", 2, v4=addresses("8.8.8.8")) for name in "ab"]
    liar = ScriptedDetector("liar.org", 2, v4=addresses("9.9.9.9"))
    source = Source("wan", (liar, *honest))
    for _ in range(LIES):
        learned = await learn(source, Family.V4, world.tools)
        assert all(one.has_vote for one in learned.said)
    learned = await learn(source, Family.V4, world.tools)
    assert [one.operator for one in learned.said if not one.has_vote] == ["liar.org"]


async def test_who_knows_nothing_of_a_family_is_not_asked(world):
    """A router tells IPv4 alone: it is silent about IPv6, and where nobody else is asked the reason says so."""
    router = ScriptedDetector("your router", v4=addresses("8.8.8.8"), v6=addresses("2606:4700::1"))
    router.families = (Family.V4,)
    here = ScriptedDetector("here", v6=addresses("2606:4700::7"))
    both = Source("auto", (here, router))
    assert (await learn(both, Family.V6, world.tools)).verdict == addresses("2606:4700::7")
    alone = await learn(Source("wan", (router,)), Family.V6, world.tools)
    assert alone.verdict == Unknown("nothing in wan tells an IPv6 address")
