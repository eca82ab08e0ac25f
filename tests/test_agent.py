"""The agent put together: from its settings to what the engine works on, and what it is asked from outside."""

import asyncio
import json
import sys
from ipaddress import IPv6Address
from itertools import pairwise

import msgspec
import pytest

from fakes.clock import FakeClock, settle
from fakes.duckdns import Fake as DuckHost
from fakes.proxy import SocksProxy
from fakes.stun import stun
from fakes.tools import toolbox
from homeport.agent import (
    DATABASE,
    Loaded,
    compose,
    detect,
    hears_router,
    heartbeat_of,
    open_agent,
    plan,
    wanted_of,
    watchers_of,
)
from homeport.config import models
from homeport.config.kinds import kind_of
from homeport.detectors.command import Settings as Command
from homeport.detectors.router import Settings as Router
from homeport.detectors.static import Settings as Static
from homeport.detectors.stun import Settings as Stun
from homeport.engine.book import Book
from homeport.errors import ConfigInvalid, InUse, Unavailable
from homeport.model.address import Family, parse_address
from homeport.model.ledger import State
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType
from homeport.model.secret import Secret
from homeport.net import channel
from homeport.ports import Hint
from homeport.providers.cloudflare import Settings as Cloudflare
from homeport.providers.duckdns import Settings as Duck
from homeport.providers.homeport import Settings as Own
from homeport.stores.ledger import Remembered
from homeport.telemetry import events

NAME = Fqdn.parse("home.duckdns.org")


def settings(address="8.8.8.8", **more):
    return models.Agent(
        addresses={"fixed": models.AddressSource(detect=(Static(address=(address,)),))},
        records=(models.Record(name=NAME, types=(RRType.A,), address="fixed", provider="duck"),),
        providers={"duck": Duck(token=Secret.literal("t"), base_url="http://127.0.0.1:1")},
        **more,
    )


def loaded(tmp_path, again=None, **more):
    return Loaded(settings(**more), tmp_path / "state", None, again or settings)


@pytest.mark.parametrize(
    ("platform", "kinds"),
    [
        ("linux", ("netlink", "timerfd")),
        ("win32", ("iphlpapi",)),
        ("darwin", ("route_socket",)),
        ("freebsd14", ("route_socket",)),
        ("sunos5", ()),
    ],
)
def test_every_system_has_its_watchers(platform, kinds):
    """What tells of changes there; where nothing does, the poll alone looks."""
    assert tuple(watchers_of(platform)) == kinds


def test_a_record_becomes_an_rrset_for_each_type():
    """Each type follows its own source; a host id concerns IPv6 alone."""
    record = models.Record(
        name=NAME,
        address={RRType.A: "wan", RRType.AAAA: "here"},
        provider="p",
        host_id="::10",
        when_gone="withdraw",
        withdraw_after=60,
    )
    v4, v6 = wanted_of(record)
    assert (v4.key.type, v4.source, v4.host_id, v4.withdraw_after) == (RRType.A, "wan", None, 60)
    assert (v6.key.type, v6.source, v6.host_id) == (RRType.AAAA, "here", IPv6Address("::10"))
    assert kind_of(Static(address=("8.8.8.8",))) == "static"


def test_what_speaks_of_addresses_follows_their_sources():
    """HTTPS follows the families beside it, a text those it names; a host id is put on what they say of IPv6."""
    record = models.Record(
        name=NAME,
        types=(RRType.AAAA, RRType.HTTPS, RRType.TXT),
        content={RRType.TXT: "{ipv4} {ipv6}"},
        address={RRType.A: "wan", RRType.AAAA: "here"},
        provider="p",
        host_id="::10",
    )
    v6, https, text = wanted_of(record)
    assert v6.needs == https.needs == (("here", Family.V6),)
    assert text.needs == (("wan", Family.V4), ("here", Family.V6))
    assert (https.content, text.content) == ("", "{ipv4} {ipv6}")
    assert v6.host_id == https.host_id == text.host_id == IPv6Address("::10")


@pytest.mark.parametrize(
    ("id_", "shared", "mark", "comment"),
    [
        ("office", True, "homeport:office", "by hand homeport:office"),
        ("office", False, "", "by hand"),
        ("", True, "", "by hand"),
    ],
)
def test_an_agent_signs_its_members_of_shared_records(id_, shared, mark, comment):
    """Only where it has an id; what the file wants in the remark stays in it."""
    record = models.Record(
        name=NAME,
        types=(RRType.A,),
        provider="cf",
        shared=shared,
        options=frozenset({("comment", "by hand")}),
    )
    cloudflare = Cloudflare(token=Secret.literal("t"), zone=Fqdn.parse("duckdns.org"))
    whole = models.Agent(id=id_, records=(record,), providers={"cf": cloudflare})
    [account] = compose(whole, toolbox(), Book(Remembered([]))).accounts
    [wanted] = account.wanted.values()
    assert (wanted.mark, dict(wanted.options)) == (mark, {"comment": comment})


