"""From `homeport run` without a file to a published name, as a novice goes it: in a real browser, at real sockets."""

import contextlib
import json
from functools import partial

import pytest
from playwright.sync_api import expect

from fakes import duckdns
from fakes.beside import beside
from fakes.browser import barriers, chromium, shoot, tab
from fakes.neighbourhood import NAME, neighbourhood
from fakes.netns import ip, network_namespace, wire
from fakes.programs import Folder
from fakes.served import HOME, configured, homeport, in_dns, serving
from homeport.web.setup import EMPTY

PAGE = "http://127.0.0.1:9876"


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """A network of one's own: an interface with a public address, and nobody else."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    with network_namespace():
        ip("link set lo up")
        wire()
        ip("addr add 9.9.9.9/24 dev wan0")
        yield


@contextlib.contextmanager
def entered(folder, **how):
    """Yield a tab that followed the link which the agent printed."""
    link = folder.wait_for("log", "page.unclaimed")["open"]
    with chromium() as browser, tab(browser, **how) as page:
        page.goto(link)
        page.locator("main form button").click()
        expect(page).to_have_url(f"{PAGE}/setup")
        yield page


def go_on(page, title):
    page.get_by_role("button", name=title, exact=True).first.click()


def in_words(language, english, **fields):
    from homeport.web.words import languages

    return languages()[language](english, **fields)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_from_nothing_to_a_name_at_cloudflare(alone, tmp_path, language):
    """A wrong token first, told at once; then the right one, its zones, the name, the address, the plan, and it stands."""
    folder = Folder(tmp_path / "agent")
    folder.path.mkdir()
    with (
        neighbourhood(tmp_path / "agent", echoes=0) as around,
        running(folder),
        entered(folder, language=language) as page,
    ):
        say = partial(in_words, language)
        is_open_to_all(page, f"setup-1-{language}")
        choose_cloudflare(page)
        expect(page.get_by_role("link", name="Cloudflare")).to_have_attribute(
            "href", "https://dash.cloudflare.com/profile/api-tokens"
        )
        fill_in_the_rest(page, around)
        tries_a_wrong_token(page, say)
        page.fill("[name=token]", around.cloudflare.secret)
        go_on(page, say("Test"))
        expect(page.get_by_role("status")).to_contain_text("example.net")
        is_open_to_all(page, f"setup-2-{language}")
        assert around.cloudflare.secret not in page.content()
        page.get_by_role("button", name=say("Go on"), exact=True).click()
        page.fill("[name=label]", "home")
        expect(page.locator("main")).to_contain_text("9.9.9.9")
        is_open_to_all(page, f"setup-3-{language}")
        go_on(page, say("Go on"))
        page.get_by_role("radio", name=say("This machine's own public address")).check()
        is_open_to_all(page, f"setup-4-{language}")
        go_on(page, say("Go on"))
        expect(page.locator("table")).to_contain_text("home.example.com A")
        expect(page.locator("table")).to_contain_text("9.9.9.9")
        assert not (folder.path / "homeport.yaml").exists()
        is_open_to_all(page, f"setup-5-{language}")
        go_on(page, say("Publish"))
        expect(page.locator("#progress .done")).to_have_text(say("Done. {name} leads here.", name=NAME))
        expect(page.locator("#progress")).not_to_contain_text(say("published; not seen in the DNS yet"))
        is_open_to_all(page, f"setup-6-{language}")
        assert around.held() == ["9.9.9.9"]
        tells_how_to_stay(page, folder)
        add_another(page, say)
        assert {row.name for row in tuple(around.cloudflare.rows.values())} == {NAME, "nas.example.net"}
    assert around.cloudflare.secret not in (folder.path / "log").read_text()
    assert around.cloudflare.secret not in (folder.path / "homeport.yaml").read_text()


def choose_cloudflare(page):
    """Find it among all the hosts by the first letters."""
    page.get_by_role("searchbox").fill("cloudf")
    expect(page.locator(".hosts button")).to_have_count(1)
    page.locator(".hosts button").click()


def fill_in_the_rest(page, around):
    """Say where this neighbourhood's own Cloudflare and its nameserver are."""
    page.locator("summary").click()
    page.fill("[name=base_url]", f"{around.cloudflare.url}/client/v4")
    page.fill("[name=nameservers]", around.dns.address)


