"""What routers are answered, asked as they ask: an agent's credentials behind it, over its real channel."""

import asyncio
import base64
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from homeport.agent import DATABASE
from homeport.agent.pushes import Pushes, calls
from homeport.config import loader
from homeport.gateway.request import Request as Asked
from homeport.model.address import parse_address
from homeport.net import channel
from homeport.stores.access import STRANGER, Access
from homeport.stores.pushed import FILE, PushedFile
from homeport.system.files import create_private, replace_private
from homeport.telemetry import events
from homeport.web.house import House
from homeport.web.pushing import FREE, FREE_NETWORK, Pushing

HOME, NAS = "home.duckdns.org", "nas.duckdns.org"
TEXT = f"""
agent:
  push:
    fritz: {{password: fritz-secret}}
    only.duckdns.org: {{password: unifi-secret, names: {NAS}}}
    unread: {{password: "env:HOMEPORT_TEST_NOT_SET"}}
  addresses:
    home: {{detect: [{{kind: push, from: fritz}}]}}
    lan: {{detect: [{{kind: push, from: only.duckdns.org}}], allow_private: true}}
    none: {{detect: [{{kind: push, from: unread}}]}}
  records:
    - {{name: {HOME}, types: [A, AAAA], address: home, provider: duck}}
    - {{name: {NAS}, types: [A], address: lan, provider: duck}}
  providers:
    duck: {{kind: duckdns, token: t}}
"""
FRITZ = ("fritz", "fritz-secret")
ROUTER = "93.184.216.99"


class Rig:
    """Who answers, and what came of it."""

    def __init__(self, folder, replace=replace_private):
        self.clock = FakeClock()
        self.access = Access(folder / "access.db", self.clock, create_private)
        self.kept = PushedFile(folder / FILE, self.clock, replace)
        settings = loader.parse(TEXT, Path("homeport.yaml")).config.agent
        self.hints = []
        self.agent = Pushes(settings, self.kept, self.clock, self.hints.append)
        self.pushing = Pushing(self.access, House(folder / DATABASE, self.clock), self.clock)

    async def ask(self, query, user=FRITZ, *, source=ROUTER, method="GET", agent="", body=b""):
        """Return status and body of an answer."""
        fields = [(b"user-agent", agent.encode())] if agent else []
        if user:
            fields.append((b"authorization", b"Basic " + base64.b64encode(":".join(user).encode())))
        if body:
            fields.append((b"content-type", b"application/x-www-form-urlencoded"))
        asked = Asked(method, f"/nic/update?{query}".encode(), fields, body, source, "")
        asked.caller = parse_address(source) if source else None
        answer = await self.pushing.answer(asked)
        return answer.status, answer.body.decode()

    async def pushed(self, credential="fritz"):
        found = await self.kept.of(credential)
        return [str(address) for address in found.addresses] if found else []


@asynccontextmanager
async def working(folder, **how):
    rig = Rig(folder, **how)
    async with channel.serve(channel.path_for(folder / DATABASE), calls(rig.agent)):
        yield rig


@pytest.fixture
def told():
    """Every refusal that is told."""
    found = []
    stop = events.listen(
        lambda event, fields: found.append(fields) if event is events.Event.ADDRESS_REFUSED else None
    )
    yield found
    stop()


@pytest.mark.parametrize(
    ("query", "answer", "kept"),
    [
        (f"hostname={HOME}&myip=93.184.216.34", "good 93.184.216.34", ["93.184.216.34"]),
        (
            f"hostname={HOME}&myip=93.184.216.34,2a00:1::9",
            "good 93.184.216.34,2a00:1::9",
            ["93.184.216.34", "2a00:1::9"],
        ),
        (
            f"hostname={HOME}&myip=93.184.216.34&myipv6=2a00:1::9/64",
            "good 93.184.216.34,2a00:1::9",
            ["93.184.216.34", "2a00:1::9"],
        ),
        (f"hostname={HOME}&myip=,2a00:1::9", "good 2a00:1::9", ["2a00:1::9"]),
        ("myip=93.184.216.34", "good 93.184.216.34", ["93.184.216.34"]),
        (f"hostname={HOME}", f"good {ROUTER}", [ROUTER]),
        (f"hostname={HOME}&myip=", f"good {ROUTER}", [ROUTER]),
        (f"hostname={HOME},{HOME}&myip=93.184.216.34", "good 93.184.216.34\ngood 93.184.216.34", ["93.184.216.34"]),
        (f"hostname={HOME},{NAS},x&myip=93.184.216.34", "good 93.184.216.34\nnohost\nnotfqdn", ["93.184.216.34"]),
        (f"hostname={NAS}&myip=93.184.216.34", "nohost", []),
        ("hostname=x&myip=93.184.216.34", "notfqdn", []),
        (f"hostname={HOME}&myip=93.184.216.340", "dnserr", []),
        (f"hostname={HOME}&myip=2a00:1::/64", "dnserr", []),
        (f"hostname={HOME}&myip=192.168.178.1", "dnserr", []),
        (f"hostname={HOME}&myip=127.0.0.1", "dnserr", []),
        (f"hostname={HOME}&myip=0.0.0.0", "dnserr", []),
        (f"hostname={HOME}&myip=93.184.216.34,fd00::1", "good 93.184.216.34", ["93.184.216.34"]),
        (f"hostname={HOME}&myip=no", "nochg", []),
        (f"hostname={HOME}&offline=yes", "!donator", []),
        ("hostname=" + ",".join([HOME] * 21), "numhost", []),
    ],
)  # fmt: skip
async def test_the_protocols_words(tmp_path, told, query, answer, kept):
    """One line for each name, what may not be published is not taken, and every refusal is told with its reason."""
    async with working(tmp_path) as rig:
        assert await rig.ask(query) == (200, answer)
        assert await rig.pushed() == kept
        assert bool(rig.hints) is bool(kept)
    words = {line.split()[0] for line in answer.splitlines()}
    assert bool(told) is (not words <= {"good", "nochg"} or "fd00" in query)
    assert all(each["reason"] and each["source"] == ROUTER and each["by"] == "fritz" for each in told)


