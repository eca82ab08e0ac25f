"""Pausing and resuming from the page in a real browser, with a real agent and a host that counts what it is asked."""

import contextlib

import pytest
from playwright.sync_api import expect

from fakes.browser import barriers, chromium, shoot, tab
from fakes.browsing import place_of
from fakes.neighbourhood import NAME, neighbourhood

WEB = {"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}"}


@pytest.fixture(scope="module")
def around(tmp_path_factory):
    with neighbourhood(tmp_path_factory.mktemp("pause")) as there:
        there.configure(changes=WEB)
        with there.folder.running("run", log="agent.log"):
            there.folder.wait_for("agent.log", "record.verified")
            yield there


@pytest.fixture(scope="module")
def browser(around):
    with chromium() as found:
        yield found


@pytest.fixture
def enter(around, browser):
    """Return a way to open tabs that are signed in; whatever was paused goes on in the end, at one address."""

    @contextlib.contextmanager
    def opened(**how):
        around.say("8.8.8.8")
        around.folder.run("resume")
        with tab(browser, **how) as page:
            page.goto(around.folder.json("web", "open")["url"])
            page.locator("main form button").click()
            page.goto(f"http://{place_of(around.folder, 'agent.log')}/")
            yield page

    return opened


def writes(around):
    return sum(request.method != "GET" for request in tuple(around.cloudflare.requests))


def row(page):
    return page.locator("tr", has_text=NAME)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_name_is_paused_and_resumed(enter, around, scripts):
    """The address changes, a round is asked for, and nothing is written; resumed, the new address is published."""
    with enter(scripts=scripts) as page:
        before = writes(around)
        row(page).get_by_role("link", name=f"Pause {NAME}").click()
        page.get_by_label("8 hours").check()
        shoot(page, f"pause-{'with' if scripts else 'without'}-scripts")
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(row(page).locator(".state")).to_have_text("paused")
        expect(row(page)).to_contain_text("Paused until ")
        around.say("9.9.9.9")
        page.get_by_role("button", name="Update now").click()
        expect(row(page)).to_contain_text("It would be: 9.9.9.9")
        assert around.held() == ["8.8.8.8"]
        assert writes(around) == before
        row(page).get_by_role("button", name=f"Resume {NAME}").click()
        expect(row(page).locator(".state")).to_have_text("right")
        expect(row(page)).to_contain_text("9.9.9.9")
        assert around.held() == ["9.9.9.9"]


def test_every_name_is_paused_until_somebody_resumes_it(enter, around):
    """The summary says so above the names, with the way on; another open tab is told without a reload."""
    with enter() as page, page.context.new_page() as other:
        other.goto(page.url)
        page.get_by_role("button", name="Pause all…").click()
        page.get_by_label("until I resume it").check()
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.locator("#summary")).to_contain_text("Every name is paused, also those that are added.")
        expect(row(other).locator(".state")).to_have_text("paused")
        shoot(page, "paused-all")
        [record] = around.folder.json("status")["records"]
        assert (record["state"], record["paused_until"]) == ("paused", None)
        page.get_by_role("button", name="Resume all").click()
        expect(row(page).locator(".state")).to_have_text("right")
        expect(row(other).locator(".state")).to_have_text("right")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(("language", "dark"), [("en", False), ("zh-CN", True)])
def test_nobody_is_kept_out(enter, around, language, dark, width):
    """Axe finds no barrier where it is asked for how long, and on the overview of what is paused."""
    around.folder.run("pause", "--for", "1h")
    with enter(language=language, dark=dark, width=width) as page:
        around.folder.run("pause")
        place = page.url
        for path in ("", f"pause?name={NAME}", "pause"):
            page.goto(place + path)
            assert not (found := barriers(page)), found
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.goto(place)
        shoot(page, f"paused-{language}-{width}")


def test_a_name_that_is_not_kept_cannot_be_paused(enter):
    """Whoever follows an old link is told so."""
    with enter() as page:
        assert page.request.get(page.url + "pause?name=nope.example.com").status == 404


def test_it_is_written_down(enter, around):
    """Who paused what stands in the audit log, and when it was paused in the history."""
    with enter() as page:
        place = page.url
        row(page).get_by_role("link", name=f"Pause {NAME}").click()
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(row(page).locator(".state")).to_have_text("paused")
        page.goto(f"{place}account")
        expect(page.locator("main")).to_contain_text(f"{NAME} 3600")
        page.goto(f"{place}history?span=day")
        expect(page.locator("main table").last).to_contain_text("paused")


def test_what_would_change_names_ttl_and_pauses(enter, around):
    """The value stays, and yet something would be done; of a name that is paused nothing would."""
    with enter() as page:
        page.goto(f"{page.url}edit/part?at=records/0")
        page.get_by_label("TTL").fill("120")
        page.get_by_role("button", name="Show what would change").click()
        expect(page.locator(".plan")).to_contain_text("→ 120")
        around.folder.run("pause")
        page.reload()
        expect(page.locator("main")).to_contain_text(f"{NAME} A is left as it is for now: Paused until you")
        expect(page.locator(".plan")).to_have_count(0)


@pytest.mark.parametrize("hindered", ["hx-sse.min.js", "events?after"])
def test_a_tab_is_live_whatever_comes_late_or_fails_once(enter, around, hindered):
    """The second script long after the first, or no answer to the first opening of the stream."""
    with enter() as page, page.context.new_page() as other:
        met = []

        def hinder(route):
            met.append(route.request.url)
            if len(met) == 1 and "after" in hindered:
                return route.abort()
            other.wait_for_timeout(1000)
            return route.continue_()

        other.route(f"**/*{hindered}*", hinder)
        other.goto(page.url)
        around.folder.run("pause")
        expect(row(other).locator(".state")).to_have_text("paused")
        assert met