def is_open_to_all(page, name):
    """Keep a picture of a step, and see that it keeps nobody out."""
    shoot(page, name)
    assert barriers(page) == []


def tries_a_wrong_token(page, say):
    """See that it is refused at once, in the host's own words as well, and never shown."""
    page.fill("[name=token]", "wrong-T0ken-77")
    go_on(page, say("Test"))
    expect(page.get_by_role("alert")).to_contain_text("Authentication error")
    assert "wrong-T0ken-77" not in page.content()


def tells_how_to_stay(page, folder):
    """See that a person learns how to keep it running, and how to find the page again."""
    expect(page.locator("pre", has_text="service install")).to_contain_text(f"{folder.path}/homeport.yaml")
    expect(page.locator("pre", has_text="homeport web open")).to_be_visible()


def add_another(page, say):
    """Add a name at the account that is there: nothing is typed but the name."""
    page.goto(f"{PAGE}/setup")
    assert barriers(page) == []
    page.locator("[name=account]").click()
    page.fill("[name=label]", "nas")
    page.select_option("[name=zone]", "example.net")
    go_on(page, say("Go on"))
    go_on(page, say("Go on"))
    expect(page.locator("table")).to_contain_text("nas.example.net A")
    go_on(page, say("Publish"))
    expect(page.locator("#progress .done")).to_be_visible()


@contextlib.contextmanager
def running(folder):
    """Run an agent whose folder has no file."""
    for each in folder.path.iterdir():
        each.unlink()
    with folder.running("run", log="log") as process:
        yield process


def type_into(page, name, text):
    """Reach a field by the Tab key alone, and type into it."""
    reach(page, f"[name={name}]")
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def reach(page, selector):
    """Press Tab until something that fits has the focus."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"the Tab key never reached {selector}")


def test_our_own_server_by_keyboard_alone(alone, tmp_path):
    """Tab, typing and Enter lead from the first page to a name that our server's own DNS answers."""
    (tmp_path / "server").mkdir()
    config = configured(tmp_path / "server")
    homeport(config, "host", "add", HOME)
    token = json.loads(homeport(config, "token", "create", "--host", HOME, "--json").stdout)
    folder = Folder(tmp_path / "agent")
    folder.path.mkdir()
    with serving(config) as server, running(folder), entered(folder) as page:
        reach(page, "[type=search]")
        page.keyboard.type("homeport")
        expect(page.locator(".hosts button")).to_have_count(1)
        reach(page, ".hosts button")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Access to Homeport (a server of your own)")
        type_into(page, "server", f"http://{server.gateway}")
        type_into(page, "token", f"{token['id']}.{token['secret']}")
        reach(page, "summary")
        page.keyboard.press("Enter")
        type_into(page, "nameservers", f"{server.dns[0]}:{server.dns[1]}")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("does not list its domains")
        reach(page, "#result a")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Which name should lead here?")
        type_into(page, "label", HOME)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Where does the address come from?")
        reach(page, "[type=radio]")
        for _ in range(4):
            page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.value") == "lan"
        reach(page, "main form button")
        page.keyboard.press("Enter")
        expect(page.locator("table")).to_contain_text("9.9.9.9")
        reach(page, "main form button")
        page.keyboard.press("Enter")
        expect(page.locator("#progress .done")).to_have_text(f"Done. {HOME} leads here.")
        assert in_dns(server.dns, HOME) == "9.9.9.9"
    assert token["secret"] not in (folder.path / "log").read_text()


