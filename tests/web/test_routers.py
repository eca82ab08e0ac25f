"""The forms of routers that push, over real sockets: made, explained, changed and removed; the password is never shown."""

import contextlib
import html
import re
from types import SimpleNamespace

import pytest

from fakes.front_door import Visit, cookie_of, front_door
from fakes.netns import ip, network_namespace, wire
from homeport.config import loader, page_rules, secret_store
from homeport.web import fields, routers

NAME = "home.example.com"
TEXT = """\
agent:
  push:                               # mine
    lte: {password: l1teral-passw0rd}
  addresses:
    lan: {detect: [{kind: push, from: lte}]}
    wan: {detect: [{kind: static, address: 9.9.9.9}]}
  records:
    - {name: home.example.com, types: [A], address: wan, provider: d}
  providers:
    d: {kind: duckdns, token: l1teral-t0ken, base_url: "http://127.0.0.1:9"}
"""
MARK = re.compile(r'name="mark" value="([^"]+)"')
ID = re.compile(r'name="id" value="([^"]+)"')
VERSION = re.compile(r'name="version" value="([^"]+)"')
ALONE = "it listens on this machine alone"
UNASKED = "No address source asks for what it pushes"
TYPED = "typed-passw0rd"


@pytest.fixture
def house(own_network, tmp_path):
    """A page beside a file, without an agent, behind a router, and a browser that keeps every answer."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(network_namespace())
        ip("link set lo up")
        wire()
        ip("addr add 192.168.178.20/24 dev wan0")
        ip("route add default via 192.168.178.1")
        door = stack.enter_context(front_door(tmp_path / "page"))
        visit = Visit(door, door.sign_in())
        door.desk.config.write_text(TEXT)

        yield SimpleNamespace(door=door, config=door.desk.config, get=visit.get, post=visit.post)
        for answer in visit.seen:
            for secret in (TYPED, "l1teral-passw0rd", "l1teral-t0ken"):
                assert secret not in answer.text


def send(house, user, *, form=None, **typed):
    """Fill a router's form in, and send it."""
    form = form or house.get(f"/edit/part?at=push/{user}&kind=router")
    posted = {f"f.{name}": text for name, text in typed.items()}
    return house.post(
        "/edit/part", mark=MARK.search(form.text)[1], at=f"push/{user}", kind="router", **posted
    )


def save(house, reviewed):
    return house.post("/edit/save", id=ID.search(reviewed.text)[1])


def plain(answer):
    return html.unescape(answer.text)


def settings(house):
    return loader.load(house.config).config.agent


def add(house, user="fritz"):
    led = house.get(f"/edit/router?user={user}")
    assert led.status == 303
    form = house.get(led.headers["location"])
    return save(house, send(house, user, form=form, password=TYPED, names=NAME))


def test_a_router_is_let_in_by_its_form(house):
    """The diff first; the file gets the password's name, the store the password, and what to type is shown."""
    assert "Routers that push" in house.get("/edit").text
    form = house.get(house.get("/edit/router?user=fritz").headers["location"])
    reviewed = send(house, "fritz", form=form, password=TYPED, names=NAME)
    assert "+     fritz: {password: secret:fritz-password, names: [home.example.com]}" in plain(reviewed)
    assert "goes into the encrypted store" in reviewed.text
    saved = save(house, reviewed)
    assert "Saved." in saved.text
    made = settings(house).push["fritz"]
    assert made.password.source == "secret:fritz-password"
    assert [str(name) for name in made.names] == [NAME]
    assert secret_store.read(house.config.with_name("secrets.json"), "fritz-password") == TYPED
    assert "# mine" in house.config.read_text()
    told = plain(saved)
    place = f"192.168.178.20:{house.door.port}"
    query = f"http://{place}/nic/update?hostname="
    for line in (
        f"<code>{query}<domain>&myip=<ipaddr></code>",
        f"{query}<domain>&myip=<ipaddr>&ip6lanprefix=<ip6lanprefix>&user=<username>&pass=<pass>",
        f"http://[USERNAME]:[PASSWORD]@{place}/nic/update?hostname=[DOMAIN]&myip=[IP]",
        f"<code>{place}/nic/update?hostname=%h&myip=%i</code>",
        f"curl -u fritz '{query}{NAME}'",
        "option username 'fritz'",
    ):
        assert line in told, line
    assert next(each.what for each in house.door.access.audited()) == "file.changed"
    version = VERSION.search(house.get("/edit").text)[1]
    save(house, house.post("/edit/undo", version=version))
    assert house.config.read_text() == TEXT


