"""What routers push to an agent: who may, what is taken, and what becomes of it."""

import asyncio
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from homeport.agent import DATABASE, Loaded, open_agent
from homeport.agent.pushes import Pushes, calls
from homeport.config import loader
from homeport.errors import Refused, SecretUnreadable, StoreUnavailable
from homeport.model.secret import Secret
from homeport.net import channel
from homeport.stores.pushed import FILE, PushedFile
from homeport.system.files import replace_private
from homeport.telemetry import events

TEXT = """
agent:
  push:
    fritz: {password: fritz-secret}
    unread: {password: "env:HOMEPORT_TEST_NOT_SET"}
  addresses:
    home: {detect: [{kind: push, from: fritz}]}
    lan: {detect: [{kind: push, from: unread}], allow_private: true}
  records:
    - {name: home.duckdns.org, types: [A], address: home, provider: duck}
  providers:
    duck: {kind: duckdns, token: t, base_url: "http://127.0.0.1:1"}
"""
HERE = "192.168.178.1"


def settings(text=TEXT):
    return loader.parse(text, Path("homeport.yaml")).config.agent


@pytest.fixture
def hints():
    return []


@pytest.fixture
def pushes(tmp_path, hints):
    clock = FakeClock()
    return Pushes(settings(), PushedFile(tmp_path / FILE, clock, replace_private), clock, hints.append)


async def test_a_credential_is_known_by_its_password(pushes):
    """And says which names it may update."""
    assert await pushes.who("fritz", "fritz-secret") == {"credential": "fritz", "names": ["home.duckdns.org"]}
    for user, password in (
        ("fritz", ""),
        ("fritz", "fritz-secre"),
        ("fritz", "Fritz-secret"),
        ("", "fritz-secret"),
        ("nobody", "fritz-secret"),
        ("fritz", "fritz-secrét\udc80".encode("utf-8", "replace").decode()),
    ):
        assert await pushes.who(user, password) is None


async def test_no_time_tells_which_users_there_are(pushes, monkeypatch):
    """For one that there is not a password is looked up, too: in a vault or a keyring that takes a while."""
    looked_up = []
    reveal = Secret.reveal
    monkeypatch.setattr(Secret, "reveal", lambda secret: looked_up.append(secret.source) or reveal(secret))
    for user in ("fritz", "nobody"):
        assert await pushes.who(user, "wrong") is None
    assert looked_up == ["***", "***"]


async def test_a_password_that_cannot_be_read_is_no_refusal(pushes):
    """The router is not told that its password is wrong: what lacks is ours to mend."""
    with pytest.raises(SecretUnreadable, match="HOMEPORT_TEST_NOT_SET"):
        await pushes.who("unread", "anything")


async def test_news_is_kept_and_looked_at(pushes, hints, tmp_path):
    """On disk when it is answered, and once a round is due; the same again is neither news nor a reason to look."""
    taken = await pushes.take("fritz", ["93.184.216.34", "2a00:1::9"], "", HERE)
    assert taken == {"changed": True, "addresses": ["93.184.216.34", "2a00:1::9"], "refused": {}}
    again = await pushes.take("fritz", ["93.184.216.34"], "", HERE)
    assert (again["changed"], again["addresses"]) == (False, ["93.184.216.34"])
    assert hints == ["fritz pushed its address"]
    read = PushedFile(tmp_path / FILE, FakeClock(), replace_private)
    assert [str(each) for each in (await read.of("fritz")).addresses] == ["93.184.216.34", "2a00:1::9"]
    [line] = [each for each in pushes.status() if each["by"] == "fritz"]
    assert line["addresses"] == ["93.184.216.34", "2a00:1::9"]
    assert (line["from"], line["names"]) == (HERE, ["home.duckdns.org"])
    assert [each["at"] for each in pushes.status() if each["by"] == "unread"] == [None]


