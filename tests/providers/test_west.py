"""What is special about West.cn."""

import pytest

from fakes.misbehaviour import Answer
from homeport.errors import ConfigInvalid, Refused, Unavailable
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


def rrset(provider, key, *rdata, **options):
    return provider.clamp(RRset(key, frozenset(rdata), 600, frozenset(options.items())))


async def test_chinese_text_beside_a_record_is_no_broken_list(at):
    """Answers are in GBK, which is no UTF-8 as soon as somebody's TXT record is in Chinese."""
    async with at("west") as place:
        home = place.key("home")
        place.host.put(home, OLD)
        place.host.put_other(place.key("").name, "TXT", "验证")
        observed = (await place.provider.observe([home]))[home]
        assert observed.rdata == {OLD}


async def test_a_sentence_in_chinese_is_told_as_it_is(at):
    """What the host says reaches people in its own words."""
    async with at("west") as place:
        home = place.key("home")
        result = (
            await place.provider.apply([Change(home, None, rrset(place.provider, home, NEW, line="X"))])
        )[home]
        assert type(result) is Refused
        assert "解析值格式错误" in str(result)


async def test_the_account_instead_of_the_domain(at):
    """The account's name and key do as well as the domain's key, and one of them is needed."""
    async with at("west") as place:
        home, host = place.key("home"), place.host
        account = {"apidomainkey": None, "username": host.username, "apikey": host.apikey}
        provider = place.make(**account)
        assert await provider.apply([Change(home, None, rrset(provider, home, NEW))]) == {home: None}
        assert host.held(home) == {NEW}
        with pytest.raises(ConfigInvalid, match="either"):
            place.make(apidomainkey=None)


async def test_a_success_without_a_list_is_not_an_empty_list(at):
    """Only the sentence that there are no records means that there are none."""
    async with at("west") as place:
        place.host.route = lambda _: Answer.of({"code": 200, "msg": "success", "body": ""})
        home = place.key("home")
        assert type((await place.provider.observe([home]))[home]) is Unavailable
