"""The overview in a real browser, of a real agent that publishes at a real server: what a person sees, and when."""

import contextlib
import re
from base64 import b64encode

import pytest
from playwright.sync_api import expect

from fakes.browser import barriers, chromium, shoot, tab
from fakes.browsing import Browsing
from fakes.netns import ip, network_namespace, wire
from fakes.programs import Folder

NAME = "box.dyn.example.com"
CONFIG = f"""
agent:
  push: {{fritz: {{password: fritz-secret, names: {NAME}}}}}
  addresses:
    lan: {{detect: [{{kind: interface, name: wan0}}], allow_private: true}}
    router: {{detect: [{{kind: push, from: fritz}}], allow_private: true}}
  records:
    - {{name: {NAME}, types: [A], address: lan, provider: ours}}
    - {{name: other.dyn.example.com, types: [A], address: lan, provider: ours}}
  providers:
    ours: {{kind: homeport, server: "http://127.0.0.1:8053", token: "file:token", nameservers: ["127.0.0.1:5300"]}}
  web: {{listen: ["127.0.0.1:9876"]}}
  state: agent
server:
  zones:
    - name: dyn.example.com
      nameservers: [{{name: ns1.dyn.example.com, addresses: ["192.0.2.53"]}}]
  gateway: {{listen: "127.0.0.1:8053"}}
  dns: {{listen: "127.0.0.1:5300"}}
  store: {{kind: sqlite, path: server.db}}
"""
CONTROLS = "a[href], button, input, select, summary"
LOOK = """each => {
  const { outline, boxShadow } = getComputedStyle(each);
  return [each.ariaLabel || each.innerText || each.name || each.tagName, `${outline} ${boxShadow}`];
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An agent and a server at work in a network of their own; one of the two names is no host of the server."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(network_namespace())
        ip("link set lo up")
        wire()
        ip("addr add 192.168.7.23/24 dev wan0")
        made = Folder(tmp_path_factory.mktemp("page"))
        made.write("homeport.yaml", CONFIG)
        made.run("host", "add", NAME)
        token = made.json("token", "create", "--host", NAME)
        made.write("token", f"{token['id']}.{token['secret']}")
        stack.enter_context(made.running("serve", log="server.log"))
        stack.enter_context(made.running("run", log="agent.log"))
        made.wait_for("agent.log", "record.verified", record=f"{NAME} A")
        made.wait_for("agent.log", "record.halted", record="other.dyn.example.com A")
        yield made


@pytest.fixture(scope="module")
def browser(folder):
    with chromium() as found:
        yield found


@pytest.fixture
def enter(folder, browser):
    """Return a way to open tabs that are signed in."""

    @contextlib.contextmanager
    def opened(**how):
        with tab(browser, **how) as page:
            page.goto(folder.json("web", "open")["url"])
            page.locator("main form button").click()
            page.goto("http://127.0.0.1:9876/")
            yield page

    return opened


def test_it_shows_what_is_right_and_what_is_not(enter):
    """The name that is published, where, and that it was seen; the other with the reason in the host's own words."""
    with enter() as page:
        right = page.locator("tr", has_text=NAME)
        expect(right).to_contain_text("192.168.7.23")
        expect(right.locator(".state")).to_have_text("right")
        expect(right).to_contain_text("seen in the DNS")
        wrong = page.locator("tr", has_text="other.dyn.example.com")
        expect(wrong.locator(".state")).to_have_text(re.compile("failing|held"))
        expect(wrong.locator(".reason")).not_to_be_empty()
        expect(page.locator("#addresses")).to_contain_text("192.168.7.23")
        shoot(page, "overview-en")


def test_a_change_is_there_without_a_reload(enter):
    """Nobody reloads: the address changes on the interface, and the open page says so; bench/page.py measures it."""
    with enter() as page:
        shown = page.locator("tr", has_text=NAME)
        try:
            move("192.168.7.23", "192.168.7.24")
            expect(shown).to_contain_text("192.168.7.24")
            expect(page.locator("#addresses")).to_contain_text("192.168.7.24")
        finally:
            move("192.168.7.24", "192.168.7.23")
        expect(shown).to_contain_text("192.168.7.23")


def test_what_a_router_pushes_is_there_without_a_reload(enter):
    """Who pushed what, from where, beside what this machine knows itself."""
    with enter() as page:
        expect(page.locator("#pushed")).to_contain_text("It has pushed nothing yet")
        basic = {"Authorization": "Basic " + b64encode(b"fritz:fritz-secret").decode()}
        said = Browsing("127.0.0.1:9876").ask(
            "GET", f"/nic/update?hostname={NAME}&myip=192.168.7.99", **basic
        )
        assert said[2] == "good 192.168.7.99"
        expect(page.locator("#pushed")).to_contain_text("192.168.7.99")
        expect(page.locator("#pushed")).to_contain_text("Last heard of from 127.0.0.1")
        assert not (found := barriers(page)), found
        shoot(page, "overview-pushed")


def move(before, after):
    ip(f"addr del {before}/24 dev wan0")
    ip(f"addr add {after}/24 dev wan0")


@pytest.mark.parametrize("width", [360, 1600])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_nobody_is_kept_out(enter, language, dark, width):
    """Axe finds no barrier, and nothing is wider than the screen."""
    with enter(language=language, dark=dark, width=width) as page:
        assert page.locator("html").get_attribute("lang") == language
        for path in ("/", "/account"):
            page.goto(f"http://127.0.0.1:9876{path}")
            assert not (found := barriers(page)), found
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.goto("http://127.0.0.1:9876/")
        shoot(page, f"overview-{language}-{'dark' if dark else 'light'}-{width}")


def test_it_can_be_read_without_scripts(enter):
    """Everything stands in the page itself, and its buttons are forms."""
    with enter(scripts=False) as page:
        assert "192.168.7.23" in page.locator("tr", has_text=NAME).inner_text()
        with page.expect_navigation():
            page.get_by_role("button", name="Update now").click()
        assert "192.168.7.23" in page.locator("tr", has_text=NAME).inner_text()
        page.goto("http://127.0.0.1:9876/account")
        expect(page.locator("main")).to_contain_text("had everything looked at now")


def test_the_keyboard_is_enough(enter):
    """The first stop leads to the content, and every control can be reached and is seen when it is."""
    with enter() as page:
        page.emulate_media(reduced_motion="reduce")  # what shows the focus is there at once
        looks = dict(
            page.evaluate(
                f"[...document.querySelectorAll('{CONTROLS}')].filter(each => each.offsetParent).map({LOOK})"
            )
        )
        assert {"Update now", "Sign out", "Account", "简体中文", "Dark"} <= looks.keys()
        stops = [stop(page) for _ in range(2 * len(looks))]
    assert stops[0][0] == "To the content"
    seen = dict(stops)
    assert looks.keys() <= seen.keys()
    assert not [name for name, look in looks.items() if seen[name] == look]


def stop(page):
    """Go where the Tab key leads, and return what that is called and how it looks."""
    page.keyboard.press("Tab")
    return page.evaluate(f"({LOOK})(document.activeElement)")


def test_a_language_and_a_theme_are_remembered(enter):
    """What was chosen stays, and says so to the browser."""
    with enter() as page:
        page.get_by_role("button", name="简体中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(page.get_by_role("heading", level=1)).to_have_text("总览")
        page.get_by_role("button", name="深色").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.goto("http://127.0.0.1:9876/account")
        assert page.locator("html").get_attribute("data-theme") == "dark"
        assert page.locator("html").get_attribute("lang") == "zh-CN"
