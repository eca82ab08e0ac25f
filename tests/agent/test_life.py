"""A running agent: what it does over time, and at what it is told."""

import asyncio
import json
import threading
from itertools import pairwise

import msgspec
import pytest

from fakes.clock import FakeClock, do_in_place, settle
from fakes.duckdns import Fake as DuckHost
from fakes.one_name import NAME, loaded, settings
from fakes.proxy import SocksProxy
from fakes.stun import stun
from homeport.agent import DATABASE, Loaded, open_agent
from homeport.config import models
from homeport.engine.round import Rounds
from homeport.errors import ConfigInvalid, Unavailable
from homeport.model.address import parse_address
from homeport.model.ledger import State
from homeport.model.name import Fqdn
from homeport.model.secret import Secret
from homeport.net import channel
from homeport.ports import Hint
from homeport.providers.duckdns import Settings as Duck
from homeport.telemetry import events


async def test_a_round_writes_down_how_it_went(tmp_path):
    """A provider nobody answers for is a record that is retried, and the next agent knows."""
    clock = FakeClock()
    async with open_agent(loaded(tmp_path), clock) as agent:
        await agent.once()
        [record] = agent.status()["records"]
        assert record["state"] == State.RETRYING
    async with open_agent(loaded(tmp_path), clock) as agent:
        assert agent.status()["records"][0]["reason"] == record["reason"]
        assert agent.status()["exit_code"] == 5


async def test_a_flood_of_hints_is_a_bounded_number_of_rounds(tmp_path):
    """A line that flaps for ten minutes makes no more than a round in two seconds, and the last hint is heard."""
    do_in_place()
    clock, ready, told = FakeClock(), asyncio.Event(), []
    stop = events.listen(lambda event, fields: told.append((event, fields, clock.monotonic())))
    async with open_agent(loaded(tmp_path), clock) as agent, asyncio.TaskGroup() as group:
        running = group.create_task(agent.run(ready))
        await ready.wait()
        where = channel.path_for(tmp_path / "state" / DATABASE)
        for _ in range(1200):
            await channel.call(where, "wake", why="the line flaps")
            await clock.advance(0.5)
        await channel.call(where, "wake", why="the last one")
        await clock.advance(10)
        running.cancel()
    stop()
    begun = [(fields["why"], at) for event, fields, at in told if event is events.Event.CHANGE_HINTED]
    assert 300 < len(begun) < 440
    assert any("the last one" in whys for whys, _ in begun)
    assert max(later - at for (_, at), (_, later) in pairwise(begun)) < 4


async def lapse(clock, seconds):
    """Let time pass in steps that leave a connection of their own time to be refused."""
    for _ in range(seconds * 2):
        await clock.advance(0.5)


async def test_a_clock_that_is_set_back_puts_nothing_off(tmp_path, monkeypatch):
    """Eight hours, as a clock that was kept in local time: what failed is tried again in moments all the same.

    It is the poll that notices, as on systems that do not tell of their clock.
    """
    do_in_place()
    monkeypatch.setattr("homeport.agent.composition.WATCHERS", {})
    clock, ready, told = FakeClock(), asyncio.Event(), []
    async with open_agent(loaded(tmp_path), clock) as agent, asyncio.TaskGroup() as group:
        running = group.create_task(agent.run(ready))
        await ready.wait()
        stop = events.listen(lambda event, _: told.append(event))
        await lapse(clock, 60)
        assert events.Event.RECORD_FAILED in told
        clock.jump(-8 * 3600)
        told.clear()
        await lapse(clock, 60)
        running.cancel()
    stop()
    assert events.Event.RECORD_FAILED in told


async def test_a_pause_ends_by_itself_and_a_round_follows_at_once(tmp_path):
    """The alarm rings: nobody waits for the poll, and what waited is tried."""
    do_in_place()
    clock, ready, told = FakeClock(), asyncio.Event(), []
    async with open_agent(loaded(tmp_path, interval=86_400), clock) as agent, asyncio.TaskGroup() as group:
        await agent.pause(None, 3600)
        stop = events.listen(lambda event, _: told.append(event))
        running = group.create_task(agent.run(ready))
        await ready.wait()
        for _ in range(35):
            await clock.advance(100)
        assert events.Event.RECORD_FAILED not in told
        await clock.advance(100)
        await lapse(clock, 5)
        running.cancel()
    stop()
    assert told.index(events.Event.RECORD_RESUMED) < told.index(events.Event.RECORD_FAILED)