def test_a_novice_on_a_phone_meets_every_obstacle(alone, tmp_path):
    """No such host, nothing typed, no domain, a tab that was closed, a name with others' addresses: each has a way out."""
    folder = Folder(tmp_path / "agent")
    folder.path.mkdir()
    with (
        neighbourhood(tmp_path / "agent", echoes=0) as around,
        running(folder),
        entered(folder, language="zh-CN", width=360, dark=True) as page,
    ):
        say = partial(in_words, "zh-CN")
        page.get_by_role("searchbox").fill("no such host")
        expect(page.locator(".hosts button")).to_have_count(3)
        expect(page.locator("#hosts")).to_contain_text("自定义模板")
        assert barriers(page) == []
        choose_cloudflare(page)
        go_on(page, say("Test"))
        expect(page.locator("main")).to_contain_text(say(EMPTY))
        expect(page.locator("details")).not_to_have_attribute("open", "")
        fill_in_the_rest(page, around)
        page.fill("[name=token]", around.cloudflare.secret)
        zones = dict(around.cloudflare.zones)
        around.cloudflare.zones.clear()
        go_on(page, say("Test"))
        expect(page.locator("#result.notice")).to_be_visible()
        assert barriers(page) == []
        around.cloudflare.zones.update(zones)
        go_on(page, say("Test"))
        expect(page.locator("#result.done")).to_contain_text("example.net")
        page.goto(f"{PAGE}/")
        page.get_by_role("link", name=say("Go on where you stopped, with {host}", host="Cloudflare")).click()
        around.put("192.0.2.1", "192.0.2.2")
        page.fill("[name=label]", "home")
        go_on(page, say("Go on"))
        page.get_by_role("radio", name=say("This machine's own public address")).check()
        go_on(page, say("Go on"))
        expect(page.locator(".notice")).to_contain_text("192.0.2.1")
        expect(page.get_by_role("button", name=say("Publish"), exact=True)).to_have_count(0)
        is_open_to_all(page, "setup-taken-zh-CN")
        go_on(page, say("Replace what stands there"))
        expect(page.locator("td", has_text="9.9.9.9")).to_be_visible()
        assert (
            page.locator("td", has_text="9.9.9.9").bounding_box()["height"] < 60
        )  # an address is not broken up
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        go_on(page, say("Publish"))
        expect(page.locator("#progress .done")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        is_open_to_all(page, "setup-done-zh-CN")
        assert around.held() == ["9.9.9.9"]


def test_a_write_only_host_on_a_phone_without_scripts(alone, tmp_path):
    """Duck DNS says of a wrong token only when it is published; the answers are changed, and the name stands."""
    folder = Folder(tmp_path / "agent")
    folder.path.mkdir()
    with beside(duckdns.Fake()) as host, running(folder):
        host.names["box"] = {}
        with entered(folder, language="zh-CN", width=360, scripts=False) as page:
            say = partial(in_words, "zh-CN")
            page.locator(".hosts button", has_text="Duck DNS").click()
            page.locator("summary").click()
            page.fill("[name=base_url]", host.url)
            page.fill("[name=token]", "wr0ng-T0ken-99")
            go_on(page, say("Test"))
            expect(page.get_by_role("status")).to_contain_text(
                say(
                    "This host can only be told, and not asked: whether the token is right shows when you publish."
                )
            )
            page.locator("#result a").click()
            page.fill("[name=label]", "box")
            go_on(page, say("Go on"))
            page.locator("[value=machine]").check()
            go_on(page, say("Go on"))
            go_on(page, say("Publish"))
            change = page.get_by_role("link", name=say("Change the answers"))
            expect(page.locator("#progress .warning")).to_contain_text("KO")
            change.click()
            page.fill("[name=token]", host.secret)
            go_on(page, say("Test"))
            page.goto(f"{PAGE}/setup/plan")
            go_on(page, say("Publish"))
            expect(page.locator("#progress .done")).to_be_visible()
        assert host.names["box"] == {"A": "9.9.9.9"}
