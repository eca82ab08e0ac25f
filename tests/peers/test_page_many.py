"""More names than a page is sent with, in a real browser: the others come by themselves, and by a link without scripts."""

import contextlib

import pytest
from playwright.sync_api import expect

from fakes.browser import barriers, chromium, tab
from fakes.browsing import place_of
from fakes.neighbourhood import NAME, neighbourhood
from homeport.web.live import AT_ONCE

NAMES = AT_ONCE + 20


@pytest.fixture(scope="module")
def around(tmp_path_factory):
    with neighbourhood(tmp_path_factory.mktemp("many")) as there:
        one = f"{{name: {NAME}, types: [A], address: wan, provider: cf}}"
        more = "".join(f"\n    - {one.replace('home', f'h{number:03}')}" for number in range(NAMES - 1))
        there.configure(changes={one: one + more, "  state: s": "  web: {listen: '127.0.0.1:0'}\n  state: s"})
        with there.folder.running("run", log="agent.log"):
            there.folder.wait_for("agent.log", "round.ended")
            yield there


@pytest.fixture
def enter(around):
    """Return a way to open a tab that is signed in, and where the page is."""

    @contextlib.contextmanager
    def opened(**how):
        with chromium() as browser, tab(browser, **how) as page:
            page.goto(around.folder.json("web", "open")["url"])
            page.locator("main form button").click()
            yield page, f"http://{place_of(around.folder, 'agent.log')}/"

    return opened


def rows(page):
    return page.locator("#records tbody tr[id]")


@pytest.mark.parametrize("scripts", [True, False])
def test_every_name_comes(enter, scripts):
    """By itself; without scripts by a link."""
    with enter(scripts=scripts) as (page, place):
        page.goto(place)
        link = page.get_by_role("link", name=f"Show all {NAMES}")
        if not scripts:
            expect(rows(page)).to_have_count(AT_ONCE)
            link.click()
        expect(rows(page)).to_have_count(NAMES)
        expect(link).to_have_count(0)
        expect(rows(page).last).to_contain_text(NAME)


def test_no_name_is_left_behind(enter, around):
    """When all change while they are on their way, and after that; and until they are there nobody is kept out."""
    with enter() as (page, place):
        waiting = []

        def hold(route):
            waiting.append(route)

        page.add_init_script(
            "const timeout = AbortSignal.timeout; AbortSignal.timeout = (time) => timeout.call(AbortSignal, 100 * time);"
        )  # the page would go on without the others meanwhile, on a machine that is very busy
        page.route("**/rows", hold)
        with page.expect_request("**/rows"):
            page.goto(place)
        expect(rows(page)).to_have_count(AT_ONCE)
        assert not (found := barriers(page)), found
        late = waiting[0].fetch()
        around.folder.run("pause")
        waiting[0].fulfill(response=late)
        expect(page.locator("#records .state.paused")).to_have_count(NAMES)
        around.folder.run("resume")
        expect(page.locator("#records .state.paused")).to_have_count(0)
