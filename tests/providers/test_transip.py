"""TransIP: one logs in with a signed request, and the token is kept and fetched anew when it is over."""

from fakes.hosts import place
from fakes.transip import pem
from homeport.errors import ConfigInvalid, CredentialsRefused
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"
HOME = RRsetKey.parse("home.example.com A")


def entries(host):
    return [request for request in host.requests if request.path.endswith("/auth")]


async def test_one_token_for_many_requests():
    """Names observed and written at the same time are one log-in."""
    async with place("transip") as at:
        keys = [RRsetKey.parse(f"h{i}.{zone} A") for i in range(5) for zone in ("example.com", "example.net")]
        changes = [Change(key, None, RRset(key, frozenset({NEW}), 300)) for key in keys]
        assert await at.provider.apply(changes) == dict.fromkeys(keys)
        assert len(entries(at.host)) == 1


async def test_a_token_that_is_over_is_fetched_anew():
    """Neither its end nor its being revoked is an error; it is never sent to the log."""
    async with place("transip") as at:
        at.host.put(HOME, OLD)
        assert (await at.provider.observe([HOME]))[HOME].rdata == {OLD}
        await at.clock.sleep(3600)
        assert (await at.provider.observe([HOME]))[HOME].rdata == {OLD}
        at.host.tokens.clear()
        assert (await at.provider.observe([HOME]))[HOME].rdata == {OLD}
        assert len(entries(at.host)) == 3


async def test_an_address_alone_is_changed_in_place():
    """One entry is patched; of several with one name and TTL the new one is made before the old one goes."""
    async with place("transip") as at:
        at.host.put(HOME, OLD)
        for before, after in (({OLD}, {NEW}), ({NEW}, {NEW, OTHER}), ({NEW, OTHER}, {OLD, OTHER})):
            change = Change(HOME, RRset(HOME, frozenset(before), 300), RRset(HOME, frozenset(after), 300))
            assert await at.provider.apply([change]) == {HOME: None}
            assert at.host.held(HOME) == after
        assert [request.method for request in at.host.writes] == ["PATCH", "POST", "POST", "DELETE"]


async def test_a_key_that_is_none():
    """A key that cannot be read says so, without a word of it; one with its line ends spelled out is read."""
    async with place("transip") as at:
        wanted = Change(HOME, None, RRset(HOME, frozenset({NEW}), 300))
        error = (await at.make(private_key="-----BEGIN s3cret").apply([wanted]))[HOME]
        assert type(error) is ConfigInvalid
        assert "s3cret" not in str(error)
        spelled = at.make(private_key=pem().replace("\n", "\\n"))
        assert await spelled.apply([wanted]) == {HOME: None}
        strange = at.make(login="nobody")
        assert type((await strange.apply([wanted]))[HOME]) is CredentialsRefused
