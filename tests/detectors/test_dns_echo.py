"""Learning an address from a DNS server, and not from whoever answers in its place."""

import base64
import contextlib
import ssl
import struct
from dataclasses import replace
from ipaddress import ip_address

import dns.flags
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from fakes.attempt import attempt
from fakes.echo import echo, has_ipv6
from fakes.internet import HOME, internet
from fakes.tools import toolbox
from fakes.whoami import Whoami, whoami
from homeport.detectors import dns_echo as module
from homeport.detectors._services import WHOAMI
from homeport.detectors.dns_echo import DnsEcho, Settings
from homeport.model.address import Family, parse_address, why_not_public
from homeport.model.line import Line
from homeport.model.observation import Addresses, Unknown
from homeport.model.operator import WORLDWIDE
from homeport.net.http import HttpClient
from homeport.net.target import Target
from homeport.wire import dns as wire

NAME = "whoami.test"
HERE = Addresses((parse_address("127.0.0.1"),))
needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A busy machine is no lost datagram: waits are long here, and short where waiting is the point."""
    monkeypatch.setattr(module, "WAITS", (30.0,))
    monkeypatch.setattr(module, "PATIENCE", 30.0)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, monkeypatch, tmp_path):
    """Let the standard library trust the test's authority, as the system's."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


