"""What is special about Rainyun."""

from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


async def test_a_line_is_an_rrset_of_its_own(at):
    """What one ISP's customers are told changes, and neither what others are told nor the level does."""
    async with at("rainyun") as place:
        home, host, provider = place.key("home"), place.host, place.provider
        (all_,), (some,) = host.put(home, OTHER), host.put(home, OLD, line="LTEL", level=3)
        wanted = provider.clamp(RRset(home, frozenset({NEW}), 600, frozenset({("line", "LTEL")})))
        observed = (await provider.observe([home]))[home]
        assert observed.rdata == {OLD}
        assert await provider.apply([Change(home, observed, wanted)]) == {home: None}
        assert (host.rows[all_].content, host.rows[some].content) == (OTHER, NEW)
        assert host.rows[some].extra == {"line": "LTEL", "level": 3}