async def test_the_same_again_is_nochg(tmp_path):
    """Once `good`, then `nochg`, and another address is `good` again; a push of one family takes the other not back."""
    async with working(tmp_path) as rig:
        for address, word in (("93.184.216.34", "good"), ("93.184.216.34", "nochg"), ("2a00:1::9", "good")):
            assert await rig.ask(f"hostname={HOME}&myip={address}") == (200, f"{word} {address}")
        assert await rig.pushed() == ["93.184.216.34", "2a00:1::9"]
        assert len(rig.hints) == 2


async def test_a_line_without_ipv4_pushes_the_prefix_alone(tmp_path, told):
    """A FRITZ!Box leaves `<ipaddr>` empty there: the address it calls from is not meant."""
    async with working(tmp_path) as rig:
        query = f"hostname={HOME}&myip=&ip6lanprefix=2a00:1:2:3::/64"
        assert await rig.ask(query, source="192.168.178.1") == (200, "good 2a00:1:2:3::")
        assert str((await rig.kept.of("fritz")).prefix) == "2a00:1:2:3::/64"
        assert await rig.ask(query, source="192.168.178.1") == (200, "nochg 2a00:1:2:3::")
    assert told == []


async def test_an_address_of_this_network_is_no_ones(tmp_path, told):
    """A router that names no address comes from its LAN address: the log says what its URL lacks."""
    async with working(tmp_path) as rig:
        assert await rig.ask(f"hostname={HOME}", source="192.168.178.1") == (200, "dnserr")
        assert await rig.ask(f"hostname={HOME}", source="") == (200, "dnserr")
        lan = ("only.duckdns.org", "unifi-secret")
        assert await rig.ask(f"hostname={NAS}", lan, source="192.168.178.1") == (200, "good 192.168.178.1")
    assert "names no address (myip), and 192.168.178.1" in told[0]["reason"]
    assert len(told) == 2


async def test_unifi_leaves_the_name_out(tmp_path):
    """Then the user is the name when it is one of a host, and else the credential's only one."""
    async with working(tmp_path) as rig:
        lan = ("only.duckdns.org", "unifi-secret")
        assert await rig.ask("hostname=&myip=93.184.216.34", lan) == (200, "good 93.184.216.34")
        assert await rig.pushed("only.duckdns.org") == ["93.184.216.34"]


@pytest.mark.parametrize(
    "query",
    [
        f"user=fritz&pass=fritz-secret&hostname={HOME}&myip=93.184.216.34",
        f"username=fritz&password=fritz-secret&hostname={HOME}&myip=93.184.216.34",
    ],
)
async def test_a_url_may_carry_user_and_password(tmp_path, query):
    """As routers do whose form has no place for them; a form that is posted as well."""
    async with working(tmp_path) as rig:
        assert await rig.ask(query, user=None) == (200, "good 93.184.216.34")
        assert await rig.ask("", None, method="POST", body=query.encode()) == (200, "nochg 93.184.216.34")


@pytest.mark.parametrize(
    "user",
    [("fritz", "wrong"), ("fritz", ""), ("nobody", "fritz-secret"), ("", ""), ("fritz", "unifi-secret")],
)
async def test_a_wrong_password_is_badauth(tmp_path, told, user):
    """The same answer whatever was wrong; it is told, and what was sent stands nowhere."""
    async with working(tmp_path) as rig:
        assert await rig.ask(f"hostname={HOME}&myip=93.184.216.34", user) == (401, "badauth")
        assert await rig.pushed() == []
        [line] = rig.access.audited()
        assert (line.who, line.source, line.what, line.detail) == (STRANGER, ROUTER, "push.refused", "")
    [refused] = told
    assert "by" not in refused
    assert not any(word and word in str(refused) for word in user if word != "fritz")


