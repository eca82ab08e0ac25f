"""Learning an address from a web service that may be anything but."""

import contextlib
import ssl
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from fakes.echo import PORTAL, echo, has_ipv6
from fakes.tools import FakeResolver, toolbox
from homeport.agent import detect
from homeport.config import loader
from homeport.detectors._asking import address_in
from homeport.detectors._services import ECHOES, Echo
from homeport.detectors.http_echo import HttpEcho, Settings
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Unknown
from homeport.model.operator import MAINLAND, WORLDWIDE, operator_of
from homeport.net.dial import Dialer
from homeport.net.http import HttpClient
from homeport.net.target import Target
from homeport.ports import HttpAnswer

SECRET = "s3cr3t"


async def ask(url, family=Family.V4, **tools):
    box = toolbox(**tools)
    try:
        return await HttpEcho(Settings(url=url), box).detect(family)
    finally:
        await box.http.aclose()


@pytest.mark.parametrize(
    "body", [b"203.0.113.9", b"  203.0.113.9\r\n", b"100.64.3.4", b"10.0.0.1", b"::ffff:203.0.113.9"]
)
async def test_one_address_is_learned(body):
    """White space around it is forgiven; whether it may be published is not decided here."""
    async with echo(body=body) as server:
        assert await ask(server.url()) == Addresses((parse_address(body.decode()),))


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ({"status": 511, "body": PORTAL}, "answered 511 .* with a web page, as captive portals do"),
        ({"body": PORTAL}, "answered with a web page instead of an address, as captive portals do"),
        ({"body": b"login at 10.0.0.1", "headers": {"Content-Type": "text/html"}}, "web page instead"),
        (
            {"status": 302, "headers": {"Location": "http://portal.example/login?t=s3cr3t"}},
            "answered 302, a redirect to portal.example, as captive portals do",
        ),
        (
            {"status": 308, "headers": {"Location": "/ip?t=s3cr3t"}},
            "a redirect: write http://127.0.0.1:.*/ip instead",
        ),
        ({"status": 301, "headers": {"Location": "http://[x"}}, "answered 301, a redirect to nowhere"),
        ({"status": 301, "headers": {"Location": "app:open"}}, "answered 301, a redirect to nowhere"),
        ({"status": 302}, "answered 302, a redirect to 127.0.0.1"),
        ({"status": 500, "body": b"203.0.113.9"}, r"answered 500 \(internal server error\)"),
        ({"status": 203, "body": b"203.0.113.9"}, "answered 203"),
        ({"body": b""}, "answered nothing"),
        ({"body": b" \n"}, "answered nothing"),
        ({"body": b"203.0.113.9\n203.0.113.10"}, "exactly one address is expected"),
        ({"body": b"203.0.113.9, 10.0.0.1"}, "exactly one address is expected"),
        ({"body": b"203.0.113.9" + b" " * 20 + b"x" * 900}, "931 bytes"),
        ({"body": b"203.0.113.256"}, "'203.0.113.256', which is no address"),
        ({"body": b"fe80::1%eth0"}, "which is no address"),
        ({"body": b"2001:db8::9"}, "not an IPv4 address: '2001:db8::9'"),
        ({"body": b"\xff\xfe\x00"}, "which is no address"),
        ({"body": b"203.0.113.9", "cut": 4}, "closed before the whole answer"),
        ({"body": b"x" * 1_100_000}, "larger than"),
        ({"raw": b"\r\n\r\nno http at all\r\n\r\n"}, "not HTTP|closed"),
    ],
)
async def test_anything_else_is_unknown_and_says_what_came(does, why):
    """A portal, an error, nothing, too much, the wrong thing: never an address, always a reason."""
    async with echo(**does) as server:
        verdict = await ask(server.url(f"/?token={SECRET}"))
    assert isinstance(verdict, Unknown)
    assert __import__("re").search(why, verdict.why), verdict.why
    assert SECRET not in verdict.why


