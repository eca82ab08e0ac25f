"""The API's pages in a real browser: a token made by the keyboard, what there is to read, and a session that uses it."""

import pytest

from fakes.browser import barriers, chromium, shoot, tab
from fakes.front_door import front_door

LOOKS = {
    "en": {},
    "zh-phone": {"language": "zh-CN", "width": 360},
    "en-plain": {"scripts": False},
}


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A page, and a browser."""
    with front_door(tmp_path_factory.mktemp("page")) as door, chromium() as browser:
        yield door, browser


@pytest.fixture
def shown(there, request):
    """A tab that is signed in."""
    door, browser = there
    with tab(browser, **getattr(request, "param", {})) as page:
        page.goto(f"http://127.0.0.1:{door.port}/enter?link={door.access.make_link()}")
        page.locator("main form button").click()
        yield page


def test_a_token_is_made_by_the_keyboard_and_revoked(there, shown):
    """Label, right, life, and what it is sent as; then it is gone."""
    door, _ = there
    shown.goto(f"http://127.0.0.1:{door.port}/account/tokens")
    shown.locator("[name=label]").focus()
    shown.keyboard.type("my script")
    shown.keyboard.press("Tab")
    shown.keyboard.press("ArrowDown")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    shown.wait_for_selector("code:has-text('Bearer')")
    [token] = door.access.tokens()
    assert (token.label, token.may, token.expires) == ("my script", "act", None)
    assert not (found := barriers(shown)), found
    shoot(shown, "tokens-made")
    shown.get_by_role("button", name="Revoke my script").click()
    shown.wait_for_selector("text=There is none.")
    assert door.access.tokens() == []


@pytest.mark.parametrize("shown", LOOKS.values(), indirect=True, ids=LOOKS.keys())
def test_the_documents_have_no_barrier(there, shown, request):
    """In either language, on a phone too, with and without scripts; nothing is too wide."""
    door, _ = there
    for path in ("/docs", "/account/tokens"):
        shown.goto(f"http://127.0.0.1:{door.port}{path}")
        if "plain" not in request.node.name:
            assert not (found := barriers(shown)), found
            assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shoot(shown, f"{path.rpartition('/')[2]}-{request.node.callspec.id}")
    shown.goto(f"http://127.0.0.1:{door.port}/docs")
    shown.locator("a[href='#type-Status']").first.click()
    assert shown.url.endswith("#type-Status")


def test_a_page_of_ours_uses_the_api_with_its_session(there, shown):
    """It reads with the cookie alone, and changes something with its own token beside it."""
    door, _ = there
    shown.goto(f"http://127.0.0.1:{door.port}/account")
    asked = """async ([path, headers, body]) => (await fetch("/api/v1" + path, {
        method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body)})).status"""
    csrf = shown.locator("[name=csrf]").first.get_attribute("value")
    kind, made = {"Content-Type": "application/json"}, {"label": "x", "may": "read"}
    assert shown.evaluate(asked, ["/version", {}, None]) == 200
    assert shown.evaluate(asked, ["/tokens", {**kind, "X-CSRF-Token": csrf}, made]) == 201
    assert shown.evaluate(asked, ["/tokens", kind, made]) == 403
    shown.troubles.clear()  # the browser tells of the 403 on its console