async def test_who_says_nothing_is_asked_for_it(tmp_path, told):
    """A client may ask without credentials first: it is challenged, and nothing is counted or told."""
    async with working(tmp_path) as rig:
        for _ in range(2 * FREE):
            assert await rig.ask(f"hostname={HOME}", user=None) == (401, "badauth")
        assert await rig.ask(f"hostname={HOME}&myip=93.184.216.34") == (200, "good 93.184.216.34")
    assert told == []


async def test_many_at_once_are_no_guesses(tmp_path):
    """A script that calls for each of its names at the same moment is believed each time."""
    async with working(tmp_path) as rig:
        query = f"hostname={HOME}&myip=93.184.216.34"
        answers = await asyncio.gather(*(rig.ask(query) for _ in range(3 * FREE)))
        assert {answer for _, answer in answers} <= {"good 93.184.216.34", "nochg 93.184.216.34"}
        assert len(rig.hints) == 1


async def test_guessing_waits_and_locks_nobody_out(tmp_path):
    """Who guesses is not looked at for a while, even with the right password; others are, and so is the page's owner."""
    async with working(tmp_path) as rig:
        query = f"hostname={HOME}&myip=93.184.216.34"
        for _ in range(FREE):
            assert await rig.ask(query, ("fritz", "guess")) == (401, "badauth")
        assert await rig.ask(query, ("fritz", "guess")) == (200, "911")
        assert await rig.ask(query) == (200, "911")
        assert await rig.ask(query, source="93.184.216.98") == (200, "good 93.184.216.34")
        assert rig.access.attempt({ROUTER: 1}) == 0
        await rig.clock.advance(61)
        assert await rig.ask(query) == (200, "nochg 93.184.216.34")
        assert await rig.ask(query, ("fritz", "guess")) == (401, "badauth")


async def test_a_customers_whole_network_is_one_who_guesses(tmp_path):
    """An IPv6 address is free to choose: the /48 is counted too, and forgives what the router got right."""
    async with working(tmp_path) as rig:
        for number in range(FREE_NETWORK):
            source = f"2a00:1:2:{number:x}::1"
            assert await rig.ask(f"hostname={HOME}", ("fritz", "guess"), source=source) == (401, "badauth")
        other = "2a00:1:2:ffff::1"
        assert await rig.ask(f"hostname={HOME}", ("fritz", "guess"), source=other) == (200, "911")
        assert await rig.ask(f"hostname={HOME}", source="2a00:1:3::1") == (200, "good 2a00:1:3::1")


async def test_what_fails_inside_is_911(tmp_path, told):
    """No agent, a full disk, a password that cannot be read: come back later, and the log says why."""

    def full(path, data):
        raise OSError(28, "No space left on device")

    query = f"hostname={HOME}&myip=93.184.216.34"
    assert await Rig(tmp_path).ask(query) == (200, "911")
    async with working(tmp_path, replace=full) as rig:
        assert await rig.ask(query) == (200, "911")
        assert await rig.ask(query, ("unread", "x")) == (200, "911")
        assert rig.hints == []
    whys = [each["reason"] for each in told]
    assert "is it running" in whys[0]
    assert "No space left" in whys[1]
    assert "HOMEPORT_TEST_NOT_SET" in whys[2]


async def test_opnsense_is_told_failures_as_such(tmp_path):
    """It takes any 2xx for a success; the gateway's own rule."""
    async with working(tmp_path) as rig:
        assert (await rig.ask(f"hostname={NAS}", agent="OPNsense-dyndns"))[0] == 400
    assert (await Rig(tmp_path).ask(f"hostname={HOME}", agent="OPNsense-dyndns"))[0] == 503


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE"])
async def test_no_other_method_updates(tmp_path, method):
    """A HEAD is a look."""
    async with working(tmp_path) as rig:
        assert await rig.ask(f"hostname={HOME}&myip=93.184.216.34", method=method) == (405, "badagent")
        assert await rig.pushed() == []


async def test_a_flood_of_refusals_is_told_in_part(tmp_path, told):
    """The first of a second one by one; how many there were more comes with a later one."""
    async with working(tmp_path) as rig:
        for _ in range(30):
            await rig.ask(f"hostname={NAS}")
        assert len(told) == 20
        await rig.clock.advance(1)
        await rig.ask(f"hostname={NAS}")
    assert told[-1]["more"] == 10
