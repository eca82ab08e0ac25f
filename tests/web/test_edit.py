"""The file in the browser, asked over real sockets as a browser without scripts asks, in a network of its own."""

import contextlib
import html
import re
from types import SimpleNamespace

import pytest

from fakes.front_door import Visit, front_door
from fakes.netns import ip, network_namespace, wire
from homeport.config import loader, page_rules, secret_store
from homeport.providers.duckdns import DuckDns

TEXT = """\
# mine, and it stays
agent:
  addresses:
    machine: {detect: [{kind: interface}]}     # this one
    own: {detect: [{kind: command, run: [/bin/true]}]}
  records:
    - name: home.example.com
      types: [A]
      address: machine
      provider: d
  providers:
    d: {kind: duckdns, token: l1teral-t0ken, base_url: "http://127.0.0.1:9"}
  interval: 300   # seconds
"""
AREA = re.compile(r"<textarea[^>]*>\n?(.*?)</textarea>", re.DOTALL)
MARK = re.compile(r'name="mark" value="([^"]+)"')
ID = re.compile(r'name="id" value="([^"]+)"')
VERSION = re.compile(r'name="version" value="([^"]+)"')


@pytest.fixture
def house(own_network, tmp_path):
    """A page beside a file, without an agent, and a browser that is signed in and keeps every answer."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(network_namespace())
        ip("link set lo up")
        wire()
        ip("addr add 9.9.9.9/24 dev wan0")
        door = stack.enter_context(front_door(tmp_path / "page"))
        visit = Visit(door, door.sign_in())
        door.desk.config.write_text(TEXT)

        def send(change, path="/edit/text"):
            """Change the text as it is shown, and send it as a browser does."""
            shown = visit.get("/edit/text").text
            text = change(html.unescape(AREA.search(shown)[1]))
            return visit.post(path, mark=MARK.search(shown)[1], text=text.replace("\n", "\r\n"))

        yield SimpleNamespace(door=door, config=door.desk.config, get=visit.get, post=visit.post, send=send)
        for answer in visit.seen:
            assert "l1teral-t0ken" not in answer.text
            assert "typed-t0ken" not in answer.text


def save(house, reviewed):
    return house.post("/edit/save", id=ID.search(reviewed.text)[1])


def test_a_change_is_shown_saved_and_undone(house):
    """The diff and the plan first; then the file, its comments kept; the former one is back after undoing, twice."""
    reviewed = house.send(lambda text: text.replace("300", "600"))
    assert "- " in reviewed.text
    assert "interval: 600" in reviewed.text
    assert "home.example.com A" in reviewed.text
    assert house.config.read_text() == TEXT
    assert "Saved." in save(house, reviewed).text
    assert house.config.read_text() == TEXT.replace("300", "600")
    version = VERSION.search(house.get("/edit").text)[1]
    assert "Saved." in save(house, house.post("/edit/undo", version=version)).text
    assert house.config.read_text() == TEXT
    version = VERSION.search(house.get("/edit").text)[1]
    save(house, house.post("/edit/undo", version=version))
    assert house.config.read_text() == TEXT.replace("300", "600")
    audited = [each.what for each in house.door.access.audited()]
    assert audited[:3] == ["file.undone", "file.undone", "file.changed"]


def test_a_fault_in_a_provider_hides_no_change(house, monkeypatch):
    """One that is not ours may fail as no provider should: the diff is shown all the same, and the change is saved."""

    def broken(*_):
        raise RuntimeError("l1teral-t0ken")

    monkeypatch.setattr(DuckDns, "__init__", broken)
    reviewed = house.send(lambda text: text.replace("300", "600"))
    assert reviewed.status == 200
    assert "interval: 600" in reviewed.text
    assert "a fault in the plan (RuntimeError)" in reviewed.text
    assert "Saved." in save(house, reviewed).text


def test_what_is_wrong_is_said_with_its_line(house):
    """As it is typed, and when it is sent; the file stays."""
    told = house.send(lambda text: text.replace("interval: 300", "intervall: 300"), "/edit/check")
    assert "Line 13" in told.text
    assert "did you mean" in html.unescape(told.text)
    told = house.send(lambda text: text.replace("interval: 300", "interval: soon"))
    assert told.status == 422
    assert "interval: soon" in told.text
    assert house.config.read_text() == TEXT
    assert "This can be saved." in house.send(lambda text: text.replace("300", "400"), "/edit/check").text


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("/bin/true", "/bin/false", page_rules.PROGRAM),
        ("http://127.0.0.1:9", "http://127.0.0.1:10", page_rules.AGAIN),
        ('"***"', '"env:HOME"', page_rules.REFERENCE),
        ("interval: 300", "interval: 300\n  state: /etc", page_rules.FILE),
    ],
)
def test_what_may_not_come_from_a_page_is_refused(house, before, after, sentence):
    """With a sentence; nothing is written."""
    told = house.send(lambda text: text.replace(before, after))
    assert told.status == 422
    assert sentence in html.unescape(told.text)
    assert house.config.read_text() == TEXT


def test_a_typed_secret_goes_into_the_store(house):
    """The file has its name; what was there under that name stays."""
    store = house.config.with_name("secrets.json")
    secret_store.put(store, "d-token", "another")
    reviewed = house.send(lambda text: text.replace('"***"', "typed-t0ken"))
    assert "secret:d-token-2" in reviewed.text
    assert "Saved." in save(house, reviewed).text
    assert loader.load(house.config).config.agent.providers["d"].token.reveal() == "typed-t0ken"
    assert secret_store.read(store, "d-token") == "another"


def test_a_file_that_changed_meanwhile_is_not_written_over(house):
    """Neither when the text is sent, nor when it is saved."""
    shown = house.get("/edit/text").text
    house.config.write_text(TEXT + "# by hand\n")
    told = house.post("/edit/text", mark=MARK.search(shown)[1], text=html.unescape(AREA.search(shown)[1]))
    assert told.status == 409
    assert "changed on disk" in told.text
    reviewed = house.send(lambda text: text.replace("300", "600"))
    house.config.write_text(TEXT + "# again\n")
    assert save(house, reviewed).status == 409
    assert house.config.read_text() == TEXT + "# again\n"


def test_what_somebody_took_out_by_hand_does_not_come_back(house):
    """A former version with a program is not brought back over a file whose owner took the program out."""
    save(house, house.send(lambda text: text.replace("300", "600")))
    version = VERSION.search(house.get("/edit").text)[1]
    house.config.write_text("\n".join(line for line in TEXT.splitlines() if "/bin/true" not in line) + "\n")
    told = house.post("/edit/undo", version=version)
    assert told.status == 409
    assert page_rules.PROGRAM in html.unescape(told.text)


def test_nothing_is_asked_where_clouds_keep_credentials(house):
    """Before any plan is made."""
    told = house.send(
        lambda text: text.replace(
            "{kind: interface}", '{kind: http_echo, url: "http://169.254.169.254/"}'
        ).replace("machine: {", "machine: {witnesses: 1, ")
    )
    assert told.status == 422
    assert "This page sends nothing there" in html.unescape(told.text)


def test_a_file_with_faults_is_not_shown(house):
    """What is secret in it is not known."""
    house.config.write_text(TEXT.replace("interval", "intervall"))
    told = house.get("/edit/text")
    assert told.status == 409
    assert "interval: 300" not in told.text


def test_another_kind_shows_no_secret(house):
    """Where one host has a secret, another has a text that everybody sees."""
    for kind in ("rfc2136", "cloudns", "http", "lexicon"):
        told = house.send(lambda text, kind=kind: text.replace("kind: duckdns", f"kind: {kind}"))
        assert told.status == 422
        house.send(lambda text, kind=kind: text.replace("kind: duckdns", f"kind: {kind}"), "/edit/check")


def test_a_secret_that_stands_twice_is_not_laid_open(house):
    """Replacing it where it is a secret would leave it in a text that is then no secret's any more."""
    house.config.write_text(TEXT.replace("# mine", "# l1teral-t0ken is mine"))
    told = house.send(lambda text: text.replace('"***"', "typed-t0ken"))
    assert "a second time" in told.text
    house.get("/edit/text")


