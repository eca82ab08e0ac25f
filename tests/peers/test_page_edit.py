"""The file changed in a real browser, with a real agent that takes it: edit, diff, undo; by keyboard alone, too."""

import contextlib

import pytest
from playwright.sync_api import expect

from fakes.browser import barriers, chromium, shoot, tab
from fakes.netns import ip, network_namespace
from fakes.programs import Folder

PAGE = "http://127.0.0.1:9876"
CONFIG = """\
# mine, and it stays
agent:
  addresses:
    lan: {detect: [{kind: interface}], allow_private: true}
    own: {detect: [{kind: command, run: [/bin/true]}]}
  providers:
    d: {kind: duckdns, token: l1teral-t0ken}
  interval: 300   # seconds
  state: agent
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with network_namespace():
        ip("link set lo up")
        made = Folder(tmp_path_factory.mktemp("edit"))
        made.write("homeport.yaml", CONFIG)
        with made.running("run", log="agent.log"):
            made.wait_for("agent.log", "listener.opened", listener="page")
            yield made


@pytest.fixture(scope="module")
def browser(folder):
    with chromium() as found:
        yield found


@pytest.fixture
def enter(folder, browser):
    @contextlib.contextmanager
    def opened(**how):
        (folder.path / "homeport.yaml").write_text(CONFIG)
        with tab(browser, **how) as page:
            page.goto(folder.json("web", "open")["url"])
            page.locator("main form button").click()
            page.goto(f"{PAGE}/edit")
            yield page

    return opened


def test_edit_diff_undo(enter, folder):
    """What is wrong is told as it is typed; the diff, then the agent works with it; the former file comes back."""
    file = folder.path / "homeport.yaml"
    with enter() as page:
        page.get_by_role("button", name="Change it as text").click()
        area = page.get_by_label("Text of the file")
        assert "l1teral" not in page.content()
        good = area.input_value()
        area.fill(good.replace("interval", "intervall"))
        expect(page.locator("#faults")).to_contain_text("did you mean")
        expect(page.locator("#faults")).to_contain_text("Line 8")
        area.fill(good.replace("/bin/true", "/bin/false"))
        expect(page.locator("#faults")).to_contain_text("a program is not set from a page")
        assert barriers(page) == []
        area.fill(good.replace("300", "600"))
        expect(page.locator("#faults")).to_contain_text("This can be saved.")
        page.get_by_role("button", name="Show what would change").click()
        expect(page.locator(".come")).to_contain_text("interval: 600")
        assert barriers(page) == []
        shoot(page, "edit-diff")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        assert file.read_text() == CONFIG.replace("300", "600")
        told = folder.wait_for("agent.log", "config.reloaded")
        assert told["changed"] == ["agent.interval: 300.0 -> 600.0"]
        page.get_by_role("button", name="Undo").click()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        assert file.read_text() == CONFIG


def test_a_form_by_keyboard_alone(enter, folder):
    """From link to field to button, at the width of a phone, without a script."""
    with enter(width=360, scripts=False, language="zh-CN") as page:
        page.get_by_role("link", name="间隔、页面、心跳、解析器").focus()
        page.keyboard.press("Enter")
        page.get_by_label("间隔", exact=True).focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("450")
        page.keyboard.press("Enter")
        expect(page.locator(".come")).to_contain_text("interval: 450")
        page.get_by_role("button", name="保存").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("已保存")
        assert (folder.path / "homeport.yaml").read_text() == CONFIG.replace("300", "450")


def test_an_address_source_by_forms_alone(enter, folder):
    """One is made, asks one more, and asks it no more; what runs a program is shown, and cannot be changed."""
    file = folder.path / "homeport.yaml"
    with enter() as page:
        page.get_by_label("Add an address source").fill("wan")
        page.get_by_label("that asks").select_option("an address that stays")
        page.locator("form", has_text="Add an address source").get_by_role("button", name="Go on").click()
        page.get_by_label("Addresses", exact=True).fill("8.8.8.8")
        expect(page.locator("#faults")).to_contain_text("This can be saved.")
        assert barriers(page) == []
        shoot(page, "edit-source")
        save(page)
        assert 'wan: {detect: [{kind: static, address: ["8.8.8.8"]}]}' in file.read_text()
        page.get_by_role("link", name="wan").click()
        page.get_by_label("Ask one more").select_option("the router")
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("Router", exact=True).fill("192.168.7.1")
        save(page)
        page.get_by_role("link", name="wan").click()
        assert barriers(page) == []
        page.get_by_role("listitem").filter(has_text="router").get_by_role("link", name="Change").click()
        page.get_by_role("button", name="Ask it no more").click()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        assert "kind: router" not in file.read_text()
        page.get_by_role("link", name="own").click()
        asked = page.get_by_role("listitem").filter(has_text="kind: command")
        expect(asked).to_contain_text("on the machine alone")
        assert asked.get_by_role("link").count() == 0


def save(page):
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")


PARTS = ["general", "providers/d", "records/new", "addresses/lan", "addresses/lan/detect/0"]


@pytest.mark.parametrize("at", ["", *(f"/part?at={at}" for at in PARTS), "/part?source=x&kind=dns_echo"])
def test_no_barriers(enter, at):
    """Every page of it, in both themes."""
    for dark in (False, True):
        with enter(dark=dark) as page:
            page.goto(f"{PAGE}/edit{at}")
            assert barriers(page) == []
