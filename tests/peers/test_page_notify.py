"""Somebody to be told, set up in a real browser with a real agent: a form, the diff, a test that arrives, and none."""

import asyncio
import contextlib
import threading

import pytest
from playwright.sync_api import expect

from fakes.browser import barriers, chromium, shoot, tab
from fakes.chat import TOKEN, Chat
from fakes.netns import ip, network_namespace
from fakes.programs import Folder

PAGE = "http://127.0.0.1:9876"
CONFIG = """\
agent:
  state: agent
"""


@contextlib.contextmanager
def chatting():
    """Run a chat service in a thread of its own."""
    chat, ready = Chat(), threading.Event()

    async def serve():
        chat.loop, chat.ended = asyncio.get_running_loop(), asyncio.Event()
        async with chat.running():
            ready.set()
            await chat.ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    try:
        yield chat
    finally:
        chat.loop.call_soon_threadsafe(chat.ended.set)
        thread.join()


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    with network_namespace():
        ip("link set lo up")
        folder = Folder(tmp_path_factory.mktemp("notify"))
        folder.write("homeport.yaml", CONFIG)
        with chatting() as chat, folder.running("run", log="agent.log"):
            folder.wait_for("agent.log", "listener.opened", listener="page")
            yield folder, chat


@pytest.fixture(scope="module")
def browser(there):
    with chromium() as found:
        yield found


@contextlib.contextmanager
def entered(there, browser, **how):
    folder, _ = there
    with tab(browser, **how) as page:
        page.goto(folder.json("web", "open")["url"])
        page.locator("main form button").click()
        page.goto(f"{PAGE}/notify")
        yield page


def test_somebody_is_told(there, browser):
    """From the list to the form, the diff and a test: the message is there, and the token nowhere on the page."""
    folder, chat = there
    with entered(there, browser) as page:
        expect(page.get_by_text("Nobody is told yet.")).to_be_visible()
        assert barriers(page) == []
        page.get_by_label("Called", exact=True).fill("phone")
        page.get_by_label("by", exact=True).select_option("ntfy")
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("To", exact=True).fill("42")
        page.get_by_label("URL", exact=True).fill(chat.url)
        page.get_by_label("Token", exact=True).fill(TOKEN)
        expect(page.locator("#faults")).to_contain_text("This can be saved.")
        assert barriers(page) == []
        shoot(page, "notify-form")
        page.get_by_role("button", name="Show what would change").click()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        page.get_by_role("navigation").get_by_role("link", name="Notifications").click()
        page.get_by_role("button", name="Send a test to phone").click()
        expect(page.get_by_role("status")).to_contain_text("The test was sent.")
        assert barriers(page) == []
        assert TOKEN not in page.content()
        shoot(page, "notify")
    assert "This is a test" in chat.told[-1]
    assert TOKEN not in (folder.path / "homeport.yaml").read_text() + (folder.path / "agent.log").read_text()


def test_what_fails_is_said_on_a_phone(there, browser):
    """By keyboard, without a script, in Chinese and in the dark, at 360 pixels."""
    folder, chat = there
    path = folder.path / "homeport.yaml"
    path.write_text(
        f"{CONFIG}  notify:\n    bad: {{kind: webhook, preset: gotify, url: '{chat.url}', token: no}}\n"
    )
    folder.run("config", "reload")
    with entered(there, browser, width=360, scripts=False, language="zh-CN", dark=True) as page:
        page.get_by_role("button", name="向 bad 发送测试").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("测试消息没有送达。")
        expect(page.get_by_role("alert")).to_contain_text("401 Unauthorized")
        shoot(page, "notify-360-zh-dark")
