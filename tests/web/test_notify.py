"""The page of notifications, asked over real sockets: an agent behind it, a chat service, and no secret in any answer."""

import asyncio
import contextlib
import json
import re
import threading
from types import SimpleNamespace

import pytest

from fakes.chat import TOKEN, Chat
from fakes.front_door import Visit, front_door
from fakes.netns import ip, network_namespace, wire
from homeport.agent import Loaded, open_agent
from homeport.config import loader, page_rules, secret_store

TEXT = """\
agent:
  notify:
    phone: {{kind: webhook, preset: wecom, url: "{url}/cgi-bin/webhook/send?key={token}"}}
    bad: {{kind: webhook, preset: gotify, url: "{url}", token: "wr0ng-t0ken"}}
  web: {{listen: []}}
"""
MARK = re.compile(r'name="mark" value="([^"]+)"')
ID = re.compile(r'name="id" value="([^"]+)"')


@contextlib.contextmanager
def in_thread(serve):
    """Run a coroutine in a thread of its own until the block ends; it is handed an event to wait for."""
    ready, found = threading.Event(), SimpleNamespace()

    async def run():
        found.loop, found.ended = asyncio.get_running_loop(), asyncio.Event()
        await serve(found, ready)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield found
    finally:
        found.loop.call_soon_threadsafe(found.ended.set)
        thread.join(60)
    assert not thread.is_alive(), "what was served did not end"


async def chatting(found, ready):
    found.chat = Chat()
    async with found.chat.running():
        ready.set()
        await found.ended.wait()