def tls_of(authority, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def asking(server, host="127.0.0.1", names=None, line=None, **settings):
    box = toolbox(names=names)
    box = box if line is None else replace(box, line=line)
    return DnsEcho(Settings(server=f"{host}:{server.port}", name=NAME, **settings), box)


@pytest.mark.parametrize("how", ["udp", "tcp"])
@pytest.mark.parametrize(("rrtype", "asked"), [("", "A"), ("A", "A"), ("TXT", "TXT")])
async def test_learns_what_the_server_saw(how, rrtype, asked):
    """The question is asked once, in the way that was chosen, and its answer is believed."""
    async with whoami() as server:
        assert await asking(server, protocol=how, type=rrtype).detect(Family.V4) == HERE
    assert server.asked == [f"{NAME}. IN {asked}"]
    assert server.over == [how]


@needs_ipv6
@pytest.mark.parametrize("how", ["udp", "tcp"])
async def test_a_name_is_looked_up_in_the_family_that_is_asked(how):
    """The configured resolver finds the server, and IPv6 is asked over IPv6 for an AAAA."""
    names = {"ns.test": ["127.0.0.1", "::1"]}
    async with whoami("::1") as server:
        found = await asking(server, host="ns.test", names=names, protocol=how).detect(Family.V6)
    assert found == Addresses((parse_address("::1"),))
    assert server.asked == [f"{NAME}. IN AAAA"]


@pytest.mark.parametrize("how", ["udp", "tcp"])
async def test_it_leaves_over_the_line_it_was_given(how):
    """A line's own source address is what the server sees."""
    async with whoami() as server:
        found = await asking(server, line=Line(source=ip_address("127.0.0.7")), protocol=how).detect(
            Family.V4
        )
    assert found == Addresses((parse_address("127.0.0.7"),))


async def test_a_line_that_cannot_be_used_is_no_default_route():
    """Nothing leaves another way."""
    async with whoami() as server:
        verdict = await asking(server, line=Line(interface="nowhere0")).detect(Family.V4)
    assert isinstance(verdict, Unknown)
    assert server.asked == []


async def test_over_tls_the_certificate_counts(authority, trusted):
    """DoT is believed when the server is who it says."""
    names = {"ns.test": ["127.0.0.1"]}
    async with whoami(tls=tls_of(authority, "ns.test")) as server:
        assert await asking(server, host="ns.test", names=names, protocol="tls").detect(Family.V4) == HERE
    assert server.over == ["tls"]


async def test_over_tls_a_stranger_is_unknown(authority, trusted):
    """A certificate of another name is a server in between."""
    names = {"ns.test": ["127.0.0.1"]}
    async with whoami(tls=tls_of(authority, "other.test")) as server:
        verdict = await asking(server, host="ns.test", names=names, protocol="tls").detect(Family.V4)
    assert isinstance(verdict, Unknown)
    assert "the certificate does not match" in verdict.why
    assert server.asked == []


async def ask_https(authority, answers, **does):
    """Ask a DoH server that answers so; return the verdict and the requests."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    does = {"headers": {"Content-Type": "application/dns-message"}} | does
    async with echo(tls=tls_of(authority, "127.0.0.1"), answers=answers, **does) as server:
        box = toolbox(http=HttpClient(timeout=60, verify=trusting))
        settings = Settings(server=server.url("/dns-query", scheme="https"), protocol="https", name=NAME)
        try:
            return await DnsEcho(settings, box).detect(Family.V4), server.requests
        finally:
            await box.http.aclose()


async def test_over_https_the_message_is_posted(authority):
    """DoH is a POST of the very message (RFC 8484), with the id 0."""
    answering = Whoami()
    verdict, [request] = await ask_https(authority, lambda one: answering.answer(one.body, one.peer))
    assert verdict == HERE
    assert (request.method, request.target) == ("POST", "/dns-query")
    assert request.headers["content-type"] == request.headers["accept"] == "application/dns-message"
    assert request.body[:2] == b"\0\0"


@pytest.mark.parametrize(
    ("body", "does", "why"),
    [
        (b"<html>", {"headers": {"Content-Type": "text/html"}}, "answered 200 with text/html instead of DNS"),
        (b"no", {"status": 403}, "answered 403"),
        (b"", {"status": 302, "headers": {"Location": "/login"}}, "answered 302"),
        (b"x" * 40, {}, "answered another question"),
    ],
)
async def test_a_portal_over_https_is_unknown(authority, body, does, why):
    """A page is no DNS message, whatever its status."""
    verdict, _ = await ask_https(authority, lambda _: body, **does)
    assert isinstance(verdict, Unknown)
    assert why in verdict.why


async def test_a_lost_datagram_is_sent_again(monkeypatch):
    """UDP loses; the question is repeated."""
    monkeypatch.setattr(module, "WAITS", (0.05, 30.0))
    async with whoami(lose=1) as server:
        assert await asking(server).detect(Family.V4) == HERE
    assert server.over == ["udp", "udp"]


async def test_silence_is_unknown_after_a_few_tries(monkeypatch):
    """A server that never answers is asked three times and no more."""
    monkeypatch.setattr(module, "WAITS", (0.05, 0.05, 0.05))
    async with whoami(lose=99) as server:
        verdict = await asking(server).detect(Family.V4)
    assert isinstance(verdict, Unknown)
    assert "did not answer" in verdict.why
    assert len(server.over) == 3


async def test_a_truncated_answer_is_asked_for_again_over_tcp():
    """TC means that the whole one is had over TCP (RFC 7766)."""
    async with whoami(cut=True) as server:
        assert await asking(server).detect(Family.V4) == HERE
    assert server.over == ["udp", "tcp"]


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (
            {"rcode": "NXDOMAIN", "says": []},
            "it answered NXDOMAIN for whoami.test",
        ),
        ({"rcode": "REFUSED", "says": []}, "it answered REFUSED for whoami.test"),
        ({"says": []}, "answered 0 records"),
        ({"says": ["192.0.2.1", "192.0.2.2"]}, "answered 2 records"),
        ({"owner": "other.test."}, "exactly one address is expected"),
    ],
)
async def test_anything_but_one_address_is_unknown(does, why):
    """A resolver in between, an empty answer, several: never an address, always a reason."""
    async with whoami(**does) as server:
        verdict = await asking(server).detect(Family.V4)
    assert isinstance(verdict, Unknown)
    assert why in verdict.why


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (['"2001:db8::1"'], "not an IPv4 address"),
        (['"your address is 192.0.2.1"'], "which is no address"),
        (['"192.0.2.1"', '"edns0-client-subnet 192.0.2.0/24"'], "answered 2 records"),
        (['""'], "which is no address"),
    ],
)
async def test_a_text_that_is_not_one_address_is_unknown(says, why):
    """Of a TXT record the whole text counts; a second one is a resolver's own addition."""
    async with whoami(says=says) as server:
        verdict = await asking(server, type="TXT").detect(Family.V4)
    assert isinstance(verdict, Unknown)
    assert why in verdict.why


async def test_another_question_is_not_answered(monkeypatch):
    """What does not answer our question is as if nothing had come."""
    monkeypatch.setattr(module, "WAITS", (0.05,))
    async with whoami(reask=True) as server:
        verdict = await asking(server).detect(Family.V4)
        over_tcp = await asking(server, protocol="tcp").detect(Family.V4)
    assert "did not answer" in verdict.why
    assert "answered another question over TCP" in over_tcp.why


@pytest.mark.parametrize(
    ("does", "why"),
    [({"hang_up": True}, "closed the TCP connection without an answer"), ({"raw": b"x"}, "another question")],
)
async def test_a_broken_stream_is_unknown(does, why):
    """A connection that ends early, or carries something else."""
    async with whoami(**does) as server:
        verdict = await asking(server, protocol="tcp").detect(Family.V4)
    assert isinstance(verdict, Unknown)
    assert why in verdict.why


@given(st.binary(max_size=80), st.sampled_from(sorted(WHOAMI)), st.integers(0, 15), st.booleans())
def test_no_answer_does_worse_than_a_reason(rest, name, rcode, with_authority):
    """Whatever follows the question: one address of an answer that may hold one, or why it is none."""
    asked = WHOAMI[name]
    [rrtype] = {asked.types[Family.V4]}
    query = wire.query(7, asked.name, rrtype, rrclass=asked.rrclass)
    head = struct.pack("!6H", 7, 0x8000 | with_authority << 10 | rcode, 1, 1, 0, 0)
    whole = head + query[12:] + rest
    found, why = attempt(lambda: parse_address(module._address(wire.parse(whole), asked, rrtype)))
    assert why or (found and rcode == 0 and with_authority >= asked.is_authoritative)


def preset(name, server, monkeypatch, **changes):
    """Put a preset where the fake is, which is not public."""
    monkeypatch.setattr(module, "why_not_public", lambda _: None)
    monkeypatch.setitem(module._PORTS, "udp", server.port)
    moved = replace(WHOAMI[name], servers=dict.fromkeys(Family, "127.0.0.1"), **changes)
    monkeypatch.setitem(WHOAMI, name, moved)
    return DnsEcho(Settings(server=name), toolbox())


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("akamai", "whoami.akamai.net. IN A"),
        ("cloudflare", "whoami.cloudflare. CH TXT"),
        ("google", "o-o.myaddr.l.google.com. IN TXT"),
        ("opendns", "myip.opendns.com. IN A"),
        ("quad9", "whatismyip.on.quad9.net. IN A"),
    ],
)
async def test_a_preset_asks_what_its_makers_document(name, asked, monkeypatch):
    """Name, type and class are the service's own."""
    async with whoami() as server:
        assert await preset(name, server, monkeypatch).detect(Family.V4) == HERE
    assert server.asked == [asked]
    assert server.recursed == [not WHOAMI[name].is_authoritative]


