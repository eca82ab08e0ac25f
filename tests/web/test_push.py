"""Where routers call, over real sockets: every spelling of the path, what comes from elsewhere, and what is refused."""

import asyncio
import base64
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from fakes.front_door import front_door
from homeport.agent import DATABASE
from homeport.agent.pushes import Pushes, calls
from homeport.config import loader
from homeport.net import channel
from homeport.stores.pushed import FILE, PushedFile
from homeport.system.files import replace_private
from homeport.web.guard import PUSH
from homeport.web.push import FORM

TEXT = """
agent:
  push: {fritz: {password: fritz-secret}}
  addresses: {home: {detect: [{kind: push, from: fritz}]}}
  records: [{name: home.duckdns.org, types: [A], address: home, provider: duck}]
  providers: {duck: {kind: duckdns, token: t}}
"""
BASIC = {"authorization": "Basic " + base64.b64encode(b"fritz:fritz-secret").decode()}
QUERY = "hostname=home.duckdns.org&myip=93.184.216.34"


class Asking:
    """A page with an agent behind it, asked without blocking the agent."""

    def __init__(self, door, kept):
        self.door = door
        self.kept = kept

    async def __call__(self, *how, **headers):
        return await asyncio.to_thread(self.door.ask, *how, **headers)


@asynccontextmanager
async def asking(folder, **settings):
    """Yield a page in a thread of its own, and the agent's part of it in this one."""
    clock = FakeClock()
    kept = PushedFile(folder / FILE, clock, replace_private)
    agent = Pushes(loader.parse(TEXT, Path("homeport.yaml")).config.agent, kept, clock, lambda _: None)
    async with channel.serve(channel.path_for(folder / DATABASE), calls(agent)):
        with front_door(folder, **settings) as door:
            yield Asking(door, kept)


async def test_every_spelling_of_the_path_is_answered(tmp_path):
    """Without a redirect, which no router follows; nobody is signed in, and no password of the page is set."""
    async with asking(tmp_path) as ask:
        for path in sorted(PUSH):
            answer = await ask("GET", f"{path}?{QUERY}", **BASIC)
            assert (answer.status, answer.text.split()[1]) == (200, "93.184.216.34"), path
            assert answer.headers["content-type"].startswith("text/plain")
            assert not answer.text.endswith("\n")
        assert "location" not in (await ask("GET", f"/nic/update?{QUERY}", **BASIC)).headers


async def test_a_wrong_password_is_challenged(tmp_path):
    """With 401, which every client understands, and never with the entrance."""
    async with asking(tmp_path) as ask:
        for headers in ({}, {"authorization": "Basic x"}, {"authorization": "Basic " + "eDp5"}):
            answer = await ask("GET", f"/nic/update?{QUERY}", **headers)
            assert (answer.status, answer.text) == (401, "badauth")
            assert answer.headers["www-authenticate"] == 'Basic realm="homeport"'
        assert (await ask("HEAD", f"/nic/update?{QUERY}", **BASIC)).status == 405
        assert await ask.kept.of("fritz") is None


async def test_a_form_is_bounded(tmp_path):
    """What is posted means the same, as far as a router ever posts."""
    kind = {"content_type": "application/x-www-form-urlencoded"}
    async with asking(tmp_path) as ask:
        answer = await ask("POST", "/nic/update", QUERY.encode(), **BASIC, **kind)
        assert (answer.status, answer.text) == (200, "good 93.184.216.34")
        assert (await ask("POST", "/nic/update", b"x" * (FORM + 1), **BASIC, **kind)).status == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"referer": "http://evil.example/"},
    ],
)
async def test_another_sites_page_pushes_nothing(tmp_path, headers):
    """A browser may know the password: no page of another site makes it call, not even by GET."""
    async with asking(tmp_path) as ask:
        for method in ("GET", "POST"):
            assert (await ask(method, f"/nic/update?{QUERY}", **BASIC, **headers)).status == 403
        assert (await ask("GET", f"/nic/update?{QUERY}", host="evil.example", **BASIC)).status == 421
        assert await ask.kept.of("fritz") is None


async def test_a_session_is_no_credential(tmp_path):
    """Who is signed in to the page has no say about a router's address here."""
    async with asking(tmp_path) as ask:
        owner = await asyncio.to_thread(ask.door.sign_in)
        assert (await ask("GET", f"/nic/update?{QUERY}", cookie=owner)).status == 401


@pytest.mark.parametrize(
    ("trusted", "headers", "said"),
    [
        ((), {}, "dnserr"),
        ((), {"x_forwarded_for": "93.184.216.99"}, "dnserr"),
        (("127.0.0.1",), {"x_forwarded_for": "93.184.216.99"}, "good 93.184.216.99"),
        (("127.0.0.1",), {"x_forwarded_for": "198.51.100.1, 93.184.216.99"}, "good 93.184.216.99"),
        (("127.0.0.1",), {"x_forwarded_for": "unknown"}, "dnserr"),
    ],
)
async def test_without_an_address_the_callers_counts(tmp_path, trusted, headers, said):
    """As a trusted proxy tells it, and nobody else; this machine's own is none that the world can reach."""
    async with asking(tmp_path, trusted_proxies=trusted) as ask:
        answer = await ask("GET", "/nic/update?hostname=home.duckdns.org", **BASIC, **headers)
        assert (answer.status, answer.text) == (200, said)


async def test_nothing_of_a_push_stands_in_the_log(tmp_path, capfd, caplog):
    """Neither the password of a URL nor that of a header, right or wrong."""
    caplog.set_level("DEBUG")
    async with asking(tmp_path) as ask:
        for password in ("fritz-secret", "wrong-secret"):
            await ask("GET", f"/update?user=fritz&pass={password}&{QUERY}")
        await ask("GET", f"/nic/update?{QUERY}", **BASIC)
    said = "".join((caplog.text, *capfd.readouterr()))
    assert "address.pushed" in said
    assert "address.refused" in said
    assert "-secret" not in said
