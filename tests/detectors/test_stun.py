"""Learning an address from a STUN server."""

import asyncio
import struct

import pytest

from fakes.echo import has_ipv6
from fakes.stun import COOKIE, stun
from fakes.tools import toolbox
from homeport.detectors import stun as module
from homeport.detectors._services import STUN
from homeport.detectors.stun import Settings, Stun, split_server
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Unknown
from homeport.model.operator import MAINLAND, WORLDWIDE


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A busy machine is no lost datagram: waits are long here, and short where waiting is the point."""
    monkeypatch.setattr(module, "WAITS", (30.0,))


def asking(server, host="127.0.0.1", **tools):
    return Stun(Settings(server=f"{host}:{server.port}"), toolbox(**tools))


async def test_learns_what_the_server_saw():
    """The address the datagram came from is the answer."""
    async with stun() as server:
        assert await asking(server).detect(Family.V4) == Addresses((parse_address("127.0.0.1"),))


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
async def test_a_name_is_looked_up_in_the_family_that_is_asked():
    """The configured resolver finds the server, and IPv6 is asked over IPv6."""
    names = {"stun.test": ["127.0.0.1", "::1"]}
    async with stun("::1") as server:
        detector = asking(server, host="stun.test", names=names)
        assert await detector.detect(Family.V6) == Addresses((parse_address("::1"),))


async def test_a_lost_datagram_is_sent_again(monkeypatch):
    """UDP loses; the question is repeated with the same transaction."""
    monkeypatch.setattr(module, "WAITS", (0.05, 30.0))
    async with stun(lose=1) as server:
        assert isinstance(await asking(server).detect(Family.V4), Addresses)
    first, second = server.requests
    assert first == second


async def test_silence_is_unknown_after_a_few_tries(monkeypatch):
    """A server that never answers is asked three times and no more."""
    monkeypatch.setattr(module, "WAITS", (0.05, 0.05, 0.05))
    async with stun(lose=99) as server:
        verdict = await asking(server).detect(Family.V4)
        await asyncio.sleep(0)
    assert isinstance(verdict, Unknown)
    assert "did not answer" in verdict.why
    assert len(server.requests) == 3


def test_it_waits_about_three_seconds_in_all():
    """Slower than that, a round is better off without this witness."""
    assert sum((0.5, 1.0, 1.5)) == 3.0
    assert Stun(Settings(server="s.test"), toolbox()).witnesses == 2


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ({"error": 420}, "refused: 420 Try Later"),
        ({"says": "2001:db8::1"}, "was asked over IPv4 and answered 2001:db8::1"),
        ({"raw": struct.pack("!HHI", 0x0101, 0, COOKIE) + b"TRANSACTION"}, "without an address"),
        ({"raw": struct.pack("!HHI", 0x0101, 8, COOKIE) + b"TRANSACTION"}, "cut off"),
    ],
)
async def test_a_bad_answer_is_unknown(does, why):
    """An error, another family's address, nothing, damage: each has its reason."""
    async with stun(**does) as server:
        verdict = await asking(server).detect(Family.V4)
    assert isinstance(verdict, Unknown)
    assert why in verdict.why


async def test_an_unknown_name_is_unknown():
    """A server that cannot be found is not "no address"."""
    verdict = await Stun(Settings(server="nowhere.test"), toolbox()).detect(Family.V4)
    assert verdict == Unknown("nowhere.test has no address here")


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("stun.test", ("stun.test", 3478)),
        ("stun.test:19302", ("stun.test", 19302)),
        ("192.0.2.1:1", ("192.0.2.1", 1)),
        ("[2001:db8::1]:5", ("2001:db8::1", 5)),
        ("[2001:db8::1]", ("2001:db8::1", 3478)),
        ("2001:db8::1", ("2001:db8::1", 3478)),
    ],
)
def test_reads_host_and_port(text, server):
    """The port may be left out, and IPv6 may stand in brackets."""
    assert split_server(text) == server


def test_a_mistyped_built_in_server_is_answered_with_the_right_word():
    """One word is a host too, as `nas` is, unless it is nearly the name of a built-in server."""
    with pytest.raises(ValueError, match='"clodflare"; did you mean "cloudflare"'):
        Settings(server="clodflare")
    assert Settings(server="nas").server == "nas"
    assert Settings(server="cloudflare.test").server == "cloudflare.test"


@pytest.mark.parametrize("text", ["", ":3478", "stun.test:", "stun.test:x", "stun.test:0", "stun.test:65536"])
def test_a_bad_server_is_refused_when_it_is_read(text):
    """The mistake is told with the file."""
    with pytest.raises(ValueError, match="host:port"):
        Settings(server=text)


@pytest.mark.parametrize("name", STUN)
def test_every_built_in_server_is_whole(name):
    """It is known who runs it and in which camp, and people see its short name."""
    server = Stun(Settings(server=name), toolbox())
    assert server.camp in {MAINLAND, WORLDWIDE}
    assert server.protocol == "stun"
    assert server.describe() == f"stun {name}"


async def test_an_alternate_server_is_never_followed():
    """Where a server sends its callers, nobody asked for; the reason says what to do."""
    alternate = attribute(0x0009, b"\0\0\3\0Try Alternate") + attribute(0x8023, b"\0\1\0\7\x7f\0\0\2")
    answer = struct.pack("!HHI", 0x0111, len(alternate), COOKIE) + b"TRANSACTION" + alternate
    async with stun(raw=answer) as server:
        verdict = await asking(server).detect(Family.V4)
    assert "300 Try Alternate; it sends its callers to another server" in verdict.why


async def test_the_address_is_told_apart_from_what_a_nat_rewrote():
    """XOR-MAPPED-ADDRESS counts before MAPPED-ADDRESS, which a helpful NAT has changed on its way."""
    async with stun(rewritten="10.0.0.7") as server:
        assert await asking(server).detect(Family.V4) == Addresses((parse_address("127.0.0.1"),))


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def test_its_operator_is_who_runs_the_host():
    """Names are told apart by domain, addresses by port."""
    assert Stun(Settings(server="stun1.l.google.com:19302"), toolbox()).operator == "google.com"
    assert Stun(Settings(server="127.0.0.1:19302"), toolbox()).operator == "127.0.0.1:19302"
