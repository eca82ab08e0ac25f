"""A router that pushes, set up in a real browser with a real agent: its form, what to type into it, and its address."""

import contextlib
from base64 import b64encode

import pytest
from playwright.sync_api import expect

from fakes.browser import barriers, chromium, shoot, tab
from fakes.browsing import Browsing
from fakes.netns import ip, network_namespace, wire
from fakes.programs import Folder

PLACE, REACHED = "127.0.0.1:9876", "192.168.178.20:9876"
PAGE = f"http://{PLACE}"
NAME = "home.example.com"
PASSWORD = "r0uters-own"
SEEN = "93.184.216.34"
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
CONFIG = f"""\
agent:
  addresses:
    lan: {{detect: [{{kind: interface, name: wan0}}], allow_private: true}}
  records:
    - {{name: {NAME}, types: [A], address: lan, provider: d}}
  providers:
    d: {{kind: duckdns, token: l1teral-t0ken, base_url: "http://127.0.0.1:9", nameservers: ["127.0.0.1:9"]}}
  resolver: ["127.0.0.1:9"]
  router_events: false
  state: agent
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An agent behind a router, with a name that follows an interface."""
    with network_namespace():
        ip("link set lo up")
        wire()
        ip("addr add 192.168.178.20/24 dev wan0")
        ip("route add default via 192.168.178.1")
        made = Folder(tmp_path_factory.mktemp("push"))
        made.write("homeport.yaml", CONFIG)
        with made.running("run", log="agent.log"):
            made.wait_for("agent.log", "listener.opened", listener="page")
            yield made


@pytest.fixture(scope="module")
def browser(folder):
    with chromium() as found:
        yield found


@contextlib.contextmanager
def entered(folder, browser, **how):
    with tab(browser, **how) as page:
        page.goto(folder.json("web", "open")["url"])
        page.locator("main form button").click()
        page.goto(f"{PAGE}/edit")
        yield page


def save(page):
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("p[role='status']")).to_contain_text("Saved.")


def push(address):
    basic = {"Authorization": "Basic " + b64encode(f"fritz:{PASSWORD}".encode()).decode()}
    return Browsing(REACHED).ask("GET", f"/nic/update?hostname={NAME}&myip={address}", **basic)[2]


def test_a_router_pushes_by_forms_alone(own_network, folder, browser):
    """From its user name to its address on the overview, and nobody wrote a line of YAML; its password is nowhere."""
    with entered(folder, browser) as page:
        page.get_by_label("Let a router push").fill("fritz")
        page.locator("form[action='/edit/router'] button").click()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Names it may update", exact=True).fill(NAME)
        expect(page.locator("#faults")).to_contain_text("This can be saved.")
        assert not (found := barriers(page)), found
        shoot(page, "push-form")
        save(page)
        line = page.get_by_text("<ip6lanprefix>")
        expect(line).to_contain_text("http://192.168.178.20:9876/nic/update?hostname=<domain>&myip=<ipaddr>")
        expect(page.get_by_text("No router reaches this page")).to_contain_text(f"{PLACE}, {REACHED}")
        for summary in page.locator("main details > summary").all()[1:]:
            summary.click()
        assert not (found := barriers(page)), found
        shoot(page, "push")
        assert PASSWORD not in page.content()
        page.get_by_role("link", name="Add an address source that asks it").click()
        expect(page.get_by_label("Name it calls with", exact=True)).to_have_value("fritz")
        save(page)
        page.get_by_role("link", name=NAME).click()
        page.get_by_label("Address source", exact=True).fill("fritz")
        save(page)
        page.get_by_role("link", name="fritz").last.click()
        page.get_by_role("link", name="General settings").click()
        page.get_by_label("Listen on", exact=True).fill(f"{PLACE}, {REACHED}")
        save(page)
        folder.wait_for("agent.log", "listener.opened", address=REACHED)
        assert push(SEEN) == f"good {SEEN}"
        page.get_by_role("navigation").get_by_role("link", name="Overview").click()
        expect(page.locator("#pushed")).to_contain_text(SEEN)
        expect(page.locator("#addresses")).to_contain_text(SEEN)
        assert not (found := barriers(page)), found
        page.locator("#pushed").get_by_role("link", name="Change fritz").click()
        expect(page.get_by_role("heading", name="fritz", exact=True)).to_be_visible()
        expect(page.locator("main .warning")).to_have_count(0)
        assert PASSWORD not in page.content()
    written = (folder.path / "homeport.yaml").read_text() + (folder.path / "agent.log").read_text()
    assert PASSWORD not in written


def test_what_to_type_is_readable_on_a_phone(folder, browser):
    """In Chinese and in the dark at 360 pixels: the long lines break, and nothing sticks out."""
    config = f"{CONFIG}  push: {{lte: {{password: {PASSWORD}}}}}\n"
    (folder.path / "homeport.yaml").write_text(config)
    folder.run("config", "reload")
    with entered(folder, browser, width=360, language="zh-CN", dark=True) as page:
        page.get_by_role("link", name="lte").click()
        expect(page.get_by_role("heading", name="在路由器上填写什么")).to_be_visible()
        for summary in page.locator("main details > summary").all()[1:]:
            summary.click()
        assert page.evaluate(FITS)
        assert not (found := barriers(page)), found
        shoot(page, "push-360-zh-dark")