async def test_a_script_that_calls_its_address_html_is_believed():
    """What a body is counts, not what its header says: few scripts set it."""
    async with echo(body=b"203.0.113.9\n", headers={"Content-Type": "text/html"}) as server:
        assert await ask(server.url()) == Addresses((parse_address("203.0.113.9"),))


async def test_a_portal_with_a_certificate_of_another_name_is_unknown():
    """TLS is verified: whoever is in between cannot answer for the service."""
    authority, trusting = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(trusting)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("portal.example").configure_cert(theirs)
    async with echo(tls=theirs, body=b"203.0.113.9") as server:
        here = FakeResolver({"ip.example": ["127.0.0.1"]})
        client = HttpClient(Dialer(resolver=here), timeout=60, verify=trusting)
        verdict = await ask(server.url(host="ip.example", scheme="https"), http=client)
    assert isinstance(verdict, Unknown)
    assert "the certificate does not match" in verdict.why


TRACE = "fl=1f2\nh={host}\nip={ip}\nts=1.2\nvisit_scheme=https\nuag=homeport/1 (a b=c)\nwarp={warp}\ngateway=off\nkex=X\n"
CURRENT = "<html><head><title>Current IP Check</title></head><body>Current IP Address: {ip}</body></html>\r\n"
OWN = {
    "cloudflare": TRACE.format(host="1.1.1.1", ip="203.0.113.9", warp="off"),
    "dyndns": CURRENT.format(ip="203.0.113.9"),
    "oray": CURRENT.format(ip="203.0.113.9"),
    "ipip": "当前 IP：203.0.113.9  来自于：中国 北京 北京  电信\n",
    "test-ipv6": 'callback({"ip":"203.0.113.9","type":"ipv4","subtype":"","via":"","padding":""})\n',
}


async def ask_built_in(name, text, monkeypatch, **does):
    """Ask a server that answers as a built-in service does."""
    async with echo(body=text.encode(), **does) as server:
        monkeypatch.setitem(ECHOES, name, Echo({Family.V4: server.url()}, ECHOES[name].format))
        box = toolbox()
        try:
            return await HttpEcho(Settings(service=name), box).detect(Family.V4)
        finally:
            await box.http.aclose()


def test_every_format_of_its_own_has_a_specimen():
    """A format that nobody tried is not there."""
    assert set(OWN) == {name for name, service in ECHOES.items() if service.format}


@pytest.mark.parametrize("name", OWN)
async def test_a_built_in_service_is_read_in_its_own_format(name, monkeypatch):
    """A sentence, a page, a list of lines: each says one address at its place."""
    found = await ask_built_in(name, OWN[name], monkeypatch)
    assert found == Addresses((parse_address("203.0.113.9"),))


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(
    "text", [PORTAL.decode(), "", "203.0.113.9 203.0.113.10", "x" * 100_000, "login at 10.0.0.1"]
)
async def test_a_format_of_its_own_is_no_search(name, text, monkeypatch):
    """An address somewhere in something else is not an answer."""
    assert isinstance(await ask_built_in(name, text, monkeypatch), Unknown)


@pytest.mark.parametrize("name", OWN)
async def test_what_only_quotes_an_answer_is_none(name, monkeypatch):
    """The whole answer has the form, not a part of it: a page may quote one."""
    for text in (f"log in first, {OWN[name]}", f"{OWN[name].strip()}\n\n10.0.0.1 may log in"):
        assert isinstance(await ask_built_in(name, text, monkeypatch), Unknown), text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("warp=off", "warp=on"), "through Cloudflare WARP"),
        (("warp=off", "warp=plus"), "through Cloudflare WARP"),
        (("gateway=off", "gateway=on"), "through Cloudflare WARP"),
        (("h=1.1.1.1", "h=portal.example"), "in another form than it used to"),
        (("ip=203", "ip=x203"), "in another form than it used to"),
    ],
)
async def test_a_trace_through_a_proxy_is_not_believed(change, why, monkeypatch):
    """WARP's own address is nobody's home, and a trace of another host nobody's answer."""
    verdict = await ask_built_in("cloudflare", OWN["cloudflare"].replace(*change), monkeypatch)
    assert isinstance(verdict, Unknown)
    assert why in verdict.why


