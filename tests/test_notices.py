"""An address changes and people are told: a whole agent, real services, a network that is down first, and a restart."""

import asyncio
import contextlib
import json
import logging
import socket
from types import SimpleNamespace

import msgspec
import pytest

from fakes import dns_server
from fakes.chat import TOKEN, Chat, given
from fakes.clock import FakeClock, settle
from fakes.duckdns import Fake as DuckHost
from fakes.mail import PASSWORD, USER, authority, mail_server
from fakes.misbehaviour import Mood
from homeport.agent import Loaded, open_agent
from homeport.config import models
from homeport.detectors.file import Settings as AddressFile
from homeport.errors import Throttled
from homeport.jobs.clock import SystemClock
from homeport.model.name import Fqdn
from homeport.model.news import What
from homeport.model.rrset import RRType
from homeport.model.secret import Secret
from homeport.net import channel
from homeport.notifiers.smtp import Settings as Mail
from homeport.notifiers.webhook import Settings as Webhook
from homeport.providers.duckdns import Settings as Duck
from homeport.stores.notices import FILE
from homeport.telemetry import events

NAME = Fqdn.parse("home.duckdns.org")
PATIENCE = 60.0  # seconds; a bound for machines that are very busy


def hook(chat, name="wecom", port=None, **others):
    asked = given(name, f"http://127.0.0.1:{port or chat.port}")
    secrets = {key: Secret.literal(value) for key, value in asked.items() if key in ("url", "token")}
    return Webhook(**{**asked, **secrets, **others})


@contextlib.asynccontextmanager
async def name_server(duck):
    """Yield the address of the host's own name server."""
    async with dns_server.running() as server:
        answered = server.respond

        def respond(wire, *, tcp=False):
            if address := duck.names["home"].get("A"):
                server.put(str(NAME), "A", address)
            return answered(wire, tcp=tcp)

        server.respond = respond
        yield server.address


@pytest.fixture
async def home(tmp_path):
    """A host, a chat service, and an agent's settings whose address is what a file says."""
    async with contextlib.AsyncExitStack() as stack:
        duck, chat = DuckHost(), Chat()
        duck.create(NAME)
        await stack.enter_async_context(duck.running())
        await stack.enter_async_context(chat.running())
        dns = await stack.enter_async_context(name_server(duck))
        file = tmp_path / "address"

        def settings(**notify):
            return models.Agent(
                id="box",
                addresses={"file": models.AddressSource(detect=(AddressFile(path=file),))},
                records=(models.Record(name=NAME, types=(RRType.A,), address="file", provider="duck"),),
                providers={
                    "duck": Duck(token=Secret.literal(duck.secret), base_url=duck.url, nameservers=(dns,))
                },
                notify=notify,
                web=models.Web(listen=()),
            )

        found = SimpleNamespace(duck=duck, chat=chat, state=tmp_path / "state", settings=settings)
        found.is_at = file.write_text
        found.is_at("8.8.8.1")
        yield found


@contextlib.asynccontextmanager
async def living(home, settings, clock=None):
    """Run an agent for the block."""
    ready, again = asyncio.Event(), [settings]
    loaded = Loaded(settings, home.state, None, lambda: again[0])
    async with open_agent(loaded, clock or SystemClock()) as agent, asyncio.TaskGroup() as group:
        running = group.create_task(agent.run(ready))
        await ready.wait()
        agent.take = lambda settings: again.__setitem__(0, settings)
        try:
            yield agent
        finally:
            running.cancel()


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 -- what is waited for happens at the other end of a socket
            await asyncio.sleep(0.02)


