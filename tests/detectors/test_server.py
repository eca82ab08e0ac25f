"""Learning an address from a server of one's own."""

import pytest

from fakes.echo import echo
from fakes.tools import toolbox
from homeport.detectors.server import Server, Settings
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Unknown


@pytest.mark.parametrize("path", ["", "/", "/ddns/"])
async def test_asks_its_gateway_for_the_callers_address(path):
    """The route `/ip` lies below whatever the URL is."""
    async with echo() as server:
        box = toolbox()
        found = await Server(Settings(server=server.url(path)), box).detect(Family.V4)
        await box.http.aclose()
    assert found == Addresses((parse_address("127.0.0.1"),))
    assert [request.target for request in server.requests] == [path.rstrip("/") + "/ip"]


async def test_a_portal_in_its_place_is_unknown():
    """One's own server is as easily hidden by a portal as any."""
    async with echo(body=b"<html>log in</html>") as server:
        box = toolbox()
        verdict = await Server(Settings(server=server.url()), box).detect(Family.V4)
        await box.http.aclose()
    assert isinstance(verdict, Unknown)
    assert "captive portals" in verdict.why


def test_it_is_one_witness_among_others():
    """A server behind a proxy that hides its callers would be wrong alone."""
    one = Server(Settings(server="https://user:s3cr3t@ddns.example.com:8443/x?t=s3cr3t"), toolbox())
    assert (one.witnesses, one.operator, one.protocol, one.camp) == (2, "example.com", "https", "")
    assert one.describe() == "server https://ddns.example.com:8443"


@pytest.mark.parametrize("url", ["", "ddns.example.com", "ftp://ddns.example.com", "https://"])
def test_a_bad_url_is_refused_when_it_is_read(url):
    """The mistake is told with the file, not at night."""
    with pytest.raises(ValueError, match="server must begin with"):
        Settings(server=url)
