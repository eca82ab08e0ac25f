"""Every page there is, as far as links lead: nobody is kept out of any, by light or by dark, on a phone or a wide screen."""

import pytest

from fakes.browser import barriers, chromium, tab
from fakes.browsing import place_of
from fakes.neighbourhood import neighbourhood

pytestmark = pytest.mark.timeout(1200)  # every page four times, for two languages
WEB = {"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}"}
WIDTHS = (360, 1600)
MOST = 60  # pages
LINKS = "[...document.querySelectorAll('a[href]:not([download])')].map(each => each.getAttribute('href'))"
FITS = "document.documentElement.scrollWidth <= window.innerWidth"


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """An agent with its neighbourhood, a browser, and where the page is."""
    with neighbourhood(tmp_path_factory.mktemp("barriers")) as around, chromium() as browser:
        around.configure(changes=WEB)
        with around.folder.running("run", log="log"):
            around.folder.wait_for("log", "record.verified")
            yield around, browser, f"http://{place_of(around.folder, 'log')}"


def looked_at(page, path):
    """Yield what is wrong with the page that is open, in each of its looks."""
    for dark in (False, True):
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            look = (path, "dark" if dark else "light", width)
            yield from ((*look, *found) for found in barriers(page))
            if not page.evaluate(FITS):
                yield (*look, "wider than the screen")


def shape(path):
    """Return what is the same of pages that differ in what they show alone: forms are each their own."""
    return path if path.startswith("/edit/part?") else path.partition("?")[0]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_no_page_keeps_anybody_out(there, language):
    """Whoever is signed in, from the overview on as far as links lead, in words that are short and in long ones."""
    around, browser, place = there
    wrong, seen, waiting = [], set(), ["/", "/account"]
    with tab(browser, language=language) as page:
        page.goto(around.folder.json("web", "open")["url"])
        page.locator("main form button").click()
        while waiting:
            path = waiting.pop(0).partition("#")[0]
            if not path.startswith("/") or shape(path) in seen:
                continue
            assert len(seen) < MOST, (path, waiting)
            seen.add(shape(path))
            answer = page.goto(f"{place}{path}")
            assert answer.status == 200, path
            wrong += looked_at(page, path)
            waiting += page.evaluate(LINKS)
    assert {
        "/",
        "/account",
        "/history",
        "/log",
        "/doctor",
        "/setup",
        "/edit",
        "/edit/text",
        "/bundle",
        "/notify",
        "/docs",
        "/account/tokens",
        "/pause",
    } <= seen, seen
    assert not wrong, "\n".join(map(str, wrong))


def test_the_entrance_keeps_nobody_out_who_may_come(there):
    """What a stranger sees, too."""
    around, browser, place = there
    with tab(browser) as page:
        found = []
        for url in (f"{place}/login", around.folder.json("web", "open")["url"]):
            page.goto(url)
            found += looked_at(page, url)
    assert not found, "\n".join(map(str, found))