@pytest.mark.parametrize("user", ["lte", "a b", "a:b", "", "%C3%A4", "x" * 61])
def test_a_user_name_that_cannot_be(house, user):
    """One that is taken, and what some router could not send; nothing but a sentence comes of it."""
    answer = house.get(f"/edit/router?user={user.replace(' ', '+')}")
    assert (answer.status, routers.NAMELESS in answer.text) == (422, True)


def test_what_is_missing_or_wrong_is_said(house):
    """A router without a password, and a name that no record has."""
    answer = send(house, "fritz", names=NAME)
    assert (answer.status, "password" in answer.text) == (422, True)
    answer = send(house, "fritz", password=TYPED, names="other.example.com")
    assert answer.status == 422
    assert "other.example.com" in answer.text
    assert house.config.read_text() == TEXT


@pytest.mark.parametrize("source", ["secret:d-token", "env:HOME", "file:/etc/passwd"])
def test_no_other_secret_becomes_its_password(house, source):
    """By the form as by the text: what stands elsewhere is not opened to whoever calls."""
    secret_store.put(house.config.with_name("secrets.json"), "d-token", "a-t0ken")
    answer = send(house, "fritz", password=source)
    assert answer.status == 422
    said = page_rules.STORED if source.startswith("secret:") else page_rules.REFERENCE
    assert said in plain(answer)
    assert house.config.read_text() == TEXT


def test_its_names_change_without_its_password(house):
    """Left empty, the password stays; the former one is in no answer."""
    form = house.get("/edit/part?at=push/lte")
    assert "Never shown" in form.text
    save(house, send(house, "lte", form=form, password="", names=NAME))
    made = settings(house).push["lte"]
    assert (made.password.reveal(), [str(name) for name in made.names]) == ("l1teral-passw0rd", [NAME])
    save(house, send(house, "lte", password=TYPED, names=NAME))
    assert settings(house).push["lte"].password.reveal() == TYPED


def test_what_nobody_asks_for_leads_to_a_source(house):
    """One click from the warning to a form that is filled in; then the name is what is missing, and then nothing."""
    warned = add(house)
    assert UNASKED in warned.text
    link = re.search(r'href="(/edit/part\?at=addresses[^"]+)"', warned.text)[1]
    form = house.get(html.unescape(link))
    assert re.search(r'name="f.from"[^>]* value="fritz"', form.text)
    mark, at = MARK.search(form.text)[1], "addresses/fritz/detect/new"
    save(house, house.post("/edit/part", mark=mark, at=at, kind="push", **{"f.from": "fritz"}))
    assert settings(house).addresses["fritz"].detect[0].from_ == "fritz"
    shown = house.get("/edit/part?at=push/fritz")
    assert UNASKED not in shown.text
    assert "No name has the address source fritz yet" in shown.text
    house.config.write_text(house.config.read_text().replace("address: wan", "address: fritz"))
    assert "yet" not in re.search(r"<main.*<form", house.get("/edit/part?at=push/fritz").text, re.DOTALL)[0]


def test_a_router_is_removed(house):
    """Once no source follows it: until then the fault says which."""
    add(house)
    for user, status in (("lte", 422), ("fritz", 200)):
        form = house.get(f"/edit/part?at=push/{user}")
        mark = MARK.search(form.text)[1]
        answer = house.post("/edit/part", mark=mark, at=f"push/{user}", remove="yes")
        assert answer.status == status
    saved = save(house, answer)
    assert "Everything is in one file" in saved.text
    assert list(settings(house).push) == ["lte"]
    assert secret_store.names(house.config.with_name("secrets.json")) == [
        "fritz-password"
    ]  # undoing needs it