@pytest.fixture
def house(own_network, tmp_path):
    """A page beside a file that names two who are told, and a browser that keeps every answer."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(network_namespace())
        ip("link set lo up")
        wire()
        chat = stack.enter_context(in_thread(chatting)).chat
        door = stack.enter_context(front_door(tmp_path / "page"))
        visit = Visit(door, door.sign_in())
        door.desk.config.write_text(TEXT.format(url=chat.url, token=TOKEN))

        @contextlib.contextmanager
        def agent():
            async def living(found, ready):
                def again():
                    return loader.load(door.desk.config).config.agent

                async with open_agent(Loaded(again(), door.desk.state, door.desk.config, again)) as one:
                    begun = asyncio.Event()
                    async with asyncio.TaskGroup() as group:
                        running = group.create_task(one.run(begun))
                        await begun.wait()
                        ready.set()
                        await found.ended.wait()
                        running.cancel()

            with in_thread(living):
                yield

        yield SimpleNamespace(
            door=door, chat=chat, get=visit.get, post=visit.post, agent=agent, config=door.desk.config
        )
        for answer in visit.seen:
            assert TOKEN not in answer.text
            assert "wr0ng-t0ken" not in answer.text
            assert "s1gning" not in answer.text


def test_a_test_shows_the_answer(house):
    """What arrived and what was answered, and what did not with its reason; both are in the audit log."""
    with house.agent():
        answer = house.post("/notify/test", name="phone")
        assert "The test was sent." in answer.text
        assert "answered 200 ok" in answer.text
        answer = house.post("/notify/test", name="bad")
        assert "The test did not arrive." in answer.text
        assert "answered 401 Unauthorized" in answer.text
        assert "Last failed:" in house.get("/notify").text
        assert house.post("/notify/test", name="nobody").status == 422
    assert any("This is a test" in told for told in house.chat.told)
    acts = [line.detail for line in house.door.access.audited() if line.what == "notify_test"]
    assert sorted(acts) == ["bad", "nobody", "phone"]


def test_without_an_agent(house):
    """Who is told is shown; nothing can be sent, and why."""
    shown = house.get("/notify")
    assert "WeCom" in shown.text
    assert "Nothing was sent yet." in shown.text
    answer = house.post("/notify/test", name="phone")
    assert (answer.status, "No agent runs" in answer.text) == (503, True)


def add(house, name, kind, **typed):
    form = house.get(f"/notify/add?name={name}&kind={kind}")
    form = house.get(form.headers["location"]) if form.status == 303 else form
    fields = {f"f.{key}": value for key, value in typed.items()}
    return house.post("/edit/part", mark=MARK.search(form.text)[1], at=f"notify/{name}", kind=kind, **fields)


def test_one_more_is_told(house):
    """By its form: the secret goes into the store, the agent takes it, and a test arrives signed."""
    house.chat.signed = True
    url = f"{house.chat.url}/open-apis/bot/v2/hook/{TOKEN}"
    with house.agent():
        reviewed = add(house, "group", "feishu", url=url, secret="SEC-s1gning", language="zh-CN")
        assert "notify" in reviewed.text
        saved = house.post("/edit/save", id=ID.search(reviewed.text)[1])
        assert "Saved." in saved.text
        assert "The test was sent." in house.post("/notify/test", name="group").text
    text = house.config.read_text()
    assert "SEC-s1gning" not in text
    made = loader.load(house.config).config.agent.notify["group"]
    assert (made.preset, made.url.source, made.secret.source) == (
        "feishu",
        "secret:group-url",
        "secret:group-secret",
    )
    assert secret_store.read(house.config.with_name("secrets.json"), "group-url") == url
    assert "Homeport：测试" in house.chat.told[-1]


@pytest.mark.parametrize(
    ("name", "kind"), [("phone", "telegram"), ("a b", "telegram"), ("new", "command"), ("", "telegram")]
)
def test_what_cannot_be_added_is_told(house, name, kind):
    """A name that is taken or none, and a kind that there is not."""
    answer = house.get(f"/notify/add?name={name.replace(' ', '+')}&kind={kind}")
    assert answer.status == 422
    assert "Give it a name" in answer.text


def test_one_is_removed(house):
    """And the other stays as it is written."""
    form = house.get("/edit/part?at=notify/bad")
    reviewed = house.post("/edit/part", mark=MARK.search(form.text)[1], at="notify/bad", remove="yes")
    house.post("/edit/save", id=ID.search(reviewed.text)[1])
    assert list(loader.load(house.config).config.agent.notify) == ["phone"]


def test_a_secret_goes_nowhere_else(house):
    """Whoever changes the address types the token again; the form of it says so."""
    form = house.get("/edit/part?at=notify/bad")
    mark = MARK.search(form.text)[1]
    answer = house.post("/edit/part", mark=mark, at="notify/bad", **{"f.url": "https://evil.example"})
    assert (answer.status, page_rules.AGAIN in answer.text) == (422, True)
    url = {"f.url": house.chat.url + "/x", "f.token": "another-t0ken"}
    reviewed = house.post("/edit/part", mark=mark, at="notify/bad", **url)
    house.post("/edit/save", id=ID.search(reviewed.text)[1])
    assert secret_store.read(house.config.with_name("secrets.json"), "bad-token") == "another-t0ken"


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://2852039166/x", "http://metadata.google.internal/"]
)
def test_a_clouds_metadata_is_no_place(house, url):
    """Neither by the form nor by the text."""
    answer = add(house, "cloud", "discord", url=url)
    assert answer.status == 422
    assert "sends nothing there" in answer.text
    assert "cloud" not in loader.load(house.config).config.agent.notify


def test_the_way_anywhere_is_opened_by_hand_alone(house):
    """`anywhere: true` comes from no page, and what has it is changed by none."""
    current = house.config.read_text()
    shown = house.get("/edit/text").text
    mark = MARK.search(shown)[1]
    text = current.replace(f"{house.chat.url}/cgi-bin/webhook/send?key={TOKEN}", "***").replace(
        "wr0ng-t0ken", "***"
    )
    text = text.replace(f'url: "{house.chat.url}"', 'url: "***"').replace(
        "preset: wecom,", "preset: wecom, anywhere: true,"
    )
    answer = house.post("/edit/text", mark=mark, text=text)
    assert answer.status == 422
    assert page_rules.ANYWHERE in answer.text


def test_who_is_not_signed_in_sees_nothing(house):
    """Neither who is told nor a button."""
    for path in ("/notify", "/notify/add?name=x&kind=slack"):
        answer = house.door.ask("GET", path)
        assert "phone" not in answer.text
        assert answer.status in (303, 401, 403)
    assert house.door.ask("POST", "/notify/test", {"name": "phone"}).status in (303, 401, 403)
    assert json.dumps(house.chat.told) == "[]"
