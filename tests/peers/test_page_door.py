"""The door in a real browser: signing in as a person does, and what another site's page can make a browser do."""

import contextlib
import http.server
import threading

import pytest
from playwright.sync_api import expect

from fakes.browser import SLOW, barriers, chromium, shoot, tab
from fakes.front_door import PASSWORD, front_door
from homeport.wire import totp

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def door(tmp_path):
    with front_door(tmp_path) as there:
        there.url = f"http://127.0.0.1:{there.port}"
        yield there


def signed_in(page, door):
    page.goto(f"{door.url}/enter?link={door.access.make_link()}")
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(f"{door.url}/setup")
    page.goto(f"{door.url}/account?first=1")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_an_owner_sets_everything_up_by_keyboard(browser, door, dark):
    """The link, a password, an authenticator's picture, its code, and signing in with both; nothing in anybody's way."""
    with tab(browser, width=360, dark=dark) as page:
        signed_in(page, door)
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("The password is set")
        assert barriers(page) == []
        article = page.locator("article", has=page.get_by_text("An authenticator on a phone"))
        article.get_by_label("Present password").fill(PASSWORD)
        page.keyboard.press("Enter")
        picture = page.get_by_alt_text("A picture for an authenticator")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.complete && image.naturalWidth") > 50
        assert barriers(page) == []
        shoot(page, f"authenticator-{'dark' if dark else 'light'}")
        secret, now = door.desk.proof.wanted_totp(), door.desk.clock.now()
        page.get_by_label("Code").first.fill(totp.code(secret, now - totp.PERIOD))
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("From now on a code is asked for")
        page.get_by_role("button", name="Sign out", exact=True).first.click()
        expect(page).to_have_url(f"{door.url}/login")
        assert barriers(page) == []
        shoot(page, f"login-{'dark' if dark else 'light'}")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Code").fill(totp.code(secret, now + totp.PERIOD))
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Sign out", exact=True).first).to_be_visible()
        assert page.evaluate("document.cookie") == ""
        page.troubles[:] = [each for each in page.troubles if "503" not in each]  # no agent runs behind it


EVIL = """<!doctype html><title>evil</title>
<form id=f method=post action="{url}/account/sessions" enctype="{kind}" target=t><input name=session value=all></form>
<iframe name=t></iframe><iframe id=framed src="{url}/account"></iframe>
<script>
window.said = [];
document.getElementById("f").submit();
for (const mode of ["cors", "no-cors"]) for (const method of ["GET", "POST"])
  fetch("{url}/account", {{mode, method, credentials: "include"}}).then(
    answer => answer.text().then(text => said.push(text)), error => said.push(""));
</script>"""


@contextlib.contextmanager
def evil(url, kind):
    """Yield the address of another site on this machine: of the same site for cookies, of another origin."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(EVIL.format(url=url, kind=kind).encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_another_sites_page_does_and_reads_nothing(browser, door, kind):
    """Another port of this machine has the same cookies: its form is refused, its frame empty, its script reads nothing."""
    other = door.sign_in()
    with contextlib.closing(browser.new_context()) as context, evil(door.url, kind) as site:
        context.set_default_timeout(SLOW)
        page = context.new_page()
        signed_in(page, door)
        answers = []
        page.on("response", lambda answer: answers.append((answer.request.method, answer.url, answer.status)))
        page.goto(site)
        page.wait_for_function("window.said.length == 4")
        page.wait_for_load_state("networkidle")
        said = page.evaluate("window.said")
        framed = page.frame_locator("#framed").locator("body").inner_text()
        posted = [
            status for method, url, status in answers if method == "POST" and "/account/sessions" in url
        ]
    assert said == [""] * 4
    assert "Account" not in framed
    assert posted == [403]
    assert door.ask("GET", "/account", cookie=other).status == 200