async def test_a_retry_is_one_round(tmp_path):
    """What is due is not hinted at again while the round that it brought about still asks for addresses."""
    async with open_agent(loaded(tmp_path), FakeClock()) as agent:
        await agent.once()
        agent._rounds.retry(None)
        agent._alarm.set(None)  # it has rung
        agent._rounds.on_learned()
        assert agent._alarm.when is None


def many(count):
    """Return the settings of one name, for so many of them."""
    one = settings()
    names = [Fqdn.parse(f"h{number}.duckdns.org") for number in range(count)]
    records = tuple(msgspec.structs.replace(one.records[0], name=name) for name in names)
    return msgspec.structs.replace(one, records=records)


async def test_what_is_due_is_looked_for_once_however_many_names_wait(tmp_path, monkeypatch):
    """Each look walks every name: a host that is down fails all of them in one pass, and a person retries them all."""
    looks, next_due = [], Rounds.next_due.fget
    monkeypatch.setattr(Rounds, "next_due", property(lambda self: looks.append(self) or next_due(self)))
    clock = FakeClock()
    async with open_agent(Loaded(many(50), tmp_path, None, settings), clock) as agent:
        await agent.once()
        assert len(looks) < 5
        assert {record["state"] for record in agent.status()["records"]} == {State.RETRYING}
        assert agent._alarm.when == next_due(agent._rounds) > clock.now()
        looks.clear()
        assert len(agent._rounds.retry(None)) == 50
        await settle()
        assert len(looks) == 1
        assert agent._alarm.when == clock.now()


async def test_reload_tells_what_changed(tmp_path):
    """A valid file counts from the next round on."""
    async with open_agent(loaded(tmp_path, again=lambda: settings("9.9.9.9")), FakeClock()) as agent:
        await agent.once()
        assert any("8.8.8.8 -> 9.9.9.9" in change for change in await agent.reload())
        await agent.once()
        assert agent.status()["addresses"][0]["addresses"] == ["9.9.9.9"]


async def test_a_bad_file_is_refused(tmp_path):
    """The last good configuration goes on."""

    def broken():
        raise ConfigInvalid("homeport.yaml:3: unknown key")

    async with open_agent(loaded(tmp_path, again=broken), FakeClock()) as agent:
        before = agent._rounds
        with pytest.raises(ConfigInvalid):
            await agent.reload()
        assert agent._rounds is before


async def test_nothing_waits_for_a_file_that_takes_long_to_read(tmp_path):
    """The parser is a process of its own, which may take its time: everybody else is served meanwhile."""
    going, goes_on = threading.Event(), threading.Event()

    def slowly():
        going.set()
        assert goes_on.wait(60)
        return settings("9.9.9.9")

    async with open_agent(loaded(tmp_path, again=slowly), FakeClock()) as agent, asyncio.TaskGroup() as group:
        reloading = group.create_task(agent.reload())
        await asyncio.to_thread(going.wait, 60)
        assert agent.status()["records"]
        goes_on.set()
        assert any("8.8.8.8 -> 9.9.9.9" in change for change in await reloading)


async def test_a_reload_waits_for_the_one_before_it(tmp_path):
    """What was read last counts, however long the reading before it took."""
    readings, order, is_overtaken = iter(("9.9.9.9", "1.1.1.1")), [], threading.Event()

    def slowly():
        address = next(readings)
        order.append(f"reads {address}")
        if address == "9.9.9.9":
            is_overtaken.wait(0.5)  # the other one does not begin
        else:
            is_overtaken.set()
        order.append(f"has read {address}")
        return settings(address)

    async with open_agent(loaded(tmp_path, again=slowly), FakeClock()) as agent:
        await asyncio.gather(agent.reload(), agent.reload())
        assert order == ["reads 9.9.9.9", "has read 9.9.9.9", "reads 1.1.1.1", "has read 1.1.1.1"]
        await agent.once()
        assert agent.status()["addresses"][0]["addresses"] == ["1.1.1.1"]