def test_what_is_typed_comes_back_without_its_secrets(house):
    """With its fault, so that it can be mended."""
    for before, after in (("300", "soon"), ("/bin/true", "/bin/id")):
        told = house.send(lambda text: text.replace('"***"', "typed-t0ken").replace(before, after))  # noqa: B023
        assert told.status == 422
        assert after in told.text
        assert "typed-t0ken" not in told.text


def fill(house, at, **typed):
    """Send a form as it is shown, with some of its fields typed anew."""
    shown = house.get(f"/edit/part?at={at}").text
    given = dict(re.findall(r'<input id="[^"]*" name="([^"]+)"[^>]* value="([^"]*)"', shown))
    names = {**given, **{f"f.{name.replace('__', '.')}": text for name, text in typed.items()}}
    return house.post("/edit/part", at=at, mark=MARK.search(shown)[1], **names)


def test_a_form_changes_its_line_alone(house):
    """General settings, a record, and a record more; comments and all other lines stay."""
    save(house, fill(house, "general", interval="600", web__names="home.example.com, nas"))
    wanted = TEXT.replace("300", "600") + "  web: {names: [home.example.com, nas]}\n"
    assert house.config.read_text() == wanted
    save(house, fill(house, "records/0", ttl="120", types="A"))
    wanted = wanted.replace("      provider: d\n", "      provider: d\n      ttl: 120\n")
    assert house.config.read_text() == wanted
    save(
        house, fill(house, "records/new", name="nas.example.com", types="A", address="machine", provider="d")
    )
    record = "    - name: nas.example.com\n      types: [A]\n      address: machine\n      provider: d\n"
    wanted = wanted.replace("      ttl: 120\n", "      ttl: 120\n" + record)
    assert house.config.read_text() == wanted
    shown = house.get("/edit/part?at=records/1").text
    save(house, house.post("/edit/part", at="records/1", mark=MARK.search(shown)[1], remove="yes"))
    assert house.config.read_text() == wanted.replace(record, "")


