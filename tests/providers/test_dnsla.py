"""What is special about DNS.LA."""

from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


async def test_a_line_is_an_rrset_of_its_own(at):
    """What one ISP's customers are told changes, and neither what others are told nor the weight does."""
    async with at("dnsla") as place:
        home, host, provider = place.key("home"), place.host, place.provider
        (all_,), (some,) = host.put(home, OTHER), host.put(home, OLD, line="84613316902921216", weight=3)
        line = frozenset({("line", "84613316902921216")})
        wanted = provider.clamp(RRset(home, frozenset({NEW}), 600, line))
        observed = (await provider.observe([home]))[home]
        assert observed.rdata == {OLD}
        assert await provider.apply([Change(home, observed, wanted)]) == {home: None}
        assert (host.rows[all_].content, host.rows[some].content) == (OTHER, NEW)
        assert host.rows[some].extra == {"line": "84613316902921216", "weight": 3}