@given(
    st.sampled_from(sorted(ECHOES)),
    st.text() | st.sampled_from(sorted(OWN.values())),
    st.sampled_from([200, 302, 403]),
)
def test_no_answer_does_worse_than_a_reason(name, text, status):
    """Any text is one address, or a ValueError that says why not; only status 200 counts."""
    with contextlib.suppress(ValueError):
        parse_address(
            address_in(
                HttpAnswer(status, {}, text.encode(errors="replace"), "http://ip.test/"), ECHOES[name].format
            )
        )
        assert status == 200


@pytest.mark.parametrize(("status", "page"), [(511, PORTAL), (403, b"no"), (302, b"")])
async def test_a_built_in_service_is_no_less_suspected(status, page, monkeypatch):
    """Its own format counts only with status 200."""
    verdict = await ask_built_in("ipip", page.decode(), monkeypatch, status=status)
    assert isinstance(verdict, Unknown)
    assert str(status) in verdict.why


@pytest.mark.parametrize("name", ECHOES)
def test_every_built_in_service_is_whole(name):
    """All of its URLs are of one operator, in one camp that is known, and over one protocol."""
    settings = Settings(service=name)
    service = HttpEcho(settings, toolbox())
    targets = [Target.parse(url) for url in ECHOES[name].urls.values()]
    assert {operator_of(one.host, one.port) for one in targets} == {service.operator}
    assert {one.scheme for one in targets} == {service.protocol} <= {"https", "http"}
    assert service.camp in {MAINLAND, WORLDWIDE}
    assert service.families
    assert set(service.families) == set(ECHOES[name].urls)
    assert service.describe() == f"http_echo {name}"


async def test_a_family_it_does_not_serve_is_unknown():
    """Nobody is asked."""
    verdict = await HttpEcho(Settings(service="3322"), toolbox()).detect(Family.V6)
    assert verdict == Unknown("3322 does not serve IPv6")


async def test_a_built_in_service_by_its_url_is_read_in_its_format():
    """Whoever brings the URL from another program gets the same answer."""
    detector = HttpEcho(Settings(url="http://myip.ipip.net"), toolbox())
    async with echo(body=OWN["ipip"].encode()) as server:
        detector._urls = {Family.V4: server.url()}
        assert await detector.detect(Family.V4) == Addresses((parse_address("203.0.113.9"),))
        await detector._tools.http.aclose()
    assert (detector.operator, detector.camp, detector.protocol) == ("ipip.net", MAINLAND, "http")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "either url, or service"),
        ({"url": "https://ip.example", "service": "ipify"}, "either url, or service"),
        ({"service": "ipifi"}, 'did you mean "ipify"'),
        ({"service": "zzz"}, "there are: akamai, aws"),
    ],
)
def test_a_service_is_one_of_those_there_are(settings, why):
    """A typing mistake is answered with the right word."""
    with pytest.raises(ValueError, match=why):
        Settings(**settings)


async def test_a_service_that_never_answers_is_unknown():
    """Waiting ends, and the reason says so."""
    async with echo(silent=True) as server:
        verdict = await ask(server.url(), http=HttpClient(timeout=0.3))
    assert verdict == Unknown("GET 127.0.0.1: timed out after 0.3 s")


async def test_nobody_there_is_unknown():
    """A dead service is not "no address"."""
    async with echo() as server:
        url = server.url()
    verdict = await ask(url)
    assert verdict == Unknown("GET 127.0.0.1: connection refused")


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
async def test_each_family_is_asked_over_its_own():
    """A service that echoes the caller says ::1 to IPv6, and an IPv4 service is never asked over IPv6."""
    async with echo("::1") as server:
        assert await ask(server.url(host="[::1]"), Family.V6) == Addresses((parse_address("::1"),))
        assert isinstance(await ask(server.url(host="[::1]"), Family.V4), Unknown)


