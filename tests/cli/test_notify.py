"""`homeport notify`: who is told, and whether a test arrives, with an agent and without."""

import asyncio
import json
import threading

import pytest

from fakes.chat import TOKEN, Chat

NOTIFY = """\
  notify:
    phone: {{kind: webhook, preset: wecom, url: "{url}/cgi-bin/webhook/send?key={token}", when: [changed]}}
    bad: {{kind: webhook, preset: gotify, url: "{url}", token: wr0ng-t0ken}}
"""


@pytest.fixture
def chat():
    """A chat service in a thread of its own."""
    chat, ended, ready = Chat(), asyncio.Event(), threading.Event()

    async def serve():
        chat.loop = asyncio.get_running_loop()
        async with chat.running():
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    yield chat
    chat.loop.call_soon_threadsafe(ended.set)
    thread.join()


@pytest.fixture
def told(around, chat):
    path = around.folder.path / "homeport.yaml"
    text = NOTIFY.format(url=chat.url, token=TOKEN)
    path.write_text(path.read_text().replace("agent:\n", f"agent:\n{text}", 1))
    return chat


def test_nobody_is_told(around):
    """It says what is missing."""
    assert "there is no `notify:`" in around.folder.run("notify", "list").stdout
    done = around.folder.run("notify", "test", check=False)
    assert (done.returncode, "there is no `notify:`" in done.stderr) == (2, True)


def test_a_test_without_an_agent(around, told):
    """What was answered, 1 when one of them was not told, and no secret."""
    done = around.folder.run("notify", "test", check=False)
    assert done.returncode == 1
    assert f"phone: sent: 127.0.0.1:{told.port} answered 200 ok" in done.stdout
    assert f"bad: NOT SENT: 127.0.0.1:{told.port} answered 401 Unauthorized" in done.stdout
    assert around.folder.run("notify", "test", "phone").returncode == 0
    assert TOKEN not in done.stdout + done.stderr
    assert len(told.told) == 2
    unknown = around.folder.run("notify", "test", "nobody", check=False)
    assert "there are: phone, bad" in unknown.stderr


def test_once_tells_and_list_shows_it(around, told):
    """A round of cron's: the change is told, and who lists it later sees that."""
    around.folder.run("once")
    listed = json.loads(around.folder.run("notify", "list", "--json").stdout)
    assert listed["phone"]["sent"]["answer"].endswith("answered 200 ok")
    assert listed["bad"]["waiting"] == 1
    assert any("home.example.com A: 8.8.8.8" in each for each in told.told)
    shown = around.folder.run("notify", "list").stdout
    assert "phone: wecom, told of changed" in shown
    assert "last failed" in shown
    assert "waiting: 1, next try" in shown


def test_a_running_agent_is_asked(around, told):
    """The one who keeps the names tells of them, and answers."""
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "notice.sent")
        assert "last sent" in around.folder.run("notify", "list").stdout
        assert around.folder.run("notify", "test", "phone").returncode == 0
    assert any("This is a test" in each for each in told.told)
    log = (around.folder.path / "log").read_text()
    assert TOKEN not in log