async def test_an_address_changes_and_everybody_is_told(home, monkeypatch, tmp_path, caplog):
    """By HTTP and by mail, one message each, with what it was and what it is; and no secret in any log."""
    caplog.set_level(logging.DEBUG, "homeport")
    ca, _ = authority()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with mail_server(ca, name="localhost") as server:
        mail = Mail(
            server="localhost",
            port=server.port,
            user=USER,
            password=Secret.literal(PASSWORD),
            sender="box@example.com",
            to=("me@example.com",),
        )
        async with living(home, home.settings(chat=hook(home.chat), mail=mail)) as agent:
            await until(lambda: home.chat.told and server.messages)
            home.is_at("8.8.8.2")
            await agent.round()
            await until(lambda: len(home.chat.told) == 2 and len(server.messages) == 2)
            status = await channel.call(channel.path_for(home.state / "agent.db"), "notify")
    assert home.chat.told[0].startswith("home.duckdns.org is now 8.8.8.1\nhome.duckdns.org A: 8.8.8.1")
    assert "home.duckdns.org A: 8.8.8.1 -> 8.8.8.2\n-- box" in home.chat.told[1]
    assert [message["Subject"] for message in server.messages] == [
        f"home.duckdns.org is now 8.8.8.{n}" for n in (1, 2)
    ]
    assert status["chat"]["sent"]["answer"] == f"127.0.0.1:{home.chat.port} answered 200 ok"
    for secret in (TOKEN, PASSWORD):
        assert secret not in caplog.text + json.dumps(status) + (home.state / FILE).read_text()


async def test_it_changed_while_nobody_could_be_told(home):
    """The service cannot be reached, the agent ends; the next one tells it, with everything since."""
    quiet = home.settings(chat=hook(home.chat, port=1))
    async with living(home, quiet) as agent:
        await until(lambda: agent._telling.status()["chat"]["failures"])
        assert "connection refused" in agent._telling.status()["chat"]["failed"]["why"]
        home.is_at("8.8.8.2")
        await agent.round()
        await until(lambda: agent._telling.status()["chat"]["waiting"] == 2)
        assert agent.status()["records"][0]["state"] == "current"  # no update waits for it
    assert not home.chat.told
    async with living(home, home.settings(chat=hook(home.chat))) as agent:
        agent._telling.change(home.settings(chat=hook(home.chat)))  # as after an edit: tried at once
        await until(lambda: home.chat.told)
    [told] = home.chat.told
    assert "home.duckdns.org A: 8.8.8.1\n" in told
    assert "home.duckdns.org A: 8.8.8.1 -> 8.8.8.2" in told


async def test_the_network_is_down_first(home):
    """It is when addresses change that nobody can be reached; what waits arrives once somebody can."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with living(home, home.settings(chat=hook(home.chat, port=port))) as agent:
        await until(lambda: agent._telling.status()["chat"]["failures"])
        listener = await asyncio.start_server(home.chat.serve, "127.0.0.1", port)
        home.is_at("8.8.8.3")
        await agent.round()
        await until(lambda: any("8.8.8.3" in told for told in home.chat.told))
        await until(lambda: not agent._telling.status()["chat"]["waiting"])
        listener.close()
    assert sum("home.duckdns.org A: 8.8.8.1 -> 8.8.8.3" in told for told in home.chat.told) == 1


async def test_the_line_comes_back_and_it_is_tried(home):
    """A new address is what ends the wait, not the patience that grew meanwhile."""
    clock = FakeClock()
    async with living(home, home.settings(chat=hook(home.chat, port=1)), clock) as agent:
        await until_in(clock, lambda: agent._telling.status()["chat"]["failures"] > 4)
        put_off = agent._telling.status()["chat"]["next_attempt"]
        assert put_off > clock.now()
        events.emit(events.Event.ADDRESS_LEARNED, source="file", family="IPv4", addresses=["8.8.8.9"])
        assert agent._telling.status()["chat"]["next_attempt"] == clock.now()


async def test_a_service_that_asked_for_patience_is_left_alone(home, monkeypatch):
    """Neither a new address nor a file that is read again ends it, but a person's other settings do."""
    clock, asked = FakeClock(), []

    class Busy:
        def __init__(self, settings, tools):
            self.language = settings.language

        async def send(self, news):
            asked.append(self.language)
            if self.language == "en":
                raise Throttled("slow down", retry_after=3600)
            return "taken"

    monkeypatch.setattr("homeport.notifiers.load", lambda kind: Busy)
    async with living(home, home.settings(chat=hook(home.chat)), clock) as agent:
        await until_in(clock, lambda: agent._telling.status()["chat"]["failures"])
        patient_until = agent._telling.status()["chat"]["next_attempt"]
        assert patient_until > clock.now() + 3000
        events.emit(events.Event.ADDRESS_LEARNED, source="file", family="IPv4", addresses=["8.8.8.9"])
        agent._telling.change(home.settings(chat=hook(home.chat)))
        await clock.advance(60)
        assert agent._telling.status()["chat"]["next_attempt"] == patient_until
        assert asked == ["en"]
        agent._telling.change(home.settings(chat=hook(home.chat, language="zh-CN")))
        await until_in(clock, lambda: agent._telling.status()["chat"]["sent"])
        assert clock.now() < patient_until
    assert asked == ["en", "zh-CN"]


