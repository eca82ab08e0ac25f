"""The log, the doctor and the support bundle in a real browser: live, paused, one by one, and taken along."""

import re
import zipfile

import pytest
from playwright.sync_api import expect

from fakes.browser import barriers, chromium, shoot, tab
from fakes.browsing import place_of
from fakes.neighbourhood import neighbourhood
from homeport.web.bundle import CONTENTS

WEB = {"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}"}


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """An agent with its neighbourhood, a browser, and where the page is."""
    with neighbourhood(tmp_path_factory.mktemp("log")) as around, chromium() as browser:
        around.configure(changes=WEB)
        with around.folder.running("run", log="log"):
            around.folder.wait_for("log", "record.verified")
            yield around, browser, f"http://{place_of(around.folder, 'log')}"


@pytest.fixture
def shown(there, request):
    """A page that is signed in."""
    around, browser, _ = there
    with tab(browser, **getattr(request, "param", {})) as page:
        page.goto(around.folder.json("web", "open")["url"])
        page.locator("main form button").click()
        yield page


def test_what_is_told_appears_and_a_paused_log_stands_still(there, shown):
    """A change of address is on top without a reload; once paused nothing comes, and going on shows it all."""
    around, _, place = there
    shown.goto(f"{place}/log?event=record")
    shown.wait_for_selector("#lines li")
    lines = shown.locator("#lines")
    expect(lines).to_have_attribute("hx-sse:connect", re.compile("^/log/events"))
    around.say("9.9.9.9")
    around.folder.run("config", "reload")
    shown.wait_for_selector("#lines li:has-text('9.9.9.9')")
    assert "record." in shown.locator("#lines li").first.inner_text()
    assert not (found := barriers(shown)), found
    shoot(shown, "log-en")
    shown.get_by_role("button", name="Pause").click()
    shown.wait_for_url("**live=no*")
    expect(lines).not_to_have_attribute("hx-sse:connect", re.compile(".*"))
    around.say("9.9.9.8")
    around.folder.run("config", "reload")
    around.folder.wait_for("log", "record.published", after=["9.9.9.8"])
    assert "9.9.9.8" not in lines.inner_text()
    shown.get_by_role("button", name="Go on").click()
    shown.wait_for_selector("#lines li:has-text('9.9.9.8')")


def test_a_trace_leads_to_all_that_was_done_for_one_reason(there, shown):
    """By a link in the line, and by the keyboard alone."""
    _, _, place = there
    shown.goto(f"{place}/log?event=record.published&live=no")
    link = shown.locator("#lines a").last
    trace = link.inner_text()
    link.focus()
    shown.keyboard.press("Enter")
    shown.wait_for_url(f"**trace={trace}")
    told = shown.locator("#lines li strong").all_inner_texts()
    assert {"record.published", "record.verified", "round.ended"} <= set(told)


def test_a_filter_leaves_what_was_asked_for(there, shown):
    """By the form: a level and a name, what is below or of others is gone, and nothing of nobody is said to be so."""
    _, _, place = there
    shown.goto(f"{place}/log?live=no")
    shown.get_by_label("At least").select_option("info")
    shown.get_by_label("Name").fill("home.example.com")
    shown.get_by_role("button", name="Show").click()
    shown.wait_for_url("**name=home.example.com**")
    lines = shown.locator("#lines li").all_inner_texts()
    assert any("record.verified" in line for line in lines)
    assert all("home.example.com" in line for line in lines)
    shown.get_by_label("Name").fill("nobody.example.com")
    shown.get_by_role("button", name="Show").click()
    shown.wait_for_url("**name=nobody.example.com**")
    assert shown.get_by_text("Nothing of that was told.").is_visible()


@pytest.mark.parametrize(
    "shown", [{}, {"language": "zh-CN", "width": 360, "dark": True}], indirect=True, ids=["en", "zh-phone"]
)
def test_the_doctor_tells_one_by_one(there, shown):
    """Without a reload, until it says what they come to; no barrier, and nothing wider than a phone."""
    _, _, place = there
    shown.goto(f"{place}/doctor")
    shown.locator("main form button").click()
    shown.wait_for_selector("#findings li")
    shown.wait_for_selector("#doctor-summary .warning, #doctor-summary .done")
    told = shown.locator("#findings li").all_inner_texts()
    assert len(told) > 10
    assert not (found := barriers(shown)), found
    assert shown.evaluate("document.documentElement.scrollWidth") <= shown.viewport_size["width"]
    shoot(shown, f"doctor-{shown.viewport_size['width']}")
    shown.context.grant_permissions(["clipboard-read", "clipboard-write"])
    command = shown.locator(".remedy code").first
    command.locator("~ button").first.click()
    shown.wait_for_selector(".copy[aria-label^='Copied'], .copy[aria-label^='已复制']")
    assert shown.evaluate("navigator.clipboard.readText()") == command.inner_text()
    shown.wait_for_selector(".copy[aria-label^='Copied'], .copy[aria-label^='已复制']", state="detached")
    shown.reload()
    assert shown.locator("#findings li").all_inner_texts() == told


def test_the_bundle_is_downloaded(there, shown, tmp_path):
    """Its list is on the page before, and it holds what it lists."""
    _, _, place = there
    shown.goto(f"{place}/bundle")
    assert shown.locator("dt").all_inner_texts() == list(CONTENTS)
    assert not (found := barriers(shown)), found
    shown.get_by_role("checkbox").check()
    with shown.expect_download() as download:
        shown.get_by_role("button", name="Make and download").click()
    download.value.save_as(tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        assert [name.partition("/")[2] for name in archive.namelist()] == list(CONTENTS)
