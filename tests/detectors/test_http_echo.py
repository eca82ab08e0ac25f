"""Learning an address from a web service that may be anything but."""

import pytest

from fakes.echo import PORTAL, echo, has_ipv6
from fakes.tools import toolbox
from homeport.detectors.http_echo import HttpEcho, Settings
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Unknown
from homeport.net.http import HttpClient

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
        (
            {"body": b"203.0.113.9", "headers": {"Content-Type": "text/html"}},
            "web page instead of an address",
        ),
        ({"status": 302, "headers": {"Location": "/login"}}, "answered 302, a redirect .* captive portals"),
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


@pytest.mark.parametrize("url", ["", "api.ipify.org", "ftp://ip.example.com", "https://", "https://h:x/"])
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
