"""What is special about Dynu: a domain's own addresses, what else it holds, and wildcards that are no records."""

import pytest

from fakes.misbehaviour import Answer
from homeport.errors import ConfigInvalid, Unavailable
from homeport.model.plan import Change
from homeport.model.rrset import RRset

V4, OTHER, V6 = "198.51.100.7", "203.0.113.8", "2001:db8::7"


async def test_a_domain_keeps_what_it_holds_beside_its_addresses(at):
    """Both families at once, one after the other, and one taken away: the other, and all else, stay as they were."""
    async with at("dynu") as place:
        provider, keys = place.provider, (place.key(""), place.key("", "AAAA"))
        before, place.host.delay = (
            dict(place.host.domains["1001"]),
            0.01,
        )  # so that both are under way at once
        wanted = [
            provider.clamp(RRset.of(key, address, ttl=120))
            for key, address in zip(keys, (V4, V6), strict=True)
        ]
        changes = [Change(each.key, None, each) for each in wanted]
        assert await provider.apply(changes) == dict.fromkeys(keys)
        assert await provider.observe(keys) == {each.key: each for each in wanted}
        next_ = provider.clamp(RRset.of(keys[0], OTHER, ttl=120))
        assert await provider.apply([Change(keys[0], wanted[0], next_)]) == {keys[0]: None}
        assert await provider.apply([Change(keys[1], wanted[1], None)]) == {keys[1]: None}
        assert (place.host.held(keys[0]), place.host.held(keys[1])) == ({OTHER}, set())
        assert place.host.domains["1001"] == before


async def test_a_record_keeps_its_group(at):
    """What was not asked about survives a change."""
    async with at("dynu") as place:
        provider, www = place.provider, place.key("www")
        (id_,) = place.host.put(www, V4, group="office", state=True)
        found = (await provider.observe([www]))[www]
        assert await provider.apply([Change(www, found, RRset.of(www, OTHER, ttl=300))]) == {www: None}
        assert (place.host.rows[id_].content, place.host.rows[id_].extra["group"]) == (OTHER, "office")


async def test_a_record_that_is_switched_off_is_none(at):
    """DNS does not answer it, and so it is not held."""
    async with at("dynu") as place:
        www = place.key("www")
        place.host.put(www, V4, state=False)
        assert (await place.provider.observe([www]))[www] is None


@pytest.mark.parametrize("path", ["/v2/dns/1001", "/v2/dns/1001/record"])
async def test_an_answer_of_another_shape_is_no_empty_list(path, at, monkeypatch):
    """JSON without what was asked for says nothing of what is held."""
    async with at("dynu") as place:
        www, answer = place.key("www"), place.host.answer
        place.host.put(www, V4)

        def changed(request):
            return Answer.of({"statusCode": 200}) if request.path == path else answer(request)

        monkeypatch.setattr(place.host, "answer", changed)
        assert type((await place.provider.observe([www]))[www]) is Unavailable


async def test_a_wildcard_is_an_alias_of_the_domain(at):
    """It is refused with the way out, before anything is sent."""
    async with at("dynu") as place:
        with pytest.raises(ConfigInvalid, match="wildcard alias"):
            place.provider.clamp(RRset.of(place.key("*"), V4))
