"""What is special about DNSPod's older API."""

from fakes.misbehaviour import Answer
from homeport.errors import Abused, Unavailable
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


def rrset(provider, key, *rdata, ttl=600, **options):
    return provider.clamp(RRset(key, frozenset(rdata), ttl, frozenset(options.items())))


async def test_the_international_twin(at):
    """It has words of its own for the line of everybody, and another one when it lists."""
    async with at("dnspod") as place:
        home = place.key("home")
        provider = place.make(base_url=f"{place.host.url}/api.dnspod.com")
        assert await provider.apply([Change(home, None, rrset(provider, home, OLD))]) == {home: None}
        observed = (await provider.observe([home]))[home]
        assert observed.rdata == {OLD}
        assert await provider.apply([Change(home, observed, rrset(provider, home, NEW))]) == {home: None}
        assert place.host.held(home) == {NEW}


async def test_the_user_agent_names_program_and_person(at):
    """DNSPod blocks clients that do not name themselves, and asks for an address to write to."""
    async with at("dnspod") as place:
        for email, ending in (("me@example.com", " (me@example.com)"), ("", "")):
            await place.make(email=email).observe([place.key("home")])
            agent = place.host.requests[-1].headers["user-agent"]
            assert agent.startswith("homeport/")
            assert agent.endswith(ending)
            assert ("@" in agent) is bool(email)


async def test_too_many_wrong_tokens_are_not_followed_by_more(at):
    """A block for wrong tokens grows with every further try, so there is none."""
    async with at("dnspod") as place:
        place.provider._agent = {"User-Agent": "python-requests/2.32"}
        home = place.key("home")
        assert type((await place.provider.observe([home]))[home]) is Abused


async def test_a_plan_that_is_paid_for_has_shorter_ttls(at):
    """The free plan's shortest TTL is kept to, unless the owner says what the plan takes."""
    async with at("dnspod") as place:
        home = place.key("home")
        assert rrset(place.provider, home, NEW, ttl=60).ttl == 600
        assert rrset(place.make(least_ttl=60), home, NEW, ttl=10).ttl == 60


async def test_a_success_without_a_list_is_not_an_empty_list(at):
    """A list says how many records there are; an answer that does not is no list."""
    async with at("dnspod") as place:
        await place.provider.observe([place.key("near")])
        place.host.route = lambda _: Answer.of({"status": {"code": "1", "message": "Action completed"}})
        home = place.key("home")
        assert type((await place.provider.observe([home]))[home]) is Unavailable
