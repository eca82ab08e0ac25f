"""What the conformance suite does not hold of Vercel: teams, and comments."""

from fakes.hosts import place
from homeport.errors import CredentialsRefused
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW = "198.51.100.7", "203.0.113.8"


async def test_a_team_is_named_in_every_request():
    """The domains of a team are read and written with its id, and not without."""
    async with place("vercel") as spot:
        spot.host.team = "team_1a2b"
        home = spot.key("home")
        provider = spot.make(team_id="team_1a2b")
        spot.host.put(home, OLD)
        before = (await provider.observe([home]))[home]
        for after in (RRset(home, frozenset({OLD, NEW}), 60), RRset(home, frozenset({NEW}), 60), None):
            assert await provider.apply([Change(home, before, after)]) == {home: None}
            assert spot.host.held(home) == (set(after.rdata) if after else set())
            before = after
        assert type((await spot.make().observe([home]))[home]) is CredentialsRefused


async def test_comments():
    """A comment is written when it is asked for, and stays when it is not."""
    async with place("vercel") as spot:
        provider, home = spot.provider, spot.key("home")
        noted = RRset(home, frozenset({OLD}), 60, frozenset({("comment", "at home")}))
        assert await provider.apply([Change(home, None, noted)]) == {home: None}
        before = (await provider.observe([home]))[home]
        assert before.satisfies(noted)
        assert await provider.apply([Change(home, before, RRset(home, frozenset({NEW}), 60))]) == {home: None}
        assert dict((await provider.observe([home]))[home].options) == {"comment": "at home"}
