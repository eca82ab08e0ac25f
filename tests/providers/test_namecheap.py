"""What is special about Namecheap: IPv4 alone, one domain, and XML that lies about its encoding."""

import pytest

from homeport.errors import ConfigInvalid, Refused, Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import HttpAnswer
from homeport.providers import namecheap

V4 = "198.51.100.7"
GOOD = "<interface-response><ErrCount>0</ErrCount><Done>true</Done></interface-response>"


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0" encoding="utf-16"?>' + GOOD.encode(),
        b'<?xml version="1.0"?>' + GOOD.encode(),
        GOOD.encode(),
        f'<?xml version="1.0" encoding="utf-16"?>{GOOD}'.encode("utf-16"),
    ],
)
def test_its_xml_is_read_whatever_it_says_it_is(body):
    """UTF-8 that is declared to be UTF-16, UTF-8, and UTF-16 that is it."""
    said = namecheap._read(HttpAnswer(200, {}, body, "https://x/"))
    assert said.first("ErrCount") == "0"


async def test_ipv6_is_refused_before_anything_is_sent(at):
    """There is no AAAA record there that could be told."""
    async with at("namecheap") as place:
        with pytest.raises(ConfigInvalid, match="AAAA"):
            place.provider.clamp(RRset.of(place.key("home", "AAAA"), "2001:db8::7"))


async def test_a_name_of_another_domain(at):
    """One that only ends with the domain's letters is none of it, and nothing is sent."""
    async with at("namecheap") as place:
        key = RRsetKey.parse("a.notexample.com A")
        with pytest.raises(ConfigInvalid, match="is not within"):
            place.provider.clamp(RRset.of(key, V4))
        assert type((await place.provider.apply([Change(key, None, RRset.of(key, V4))]))[key]) is Refused
        assert place.host.requests == []


async def test_an_answer_that_says_nothing(at, monkeypatch):
    """XML without `Done` is not success."""
    async with at("namecheap") as place:
        monkeypatch.setattr("fakes.namecheap.XML", "<interface-response>{}</interface-response>")
        home = place.key("home")
        assert (
            type((await place.provider.apply([Change(home, None, RRset.of(home, V4))]))[home]) is Unconfirmed
        )
