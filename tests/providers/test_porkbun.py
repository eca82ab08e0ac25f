"""What is special about Porkbun."""

from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW = "198.51.100.7", "203.0.113.8"


async def test_notes(at):
    """Notes are written where they are asked for, and stay where they are not."""
    async with at("porkbun") as place:
        home = place.key("home")
        noted = RRset(home, frozenset({OLD}), 600, frozenset({("notes", "by the router")}))
        assert await place.provider.apply([Change(home, None, noted)]) == {home: None}
        found = (await place.provider.observe([home]))[home]
        assert found.satisfies(noted)
        plain = RRset(home, frozenset({NEW}), 600)
        assert await place.provider.apply([Change(home, found, plain)]) == {home: None}
        (row,) = place.host.find(name=str(home.name))
        assert (row.content, row.extra) == (NEW, {"notes": "by the router"})


async def test_more_domains_than_one_list_holds(at):
    """The zone of a name is found behind a thousand others."""
    async with at("porkbun") as place:
        place.host.zones = {f"{i}": f"zone{i}.example" for i in range(1000)} | {"0": "example.com"}
        place.host.zones |= {"1001": place.host.zones.pop("0")}
        place.host.zones |= {f"{i}": f"zone{i}.example" for i in range(2000, 2005)}
        home = place.key("home")
        change = Change(home, None, RRset(home, frozenset({NEW}), 600))
        assert await place.provider.apply([change]) == {home: None}
        assert [request.query["start"] for request in place.host.requests[:2]] == ["0", "1000"]
