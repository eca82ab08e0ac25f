"""One DNS message goes over UDP where it can, over TCP where it must, and it is known whether it has left."""

import dns.message
import pytest

from fakes.rfc2136 import Fake, Mood
from homeport.errors import Unavailable
from homeport.model.line import ANY_LINE
from homeport.net import dns_message
from homeport.net.dns_message import Sending


def query():
    return dns.message.make_query("home.example.com.", "A").to_wire()


@pytest.mark.parametrize(("truncates", "ways"), [(False, ["UDP"]), (True, ["UDP", "TCP"])])
async def test_udp_first(truncates, ways):
    """An answer that fits is taken from UDP; one that was cut off is fetched over TCP."""
    fake = Fake()
    fake.truncates = truncates
    async with fake.running():
        wire = query()
        answer = await Sending(wire, ANY_LINE).to(("127.0.0.1", fake.port))
        assert answer[:2] == wire[:2]
        assert [way for _, way in fake.log] == ways


async def test_what_may_have_arrived(monkeypatch):
    """Silence after sending is told apart from nobody being there."""
    monkeypatch.setattr(dns_message, "UDP_WAIT", 0.1)
    monkeypatch.setattr(dns_message, "TCP_WAIT", 0.1)
    fake = Fake()
    fake.mood, fake.writes_only = Mood.SILENT, False
    sending = Sending(query(), ANY_LINE)
    async with fake.running():
        with pytest.raises(Unavailable):
            await sending.to(("127.0.0.1", fake.port))
    assert sending.has_left
    nobody = Sending(query(), ANY_LINE)
    with pytest.raises(Unavailable, match="does not answer"):
        await nobody.to(("127.0.0.1", fake.port))
    assert not nobody.has_left