@pytest.mark.parametrize(
    ("web", "host", "is_alone", "place"),
    [
        ("", "127.0.0.1:{port}", True, "192.168.178.20:{port}"),
        ("", "localhost:{port}", True, "192.168.178.20:{port}"),
        ("", "[::1]:{port}", True, "192.168.178.20:{port}"),
        ("{listen: ['127.0.0.1:1', '10.0.0.7:2']}", "127.0.0.1:1", False, "10.0.0.7:2"),
        ("{listen: '0.0.0.0:9'}", "127.0.0.1:9", False, "192.168.178.20:9"),
        ("{listen: '[::]:9'}", "127.0.0.1:9", False, "192.168.178.20:9"),
        ("{listen: '0.0.0.0:9'}", "10.0.0.7:9", False, "10.0.0.7:9"),
        ("{listen: '0.0.0.0:9'}", "[2001:db8::7]:9", False, "[2001:db8::7]:9"),
        ("{listen: '0.0.0.0:80'}", "10.0.0.7", False, "10.0.0.7"),
        ("{trusted_proxies: 127.0.0.1}", "10.0.0.7", False, "10.0.0.7"),
    ],
)
def test_where_a_router_reaches_the_page(house, web, host, is_alone, place):
    """As the browser does; where that is this machine alone by where it listens, and else by its own address."""
    house.config.write_text(TEXT + (f"  web: {web}\n" if web else ""))
    port = house.door.port
    shown = house.get("/edit/part?at=push/lte", host=host.format(port=port)).text
    assert (ALONE in shown) == is_alone
    wanted = place.format(port=port)
    assert f"<code>http://{wanted}/nic/update?hostname=&lt;domain&gt;" in shown
    assert (f"Write <code>127.0.0.1:9876, {wanted}</code> into “Listen on”" in shown) == is_alone


def test_a_page_behind_a_proxy_is_reached_as_the_browser_does(tmp_path):
    """By the proxy's name and scheme; that the page itself listens on loopback is no hindrance then."""
    with front_door(tmp_path / "page", trusted_proxies=("127.0.0.1",), names=("page.example",)) as door:
        through = {"host": "page.example", "x_forwarded_proto": "https", "x_forwarded_for": "192.0.2.7"}
        door.access.keep("password", "a hash")
        entered = door.ask("POST", "/enter", {"link": door.access.make_link()}, **through)
        door.desk.config.write_text(f"{TEXT}  web: {{trusted_proxies: 127.0.0.1, names: page.example}}\n")
        shown = door.ask("GET", "/edit/part?at=push/lte", cookie=cookie_of(entered), **through).text
        assert "https://page.example/nic/update?hostname=" in shown
        assert ALONE not in shown


def test_a_machine_without_a_router(house):
    """It knows no address of its own to listen on, and says so in other words."""
    ip("route del default")
    shown = house.get("/edit/part?at=push/lte").text
    assert "name the address, too, that this machine has in your network" in shown
    assert f"http://127.0.0.1:{house.door.port}/nic/update" in shown


def test_only_routers_have_its_form(house):
    """Another room, no kind, and a name that no page gives."""
    agent = settings(house)
    assert routers.part(agent, TEXT, "notify/x", "router") is None
    assert routers.part(agent, TEXT, "push/x") is None
    assert routers.part(agent, TEXT, "push/a:b", "router") is None
    form = routers.part(agent, TEXT, "push/lte")
    assert {one.name: (one.value, one.is_required) for one in form.fields} == {
        "password": ("", False),
        "names": ("", False),
    }
    new = routers.part(agent, TEXT, "push/x", "router")
    assert fields.changed(TEXT, new, {"password": "p"}) == TEXT.replace(
        "passw0rd}\n", "passw0rd}\n    x: {password: p}\n"
    )


def test_who_is_not_signed_in_sees_no_router(house):
    """Nor what to type into one."""
    for path in ("/edit/part?at=push/lte", "/edit/router?user=x"):
        answer = house.door.ask("GET", path)
        assert (answer.status, "nic/update" in answer.text) == (303, False)