async def test_a_reload_that_nobody_waits_for_any_more_changes_nothing(tmp_path):
    """Cancelled while what is under way at the hosts ends: the configuration at work goes on, it is not retired."""
    given = loaded(tmp_path, again=lambda: settings("9.9.9.9"))
    async with open_agent(given, FakeClock()) as agent:
        before = agent._rounds
        async with before.accounts[0].lock, asyncio.TaskGroup() as group:
            reloading = group.create_task(agent.reload())
            async with asyncio.timeout(60):
                while not before._is_retired:  # noqa: ASYNC110 -- a thread reads the file
                    await asyncio.sleep(0.01)
            reloading.cancel()
        assert agent._rounds is before
        await agent.once()
        assert agent.status()["records"][0]["state"] == State.RETRYING
        await agent.reload()
        assert agent._rounds is not before


async def test_a_heartbeat_is_shown_and_follows_the_file(tmp_path):
    """Who is asked and what was said stand in `status`; a reload without it ends it."""
    clock, ready = FakeClock(), asyncio.Event()
    async with stun(says="203.0.113.9") as server:
        beats = models.Heartbeat(stun=f"127.0.0.1:{server.port}")
        given = Loaded(settings(heartbeat=beats), tmp_path / "state", None, settings)
        async with open_agent(given, clock) as agent, asyncio.TaskGroup() as group:
            running = group.create_task(agent.run(ready))
            await ready.wait()
            async with asyncio.timeout(60):
                while not (told := agent.status()["heartbeat"]) or not seen(told):  # noqa: ASYNC110 -- of a real socket
                    await asyncio.sleep(0.01)
            assert (told["asked"], told["every"]) == (f"stun 127.0.0.1:{server.port}", 60)
            assert seen(told) == ["203.0.113.9"]
            await agent.reload()
            await settle()
            assert agent.status()["heartbeat"] is None
            running.cancel()


def seen(told):
    return [family["seen"] for family in told["families"] if family["seen"]]


async def test_a_provider_is_reached_through_its_proxy(tmp_path):
    """From its own source address, by whom the file names; when that one is gone, no word of its password is said."""
    duck = DuckHost()
    duck.create(NAME)
    async with duck.running(), SocksProxy(("127.0.0.1", duck.port), ("me", "Pa55word")).running() as proxy:
        given = Secret.literal(proxy.url("me:Pa55word"))
        source = parse_address("127.0.0.1")
        by_proxy = Duck(
            token=Secret.literal(duck.secret), base_url="http://duck.test", proxy=given, source=source
        )
        whole = msgspec.structs.replace(settings(), providers={"duck": by_proxy})
        async with open_agent(Loaded(whole, tmp_path, None, settings), FakeClock()) as agent:
            await agent.once()
            assert agent.status()["records"][0]["state"] == State.CURRENT
    assert proxy.seen == ["duck.test:80"]
    async with open_agent(Loaded(whole, tmp_path / "other", None, settings), FakeClock()) as agent:
        await agent.once()
        said = agent.status()["records"][0]["reason"]
    assert f"the proxy socks5h://127.0.0.1:{proxy.port} cannot be reached: connection refused" in said
    assert "Pa55word" not in json.dumps(agent.status())


class Deaf:
    """A watcher that cannot watch, and counts its tries."""

    tries = 0

    async def events(self):
        self.tries += 1
        raise Unavailable("there is no router to listen to")
        yield


class Door:
    """A watcher that hints when the test says so."""

    def __init__(self):
        self.opened = asyncio.Event()

    async def events(self):
        while True:
            await self.opened.wait()
            self.opened.clear()
            yield Hint("a default route is there")


async def test_a_watcher_that_could_not_watch_tries_again_when_another_notices(tmp_path):
    """A new default route is a new router to listen to, and no minute is lost; otherwise it is tried each minute."""
    clock, deaf, door = FakeClock(), Deaf(), Door()
    async with open_agent(loaded(tmp_path), clock) as agent, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(agent._watch(kind, lambda made=made: made))
            for kind, made in (("deaf", deaf), ("door", door))
        ]
        await settle()
        assert deaf.tries == 1
        door.opened.set()
        await settle()
        assert deaf.tries == 2
        await clock.advance(59)
        assert deaf.tries == 2
        await clock.advance(2)
        assert deaf.tries == 3
        for task in tasks:
            task.cancel()