async def test_one_agent_owns_its_state(tmp_path):
    """A second one of the same state folder is refused; when the first ends, it may."""
    async with open_agent(loaded(tmp_path), FakeClock()):
        with pytest.raises(InUse):
            async with open_agent(loaded(tmp_path), FakeClock()):
                pass
    async with open_agent(loaded(tmp_path), FakeClock()):
        pass


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


async def test_it_answers_on_the_control_channel(tmp_path):
    """Status, a round, a retry and a reload, from another process of this machine."""
    state, ready = tmp_path / "state", asyncio.Event()
    async with open_agent(loaded(tmp_path), FakeClock()) as agent, asyncio.TaskGroup() as group:
        running = group.create_task(agent.run(ready))
        await ready.wait()
        where = channel.path_for(state / DATABASE)
        assert (await channel.call(where, "round"))["records"][0]["name"] == str(NAME)
        assert (await channel.call(where, "status"))["agent"]["state"] == str(state)
        assert (await channel.call(where, "retry", name=str(NAME)))["retried"] == [f"{NAME} A"]
        assert await channel.call(where, "reload") == {"changed": []}
        running.cancel()


async def test_a_flood_of_hints_is_a_bounded_number_of_rounds(tmp_path):
    """A line that flaps for ten minutes makes no more than a round in two seconds, and the last hint is heard."""
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
    assert (
        max(later - at for (_, at), (_, later) in pairwise(begun)) < 15
    )  # the ledger's thread takes real time


async def lapse(clock, seconds):
    """Let time pass, and the threads that write the ledger keep up with it."""
    for _ in range(seconds * 2):
        await clock.advance(0.5)
        await asyncio.sleep(0.002)


async def test_a_clock_that_is_set_back_puts_nothing_off(tmp_path, monkeypatch):
    """Eight hours, as a clock that was kept in local time: what failed is tried again in moments all the same.

    It is the poll that notices, as on systems that do not tell of their clock.
    """
    monkeypatch.setattr("homeport.agent.WATCHERS", {})
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


async def test_a_retry_is_one_round(tmp_path):
    """What is due is not hinted at again while the round that it brought about still asks for addresses."""
    async with open_agent(loaded(tmp_path), FakeClock()) as agent:
        await agent.once()
        agent.rounds.retry(None)
        agent._alarm.set(None)  # it has rung
        agent.rounds.on_learned()
        assert agent._alarm.when is None


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
        before = agent.rounds
        with pytest.raises(ConfigInvalid):
            await agent.reload()
        assert agent.rounds is before


async def test_plan_and_detect_own_nothing(tmp_path):
    """Both work beside a running agent, and an unknown source is named."""
    async with open_agent(loaded(tmp_path), FakeClock()):
        made, code = await plan(loaded(tmp_path))
        assert code == 0
        assert [str(change.key) for change in made["duck"].changes] == [f"{NAME} A"]
        found = await detect(settings())
        assert {each["family"]: each["addresses"] for each in found["addresses"]} == {
            "IPv4": ["8.8.8.8"],
            "IPv6": [],
        }
        with pytest.raises(ConfigInvalid, match="there are: fixed"):
            await detect(settings(), "wan")


async def test_detect_shows_what_each_one_answers():
    """Also one that a round would not wait for."""
    slow = (sys.executable, "-c", "import time; time.sleep(0.6); print('8.8.8.8')")
    both = models.AddressSource(detect=(Static(address=("8.8.8.8",)), Command(run=slow)))
    found = await detect(models.Agent(addresses={"wan": both}))
    v4 = next(each for each in found["addresses"] if each["family"] == "IPv4")
    assert [each["addresses"] for each in v4["witnesses"]] == [["8.8.8.8"], ["8.8.8.8"]]


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


def test_a_heartbeat_goes_where_its_provider_does():
    """To the gateway of the provider that is named, with its token; without one there is none."""
    own = Own(server="https://ddns.example.com/", token=Secret.literal("t1.s3cret"))
    given = models.Agent(providers={"own": own}, heartbeat=models.Heartbeat(server="own", every=5))
    made = heartbeat_of(given, toolbox())
    assert (made.status()["asked"], made.status()["every"]) == ("https://ddns.example.com", 5)
    assert heartbeat_of(models.Agent(), toolbox()) is None


def test_a_router_is_listened_to_where_it_hides_something():
    """An address from outside, or the router's own word, changes without this machine seeing it; others do not."""

    def hears(*detect, **more):
        addresses = {"a": models.AddressSource(detect=detect)}
        return hears_router(models.Agent(addresses=addresses, **more), toolbox())

    fixed = Static(address=("8.8.8.8",))
    assert not hears(fixed)
    assert hears(fixed, Router())
    assert hears(Stun(server="192.0.2.1"))
    assert not hears(Router(), router_events=False)


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