async def test_an_answer_without_authority_is_a_resolver_in_between(monkeypatch):
    """An ISP that catches port 53 asks on its own, and would have its own address published."""
    async with whoami(flags=dns.flags.RA, says=["192.0.2.53"]) as server:
        verdict = await preset("google", server, monkeypatch).detect(Family.V4)
    assert verdict == Unknown("the answer is not its own: a resolver in between answers in its place")


async def test_a_well_known_server_that_does_not_know_its_name_is_another(monkeypatch):
    """OpenDNS knows itself: whoever says NXDOMAIN is not OpenDNS."""
    async with whoami(rcode="NXDOMAIN", says=[]) as server:
        verdict = await preset("opendns", server, monkeypatch).detect(Family.V4)
    assert verdict == Unknown("it answered NXDOMAIN, as a resolver does that answers in its place")


@pytest.mark.parametrize("address", ["127.0.0.1", "198.18.0.7", "10.0.0.53"])
async def test_a_well_known_server_that_is_looked_up_as_a_private_one_is_not_asked(address):
    """A resolver on this machine, or a proxy's made-up address, is not Akamai."""
    box = toolbox(names={"ns1-1.akamaitech.net": [address]})
    verdict = await DnsEcho(Settings(server="akamai"), box).detect(Family.V4)
    assert isinstance(verdict, Unknown)
    assert f"is looked up as {address}" in verdict.why
    assert "something here answers in its place" in verdict.why


@pytest.mark.parametrize("name", WHOAMI)
def test_every_preset_is_whole(name):
    """It has an operator and a camp, and each way to ask it has a public place in its family."""
    for how in WHOAMI[name].protocols:
        detector = DnsEcho(Settings(server=name, protocol=how), toolbox())
        assert detector.camp == WORLDWIDE
        assert detector.protocol in {"dns", "dot", "doh"}
        assert detector.families
    operators = {
        DnsEcho(Settings(server=name, protocol=how), toolbox()).operator for how in WHOAMI[name].protocols
    }
    assert len(operators) == 1
    for family, host in WHOAMI[name].servers.items():
        if not host[-1].isalpha() or ":" in host:
            assert why_not_public(family.parse(host)) is None