async def test_a_file_that_is_read_again_sends_nothing_twice(home):
    """A message is under way to a slow service, and the settings are as they were."""
    asked, answering = asyncio.Event(), asyncio.Event()
    sent = []

    class Slow:
        def __init__(self, settings, tools):
            pass

        async def send(self, news):
            sent.append(news)
            asked.set()
            await answering.wait()
            return "taken"

    async with living(home, home.settings(chat=hook(home.chat))) as agent:
        await until(lambda: home.chat.told)
        [reader] = agent._telling._notices._readers.values()
        reader.notifier = Slow(None, None)
        home.is_at("8.8.8.2")
        await agent.round()
        async with asyncio.timeout(PATIENCE):
            await asked.wait()
        agent.take(home.settings(chat=hook(home.chat)))
        await agent.reload()
        await settle()
        answering.set()
        await until(lambda: not agent._telling.status()["chat"]["waiting"])
        assert agent._telling.status()["chat"]["sent"]["answer"] == "taken"
    assert len(sent) == 1
    assert len(home.chat.told) == 1


async def test_a_notifier_that_never_answers_may_have_told(home, monkeypatch):
    """Nobody knows: so it is not told for ever."""
    monkeypatch.setattr("homeport.notices.PATIENCE", 0.01)

    class Mute:
        def __init__(self, settings, tools):
            pass

        async def send(self, news):
            await asyncio.Event().wait()

    monkeypatch.setattr("homeport.notifiers.load", lambda kind: Mute)
    clock = FakeClock()
    async with living(home, home.settings(chat=hook(home.chat)), clock) as agent:
        await until_in(clock, lambda: agent._telling.status()["chat"]["failed"])
        assert "it may have arrived" in agent._telling.status()["chat"]["failed"]["why"]
        await until_in(clock, lambda: agent._telling.status()["chat"]["waiting"] == 0)


async def test_a_failure_that_a_wrong_clock_noted_puts_nothing_off(home):
    """The clock was years ahead when it failed; it is tried when the next round looks."""
    clock = FakeClock()
    async with living(home, home.settings(chat=hook(home.chat, port=1)), clock) as agent:
        await until_in(clock, lambda: agent._telling.status()["chat"]["failures"])
        clock.jump(1e8)
        failures = agent._telling.status()["chat"]["failures"]
        await until_in(clock, lambda: agent._telling.status()["chat"]["failures"] > failures)
        clock.jump(-1e8)
        assert agent._telling.status()["chat"]["next_attempt"] > clock.now() + 1e7
        await agent._telling._notices._look()
        assert agent._telling.status()["chat"]["next_attempt"] < clock.now() + 1e6


async def until_in(clock, condition):
    """Let time pass until it is so; sockets and threads take real time."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await clock.advance(5)
            await asyncio.sleep(0.005)


async def test_failing_is_told_once_and_its_end_once(home):
    """After the time that was given, over a restart between, in the reader's language and only what they want."""
    clock = FakeClock()
    zh = hook(home.chat, language="zh-CN", when=(What.FAILING, What.RECOVERED))
    only = hook(home.chat, name="slack", names=(Fqdn.parse("other.example.com"),))
    given = home.settings(chat=zh, other=only)
    home.duck.mood = Mood.S500
    told = home.chat.told

    async def lapse(seconds):
        end = clock.monotonic() + seconds
        await until_in(clock, lambda: clock.monotonic() > end)

    async with living(home, given, clock) as agent:
        await lapse(500)
        assert told == []
        await until_in(clock, lambda: told)
        await lapse(500)
    async with living(home, given, clock) as agent:
        await lapse(500)
        assert agent.status()["records"][0]["state"] != "current"
        home.duck.mood = Mood.WELL
        await until_in(clock, lambda: len(told) == 2)
        await lapse(700)
    assert [each.splitlines()[0] for each in told] == [
        "home.duckdns.org 无法更新",
        "home.duckdns.org 已恢复正常",
    ]