@pytest.mark.parametrize(
    ("texts", "prefix", "taken", "refused"),
    [
        (["192.168.178.1"], "", [], {"192.168.178.1"}),
        (["100.64.3.4"], "", [], {"100.64.3.4"}),
        (["127.0.0.1", "93.184.216.34"], "", ["93.184.216.34"], {"127.0.0.1"}),
        (["fd00::1", "2a00:1::9"], "", ["2a00:1::9"], {"fd00::1"}),
        ([], "2a00:1:2:3::/64", ["2a00:1:2:3::"], set()),
        ([], "2a00:1:2:3:4::/80", [], {"2a00:1:2:3:4::/80"}),
        ([], "::/0", [], {"::/0"}),
        (["93.184.216.34"], "home", ["93.184.216.34"], {"ip6lanprefix"}),
        (["93.184.216.34"], "fd00:1::/64", ["93.184.216.34"], {"fd00:1::/64"}),
        (["93.184.216.34"], "2a00:1::%eth0/64", ["93.184.216.34"], {"ip6lanprefix"}),
        ([], "2a00:1::%a\ngood 93.184.216.34\n/64", [], {"ip6lanprefix"}),
    ],
)
async def test_what_may_not_be_published_is_not_taken(pushes, hints, texts, prefix, taken, refused):
    """What is sound beside it is; the reason of the rest is told."""
    found = await pushes.take("fritz", texts, prefix, HERE)
    assert (found["addresses"], set(found["refused"])) == (taken, refused)
    assert all(found["refused"].values())
    assert len(hints) == bool(taken)


async def test_a_private_address_is_taken_where_the_source_says_so(pushes):
    """One that nobody could ever reach is not."""
    found = await pushes.take("unread", ["192.168.178.1", "127.0.0.1"], "", HERE)
    assert found["addresses"] == ["192.168.178.1"]


async def test_a_credential_that_left_meanwhile_takes_nothing(pushes):
    """The configuration may change between the two questions of one push."""
    with pytest.raises(Refused):
        await pushes.take("gone", ["93.184.216.34"], "", HERE)


async def test_a_disk_that_cannot_be_written_is_no_yes(tmp_path, hints):
    """Nothing is hinted at, for nothing was taken."""

    def full(path, data):
        raise OSError(28, "No space left on device")

    kept = PushedFile(tmp_path / FILE, FakeClock(), full)
    with pytest.raises(StoreUnavailable):
        await Pushes(settings(), kept, FakeClock(), hints.append).take("fritz", ["93.184.216.34"], "", HERE)
    assert hints == []


def test_an_agent_that_keeps_none_knows_no_such_call():
    """As in a world that is played, without a disk."""
    assert calls(None) == {}


async def test_an_agent_publishes_what_is_pushed_and_remembers_it(tmp_path):
    """Over the channel, with the new password after a reload, and after a restart without another push."""
    clock, told, changed = FakeClock(), [], [settings()]
    stop = events.listen(lambda event, fields: told.append((event, fields)))
    loaded = Loaded(settings(), tmp_path, None, lambda: changed[0])
    async with open_agent(loaded, clock) as agent, asyncio.TaskGroup() as group:
        ready = asyncio.Event()
        running = group.create_task(agent.run(ready))
        await ready.wait()
        where = channel.path_for(tmp_path / DATABASE)
        await agent.once()
        [held] = (await channel.call(where, "status"))["records"]
        assert "fritz has pushed nothing yet" in held["reason"]
        assert (await channel.call(where, "push.who", user="fritz", password="fritz-secret"))["credential"]
        push = {"credential": "fritz", "addresses": ["93.184.216.34"], "prefix": "", "source": HERE}
        assert (await channel.call(where, "push", **push))["changed"]
        await agent.once()
        status = await channel.call(where, "status")
        assert status["pushed"][0]["addresses"] == ["93.184.216.34"]
        assert status["addresses"][0]["addresses"] == ["93.184.216.34"]
        changed[0] = settings(TEXT.replace("fritz-secret", "another-secret"))
        await channel.call(where, "reload")
        assert await channel.call(where, "push.who", user="fritz", password="fritz-secret") is None
        assert await channel.call(where, "push.who", user="fritz", password="another-secret")
        running.cancel()
    stop()
    assert {"by": "fritz", "addresses": ["93.184.216.34"], "prefix": "", "source": HERE}.items() <= next(
        fields for event, fields in told if event is events.Event.ADDRESS_PUSHED
    ).items()
    assert any(event is events.Event.CONFIG_RELOADED for event, _ in told)
    assert "-secret" not in str(told)
    async with open_agent(loaded, FakeClock()) as agent:
        await agent.once()
        assert agent.status()["addresses"][0]["addresses"] == ["93.184.216.34"]


def test_the_password_is_a_secret():
    """It prints as stars, wherever it is printed."""
    assert isinstance(settings().push["fritz"].password, Secret)
    assert "fritz-secret" not in repr(settings())
