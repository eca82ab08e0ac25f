"""What is special about IONOS."""

from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW = "198.51.100.7", "203.0.113.8"


async def test_a_record_that_is_switched_off_is_none_of_ours(at):
    """Nobody answers it: it is not taken for what is published, and stays as it is."""
    async with at("ionos") as place:
        home = place.key("home")
        (off,) = place.host.put(home, OLD, disabled=True)
        before = place.host.rows[off]
        assert (await place.provider.observe([home]))[home] is None
        wanted = RRset(home, frozenset({OLD}), 600)
        assert await place.provider.apply([Change(home, None, wanted)]) == {home: None}
        assert (await place.provider.observe([home]))[home] == wanted
        assert place.host.rows[off] == before


async def test_without_a_ttl_the_one_there_stays(at):
    """An update that says no TTL would set the default one."""
    async with at("ionos") as place:
        home = place.key("home")
        place.host.put(home, OLD, ttl=120)
        found = (await place.provider.observe([home]))[home]
        wanted = RRset(home, frozenset({NEW}), None)
        assert await place.provider.apply([Change(home, found, wanted)]) == {home: None}
        assert [(row.content, row.ttl) for row in place.host.find(name=str(home.name))] == [(NEW, 120)]
