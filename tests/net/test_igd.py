"""A router over UPnP: found, read, asked; and everything on the link that pretends to be it."""

from contextlib import aclosing, asynccontextmanager
from ipaddress import IPv4Address

import pytest

from fakes.misbehaviour import PORTAL, Answer
from fakes.router import BOMB, IP, Service, document, router
from homeport.errors import Unavailable
from homeport.net import igd
from homeport.net.http import HttpClient
from homeport.wire import upnp


@asynccontextmanager
async def found(**does):
    """Yield a router and a client."""
    http = HttpClient()
    async with router(**does) as fake:
        try:
            yield fake, http
        finally:
            await http.aclose()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    """Wait less for answers that never come."""
    monkeypatch.setattr(igd, "SEARCHES", 1)
    monkeypatch.setattr(igd, "WAIT", 0.5)


async def external(fake, http):
    description = await igd.find(http, IPv4Address(fake.host))
    answer = await igd.ask(http, description.services[0], "GetExternalIPAddress")
    return answer["NewExternalIPAddress"]


@pytest.mark.parametrize("service", [Service(), Service(IP.replace(":1", ":2")), Service(control="ctl")])
async def test_a_router_is_found_and_asked(service):
    """Whatever version its service has, and wherever it lies."""
    async with found(services=[service], server="") as (fake, http):
        assert await external(fake, http) == "93.184.216.34"
        assert {"upnp:rootdevice", *fake.searches} >= {
            "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
            "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
        }


async def test_an_answer_from_another_host_is_not_believed():
    """Whoever is quicker than the router on the link gets nothing."""
    async with found(ssdp_from="127.88.1.1") as (fake, http):
        with pytest.raises(Unavailable, match="no internet gateway"):
            await external(fake, http)
        assert fake.searches
        assert fake.requests == []


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/desc.xml",
        "http://localhost/desc.xml",
        "https://{host}/d",
        "file:///etc/passwd",
        "http://[",
    ],
)
async def test_a_location_elsewhere_is_not_fetched(location):
    """Nobody makes us ask a third machine."""
    async with found() as (fake, http):
        fake.location = location.format(host=fake.host)
        with pytest.raises(Unavailable, match="no internet gateway"):
            await external(fake, http)


@pytest.mark.parametrize(
    ("description", "why"),
    [
        (Answer(200, PORTAL, {"Content-Type": "text/html"}), "sends"),
        (Answer(200, BOMB), "document type"),
        (Answer(200, document(b" " * 600_000)), "bytes"),
        (Answer(200, b" " * 2_000_000), "larger than"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), "redirected"),
        (Answer(404), "404"),
        (Answer(200, document(b"<device/>")), "without a service"),
    ],
)
async def test_a_bad_description_is_told(description, why):
    """In words; nothing is expanded, followed or read without bound."""
    async with found(description=description) as (fake, http):
        with pytest.raises(Unavailable, match=why):
            await external(fake, http)


@pytest.mark.parametrize(
    ("soap", "error", "why"),
    [
        (Answer(200, PORTAL), ValueError, "no XML"),
        (Answer(200, BOMB), ValueError, "document type"),
        (Answer(500, PORTAL), ValueError, "no XML"),
        (Answer(404, b""), Unavailable, "404"),
        (Answer(401, b""), ValueError, "password"),
        (Answer(302, b""), Unavailable, "redirected"),
    ],
)
async def test_a_bad_answer_is_told(soap, error, why):
    """HTML with status 200 is what a busy router's web page says."""
    async with found(soap=soap) as (fake, http):
        with pytest.raises(error, match=why):
            await external(fake, http)


async def test_a_fault_is_told():
    """Status 500, and the router's own words in the body."""
    async with found(fault=(501, "Action Failed")) as (fake, http):
        with pytest.raises(upnp.Fault, match="501 Action Failed"):
            await external(fake, http)


async def test_each_description_is_yielded_once():
    """However often the router answers."""
    async with found() as (fake, _), aclosing(igd.search(IPv4Address(fake.host))) as urls:
        assert [url async for url in urls] == [f"{fake.url}/desc.xml"]
        assert len(fake.searches) >= igd.SEARCHES * 3