async def test_a_single_round_tells_too(home):
    """`homeport once`, as cron starts it: what it brought is told, and what could not be waits for the next."""
    given = home.settings(chat=hook(home.chat, port=1))
    async with open_agent(Loaded(given, home.state, None, lambda: given)) as agent:
        await agent.once()
    given = home.settings(chat=hook(home.chat))
    clock = SystemClock()
    async with open_agent(Loaded(given, home.state, None, lambda: given), clock) as agent:
        async with asyncio.timeout(PATIENCE):
            while not home.chat.told:
                await agent.once()
                await asyncio.sleep(0.2)
    assert "home.duckdns.org A: 8.8.8.1" in home.chat.told[0]


async def test_who_is_told_changes_with_the_file(home):
    """One more hears from now on and not of what was; one who is gone is forgotten."""
    async with living(home, home.settings()) as agent:
        assert agent._telling._notices is None
        await agent.round()
        agent.take(home.settings(chat=hook(home.chat)))
        await agent.reload()
        await until((home.state / FILE).exists)
        home.is_at("8.8.8.2")
        await agent.round()
        await until(lambda: home.chat.told)
        agent.take(home.settings())
        await agent.reload()
        assert agent._telling.status() == {}
        home.is_at("8.8.8.3")
        await agent.round()
        await settle()
    [told] = home.chat.told
    assert "8.8.8.1 -> 8.8.8.2" in told


async def test_a_test_is_answered(home):
    """For one or for everybody: whether it arrived, and what was said; who is not there is named."""
    bad = hook(home.chat, name="gotify")
    bad = msgspec.structs.replace(bad, token=Secret.literal("wr0ng-t0ken"))
    async with living(home, home.settings(chat=hook(home.chat), bad=bad)):
        where = channel.path_for(home.state / "agent.db")
        both = await channel.call(where, "notify_test", name=None)
        assert {name: each["sent"] for name, each in both.items()} == {"chat": True, "bad": False}
        assert both["bad"]["answer"] == f"127.0.0.1:{home.chat.port} answered 401 Unauthorized"
        assert list(await channel.call(where, "notify_test", name="chat")) == ["chat"]
        with pytest.raises(Exception, match="there are: chat, bad"):
            await channel.call(where, "notify_test", name="phone")
    assert any("This is a test" in told for told in home.chat.told)


async def test_a_faulty_notifier_hurts_nobody(home, monkeypatch):
    """Neither a round nor another notifier; it is told in a sentence, without what the fault quotes."""
    heard = []
    stop = events.listen(lambda event, fields: heard.append((event, fields)))

    class Broken:
        def __init__(self, settings, tools):
            pass

        async def send(self, news):
            raise RuntimeError("s3cret")

    real = hook(home.chat)
    from homeport import notifiers

    load = notifiers.load
    monkeypatch.setattr(notifiers, "load", lambda kind: Broken if kind == "smtp" else load(kind))
    broken = Mail(server="x", security="none", sender="a@b", to=("a@b",))
    async with living(home, home.settings(broken=broken, chat=real)) as agent:
        await until(lambda: home.chat.told and agent._telling.status()["broken"]["failures"])
        assert "a fault in the notifier broken" in agent._telling.status()["broken"]["failed"]["why"]
        assert agent.status()["records"][0]["state"] == "current"
    stop()
    assert "s3cret" not in str(heard)
    failures = [fields for event, fields in heard if event is events.Event.NOTICE_FAILED]
    assert len(failures) == 1


async def test_a_disk_that_cannot_be_written_is_told_once(home, monkeypatch):
    """And everybody is told all the same."""
    heard = []
    stop = events.listen(lambda event, _: heard.append(event))

    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("homeport.notices.replace_private", full)
    async with living(home, home.settings(chat=hook(home.chat))) as agent:
        await until(lambda: home.chat.told)
        home.is_at("8.8.8.2")
        await agent.round()
        await until(lambda: len(home.chat.told) == 2)
    stop()
    assert heard.count(events.Event.NOTICE_UNWRITABLE) == 1