def test_a_form_says_what_is_wrong_at_its_field(house):
    """And keeps what was typed."""
    told = fill(house, "general", interval="soon")
    assert told.status == 422
    assert 'value="soon"' in told.text
    assert re.search(r'id="h-interval"><strong class="wrong">expected a number', told.text)


def test_where_a_form_sends_to_is_changed_with_the_secret_alone(house):
    """Without it the page refuses; with it the store has it, and the file its name."""
    told = fill(house, "providers/d", base_url="http://127.0.0.1:10")
    assert page_rules.AGAIN in html.unescape(told.text)
    save(house, fill(house, "providers/d", base_url="http://127.0.0.1:10", token="typed-t0ken"))
    settings = loader.load(house.config).config.agent.providers["d"]
    assert (settings.base_url, settings.token.source) == ("http://127.0.0.1:10", "secret:d-token")
    assert settings.token.reveal() == "typed-t0ken"


def test_a_program_is_shown_and_has_no_field(house):
    """As what is asked, to be changed on the machine."""
    shown = house.get("/edit/part?at=addresses/own").text
    assert "kind: command, run: [/bin/true]" in shown
    assert 'name="f.detect' not in shown


def test_an_address_source_is_made_changed_and_removed(house):
    """By forms alone: its first, one more, another setting, and all of it away again."""
    form = house.get("/edit/part?source=wan&kind=http_echo").text
    assert "addresses/wan/detect/new" in form
    made = {"at": "addresses/wan/detect/new", "kind": "http_echo"}
    told = house.post("/edit/part", mark=MARK.search(form)[1], **made)
    assert "expected either url, or service" in told.text
    made |= {"f.service": "ipify", "mark": MARK.search(form)[1]}
    assert "2 independent witnesses must agree" in house.post("/edit/part", **made).text
    save(house, house.post("/edit/part", **made, **{"f.source.witnesses": "1"}))
    line = "    wan: {detect: [{kind: http_echo, service: ipify}], witnesses: 1}\n"
    assert line in house.config.read_text()
    shown = house.get("/edit/part?at=addresses/wan").text
    assert "addresses/wan/detect/0" in shown
    mark = MARK.search(shown)[1]
    save(house, house.post("/edit/part", mark=mark, at="addresses/wan/detect/new", kind="router"))
    save(house, fill(house, "addresses/wan/detect/1", gateway="192.0.2.1"))
    line = '    wan: {detect: [{kind: http_echo, service: ipify}, {kind: router, gateway: "192.0.2.1"}], witnesses: 1}\n'
    assert line in house.config.read_text()
    for at in ("addresses/wan/detect/0", "addresses/wan"):
        shown = house.get(f"/edit/part?at={at}").text
        save(house, house.post("/edit/part", at=at, mark=MARK.search(shown)[1], remove="yes"))
    assert house.config.read_text() == TEXT


@pytest.mark.parametrize("kind", ["command", "file"])
def test_what_no_page_may_set_is_not_set_by_a_form_either(house, kind):
    """Neither one more, nor the one that is there."""
    before = house.config.read_text()
    mark = MARK.search(house.get("/edit/part?at=general").text)[1]
    for at in ("addresses/machine/detect/new", "addresses/own/detect/0"):
        given = {"at": at, "kind": kind, "mark": mark, "f.run": "/bin/false", "f.path": "/etc/shadow"}
        assert house.get(f"/edit/part?at={at}&kind={kind}").headers["location"] == "/edit"
        house.post("/edit/part", **given)
    assert house.config.read_text() == before


def test_an_address_source_asks_nobody_where_clouds_keep_credentials(house):
    """A form is no way round."""
    mark = MARK.search(house.get("/edit/part?at=general").text)[1]
    given = {"at": "addresses/x/detect/new", "kind": "http_echo", "mark": mark, "f.source.witnesses": "1"}
    for url in (
        "http://169.254.169.254/latest",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:169.254.169.254]/",
    ):
        told = house.post("/edit/part", **given, **{"f.url": url})
        assert "This page sends nothing there" in html.unescape(told.text)
