"""The name servers are asked until they answer."""

import asyncio

from fakes.world import HOME
from homeport.engine.verify import DEAF, PATIENCE, Expected, verify
from homeport.errors import Unavailable
from homeport.model.rrset import RRset


async def test_the_time_until_it_is_seen_is_reported(world):
    """A server that lags is asked again; the time it took is the answer."""
    world.provider.put(HOME, "8.8.8.8")
    world.resolver.lags = True
    async with asyncio.TaskGroup() as group:
        seen = group.create_task(verify(["ns:53"], Expected(RRset.of(HOME, "8.8.8.8")), world.tools))
        await world.clock.advance(3)
        world.resolver.lags = False
        await world.clock.advance(3)
    assert 3 <= seen.result().seconds <= 6
    assert seen.result().missing == ()


async def test_never_seen_says_what_was_answered(world):
    """After its patience it says what each server answered instead."""
    world.resolver.lags = True
    async with asyncio.TaskGroup() as group:
        seen = group.create_task(verify(["ns:53"], Expected(RRset.of(HOME, "8.8.8.8")), world.tools))
        await world.clock.advance(PATIENCE + 5)
    assert seen.result().seconds is None
    assert seen.result().missing == ("ns:53: answers 192.0.2.99",)


async def test_other_members_of_a_shared_rrset_are_right(world):
    """In a round robin ours must be among the answers, not alone."""
    world.provider.put(HOME, "8.8.8.8", "9.9.9.9")
    seen = await verify(["ns:53"], Expected(RRset.of(HOME, "8.8.8.8"), shared=True), world.tools)
    assert seen.seconds == 0


async def test_a_server_that_never_answers_is_given_up_early(world):
    """Nobody waits a minute for a name server that is not there; the reason is what it failed with."""

    async def unreachable(server, rrkey):
        raise Unavailable("192.0.2.53 did not answer")

    world.resolver.ask = unreachable
    async with asyncio.TaskGroup() as group:
        seen = group.create_task(verify(["ns:53"], Expected(RRset.of(HOME, "8.8.8.8")), world.tools))
        await world.clock.advance(DEAF + 3)
        assert seen.done()
    assert seen.result().missing == ("ns:53: 192.0.2.53 did not answer",)


async def test_a_deaf_server_beside_a_good_one_takes_nothing_away(world):
    """On a machine without IPv6 the IPv6 name servers cannot be asked; the others prove it, in their time."""
    world.provider.put(HOME, "8.8.8.8")
    plain = world.resolver.ask

    async def ask(server, rrkey):
        if server == "[2001:db8::53]:53":
            raise Unavailable("network is unreachable")
        return await plain(server, rrkey)

    world.resolver.ask = ask
    servers = ["192.0.2.53:53", "[2001:db8::53]:53"]
    async with asyncio.TaskGroup() as group:
        seen = group.create_task(verify(servers, Expected(RRset.of(HOME, "8.8.8.8")), world.tools))
        await world.clock.advance(DEAF + 3)
    assert seen.result().seconds == 0
    assert seen.result().missing == ("[2001:db8::53]:53: network is unreachable",)