async def test_a_family_it_does_not_serve_is_unknown():
    """Nobody is asked."""
    verdict = await DnsEcho(Settings(server="akamai"), toolbox()).detect(Family.V6)
    assert verdict == Unknown("akamai does not serve IPv6")


@pytest.mark.parametrize(
    ("settings", "shown", "operator", "protocol"),
    [
        ({"server": "opendns"}, "dns_echo opendns", "opendns.com", "dns"),
        (
            {"server": "cloudflare", "protocol": "https"},
            "dns_echo cloudflare over https",
            "cloudflare.com",
            "doh",
        ),
        ({"server": "192.0.2.53", "name": NAME}, "dns_echo 192.0.2.53", "192.0.2.53:53", "dns"),
        (
            {"server": "https://me:s3cr3t@dns.example.net/q?t=s3cr3t", "name": NAME, "protocol": "https"},
            "dns_echo https://dns.example.net/q over https",
            "example.net",
            "doh",
        ),
        (
            {"server": "dns.example.net:8853", "name": NAME, "protocol": "tls"},
            "dns_echo dns.example.net:8853 over tls",
            "example.net",
            "dot",
        ),
    ],
)
def test_it_says_whom_it_asks_and_how(settings, shown, operator, protocol):
    """Operator and protocol decide whether two witnesses are independent."""
    detector = DnsEcho(Settings(**settings), toolbox())
    assert (detector.describe(), detector.operator, detector.protocol) == (shown, operator, protocol)
    assert detector.witnesses == 2


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"server": "ns.test"}, "expected a preset"),
        ({"server": "opendns", "name": NAME}, "a name and a type of its own"),
        ({"server": "google", "protocol": "tls"}, "google is asked over udp, tcp"),
        ({"server": "ns.test:x", "name": NAME}, "not a server's address"),
        ({"server": "ns.test", "name": "a..b"}, "empty or longer"),
        ({"server": "ns.test", "name": NAME, "protocol": "https"}, "begins with https://"),
        ({"server": "http://ns.test/", "name": NAME, "protocol": "https"}, "begins with https://"),
    ],
)
def test_a_mistake_is_refused_when_it_is_read(settings, why):
    """It is told with the file, not at night."""
    with pytest.raises(ValueError, match=why):
        Settings(**settings)


def test_the_class_chaos_is_on_the_wire():
    """Cloudflare answers this name in no other class."""
    assert wire.query(7, "whoami.cloudflare", wire.Type.TXT, rrclass=wire.CH)[-4:] == b"\0\x10\0\3"
    assert base64.b16encode(wire.query(7, "a.test", wire.Type.A)[-4:]) == b"00010001"


@pytest.mark.parametrize(("name", "how"), [(name, how) for name in WHOAMI for how in WHOAMI[name].protocols])
async def test_a_preset_is_asked_where_it_really_is(name, how, tmp_path, monkeypatch, own_network):
    """At its own address and port, with its own certificate, as on the internet."""
    preset = WHOAMI[name]
    async with internet(tmp_path) as world, contextlib.AsyncExitStack() as stack:
        monkeypatch.setenv("SSL_CERT_FILE", str(world.authorities))
        host = preset.servers[Family.V4]
        address = world.place("96.7.49.66", host) if host[-1].isalpha() else world.place(host)
        answering = Whoami()
        if how == "https":
            url = Target.parse(preset.urls[Family.V4])
            at = world.place(url.host if url.host[-1].isdigit() else address, url.host)
            does = {"headers": {"Content-Type": "application/dns-message"}, "port": 443}
            answer = lambda one: answering.answer(one.body, one.peer)  # noqa: E731 -- it is one expression
            await stack.enter_async_context(echo(at, tls=world.tls(url.host), answers=answer, **does))
        else:
            tls = world.tls(preset.tls_name) if how == "tls" else None
            answering = await stack.enter_async_context(whoami(address, tls, port=853 if tls else 53))
        found = await DnsEcho(Settings(server=name, protocol=how), world.tools).detect(Family.V4)
    assert found == Addresses((parse_address(HOME),))
    assert len(answering.asked) == 1
