"""dyndns2 as its clients know it: a word for each host, and HTTP 200."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.door import basic, door
from fakes.house import HOME
from homeport.errors import StoreUnavailable
from homeport.model.name import Fqdn

TWO = "hostname=home.dyn.example.com,nas.dyn.example.com"


async def ask(at, query, headers=None):
    said = await at.ask(f"/nic/update?{query}", headers=at.basic | (headers or {}))
    return said.status, said.text


async def test_good_then_nochg_with_both_families():
    """One line, addresses joined by a comma, nothing after it."""
    async with door() as at:
        query = "hostname=home.dyn.example.com&myip=2606:4700::1,198.51.100.7&system=dyndns&wildcard=NOCHG"
        assert await ask(at, query) == (200, "good 198.51.100.7,2606:4700::1")
        assert await ask(at, query) == (200, "nochg 198.51.100.7,2606:4700::1")
        assert await ask(at, "hostname=home.dyn.example.com&myip=198.51.100.8") == (200, "good 198.51.100.8")
        assert len(at.here.directory.binding(HOME).addresses) == 2


async def test_a_line_for_each_host_in_order():
    """Names that are wrong do not keep the right ones from being updated."""
    async with door() as at:
        await at.here.hosts.add(Fqdn.parse("other.dyn.example.com"))
        names = "nas.dyn.example.com,other.dyn.example.com,bad..name,home.dyn.example.com,localhost"
        status, text = await ask(at, f"hostname={names}&myip=198.51.100.7")
        assert status == 200
        assert text.split("\n") == ["good 198.51.100.7", "nohost", "notfqdn", "good 198.51.100.7", "notfqdn"]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("hostname=nobody.dyn.example.com&myip=198.51.100.7", "nohost"),
        ("hostname=home.notdyn.example.com&myip=198.51.100.7", "nohost"),
        ("myip=198.51.100.7", "notfqdn"),
        ("hostname=&myip=198.51.100.7", "notfqdn"),
        ("hostname=home%00.dyn.example.com&myip=198.51.100.7", "notfqdn"),
        ("hostname=*.dyn.example.com&myip=198.51.100.7", "notfqdn"),
        ("hostname=" + ",".join(["home.dyn.example.com"] * 21) + "&myip=198.51.100.7", "numhost"),
        ("hostname=home.dyn.example.com&myip=198.51.100", "dnserr"),
        ("hostname=home.dyn.example.com&myip=127.0.0.1", "dnserr"),
        ("hostname=home.dyn.example.com", "dnserr"),
        ("hostname=home.dyn.example.com&offline=YES", "!donator"),
    ],
)
async def test_failures_are_words(query, text):
    """Each failure is its word with status 200; OPNsense, which looks at the status, gets 400."""
    async with door() as at:
        assert await ask(at, query) == (200, text)
        assert await ask(at, query, {"User-Agent": "OPNsense-dyndns"}) == (400, text)
        assert not at.here.directory.bindings


async def test_wrong_credentials():
    """401 with `badauth` and a challenge, for every way of getting it wrong, and nothing is written."""
    async with door() as at:
        issued = at.here.issued
        revision = at.here.directory.revision
        for headers in (
            {},
            basic(issued.id, "wrong"),
            basic("wrong", issued.secret),
            basic("", ""),
            {"Authorization": "Basic !!!"},
            {"Authorization": "Basic"},
            {"Authorization": "Digest x"},
        ):
            said = await at.ask(
                "/nic/update?hostname=home.dyn.example.com&myip=198.51.100.7", headers=headers
            )
            assert (said.status, said.text) == (401, "badauth")
            assert said.headers["www-authenticate"] == 'Basic realm="homeport"'
        assert at.here.directory.revision == revision


async def test_where_credentials_may_be():
    """Basic, Bearer, `token=`, user and password in the query, `id.secret` as anybody's password, in the path."""
    async with door() as at:
        issued, joined = at.here.issued, at.joined
        query = "hostname=home.dyn.example.com&myip=198.51.100.7"
        for target, headers in (
            (f"/nic/update?{query}", at.basic),
            (f"/nic/update?{query}", {"Authorization": f"Bearer {joined}"}),
            (f"/nic/update?{query}", basic("anybody", joined)),
            (f"/nic/update?{query}&token={joined}", {}),
            (f"/update?hostname=home.dyn.example.com&token={joined}&ip=198.51.100.7", {}),
            (f"/nic/update?{query}&username={issued.id}&password={issued.secret}", {}),
            (f"/u/{joined}/?{query}", {}),
        ):
            said = await at.ask(target, headers=headers)
            assert said.text.endswith(" 198.51.100.7"), target


async def test_names_a_router_leaves_out():
    """An empty `hostname` is the user, when that is a host's name, or the token's only host."""
    async with door() as at:
        said = await at.ask(
            "/nic/update?hostname=&myip=198.51.100.7", headers=basic("home.dyn.example.com", at.joined)
        )
        assert said.text == "good 198.51.100.7"
        only = await at.here.tokens.create([HOME])
        said = await at.ask("/nic/update?myip=198.51.100.7", headers=basic(only.id, only.secret))
        assert said.text == "nochg 198.51.100.7"


async def test_a_store_that_cannot_write(monkeypatch):
    """`911` with status 200, so that clients come back later; OPNsense gets 503."""
    async with door() as at:

        async def full(*_, **__):
            raise StoreUnavailable("the disk is full")

        monkeypatch.setattr(at.here.store, "commit", full)
        assert await ask(at, TWO + "&myip=198.51.100.7") == (200, "911")
        assert await ask(at, TWO + "&myip=198.51.100.7", {"User-Agent": "OPNsense-dyndns/1"}) == (503, "911")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40), st.text(max_size=40), st.booleans())
async def test_an_error_never_looks_like_success(hostname, address, is_authenticated):
    """Whatever is asked for: a body without an update holds neither `good`, `nochg` nor `OK`, and no user text."""
    async with door() as at:
        query = f"hostname=good{quote(hostname)}&myip=OK{quote(address)}"
        said = await at.ask(f"/nic/update?{query}", headers=at.basic if is_authenticated else {})
        assert said.status in {200, 401}
        assert said.text in {
            "nohost",
            "notfqdn",
            "dnserr",
            "badauth",
            "numhost",
            *("\n".join(["notfqdn"] * n) for n in range(2, 20)),
        }