@pytest.mark.parametrize(
    ("url", "operator"),
    [
        ("https://api.ipify.org", "ipify.org"),
        ("https://4.ipw.cn/api?x=1", "ipw.cn"),
        ("http://127.0.0.1:81/", "127.0.0.1:81"),
        ("https://localhost/", "localhost:443"),
    ],
)
def test_its_operator_is_who_runs_the_host(url, operator):
    """Two paths of one operator are one witness; two local ports are two."""
    assert HttpEcho(Settings(url=url), toolbox()).operator == operator


def test_it_is_described_without_its_query():
    """A token in the query stays out of every page."""
    shown = HttpEcho(Settings(url=f"https://u:{SECRET}@ip.example.com/a?k={SECRET}"), toolbox()).describe()
    assert shown == "http_echo https://ip.example.com/a"


@pytest.mark.parametrize("url", ["api.ipify.org", "ftp://ip.example.com", "https://", "https://h:x/"])
def test_a_bad_url_is_refused_when_it_is_read(url):
    """The mistake is told with the file, not at night."""
    with pytest.raises(ValueError, match="url must begin with"):
        Settings(url=url)


async def test_every_question_has_a_connection_of_its_own():
    """A kept connection would leave by the old line after a change, and report the old address."""
    async with echo(body=b"8.8.8.8") as server:
        detector = HttpEcho(Settings(url=server.url()), toolbox())
        for _ in range(3):
            await detector.detect(Family.V4)
    assert server.connections == 3


async def verdict_of(*services):
    """Ask local services as an agent would ask those it is configured with; return the IPv4 verdict."""
    async with contextlib.AsyncExitStack() as stack:
        running = [await stack.enter_async_context(echo(**does)) for does in services]
        asked = ", ".join(f"{{kind: http_echo, url: '{one.url()}'}}" for one in running)
        text = f"agent: {{addresses: {{wan: {{detect: [{asked}]}}}}}}"
        found = await detect(loader.parse(text, Path("homeport.yaml")).config.agent, "wan")
    [v4] = [each for each in found["addresses"] if each["family"] == "IPv4"]
    return v4


HONEST = {"body": b"8.8.8.8"}
LIES = {  # what other clients publish, or stop at: each was tried on them
    "a portal with status 200": {"body": b"<html><body>login at 10.0.0.1</body></html>"},
    "a portal with status 511": {"status": 511, "body": b"<html>192.168.1.1</html>"},
    "carrier-grade NAT": {"body": b"100.64.3.4"},
    "loopback": {"body": b"127.0.0.1"},
    "the other family": {"body": b"2606:4700::1111"},
    "somebody else": {"body": b"9.9.9.9"},
    "nothing": {"body": b""},
    "two addresses": {"body": b"8.8.8.8\n9.9.9.9"},
    "an error": {"status": 500, "body": b"8.8.4.4"},
    "a redirect": {"status": 302, "headers": {"Location": "http://portal.example/"}, "body": b"8.8.4.4"},
    "benchmarking, as proxies make addresses up": {"body": b"198.18.0.5"},
    "documentation": {"body": b"203.0.113.7"},
    "multicast": {"body": b"224.0.0.1"},
}


@pytest.mark.parametrize("lie", LIES)
async def test_one_liar_changes_nothing(lie):
    """Wherever it stands in the list: two honest ones agree."""
    assert (await verdict_of(LIES[lie], HONEST, HONEST))["addresses"] == ["8.8.8.8"]


@pytest.mark.parametrize("lie", LIES)
async def test_where_liars_are_too_many_nothing_is_published(lie):
    """One honest one is not enough, and the reason names what the liar said."""
    verdict = await verdict_of(LIES[lie], HONEST)
    assert verdict["verdict"] == "Unknown"
    [liar] = [one for one in verdict["witnesses"] if one["addresses"] != ["8.8.8.8"]]
    assert liar["addresses"] or liar["why"]


@pytest.mark.parametrize("lie", [lie for lie in LIES if lie != "somebody else"])
async def test_liars_that_agree_are_not_believed_either(lie):
    """A portal answers for every service at once; two services that are broken alike are beyond any quorum."""
    assert (await verdict_of(LIES[lie], LIES[lie], LIES[lie]))["verdict"] == "Unknown"
