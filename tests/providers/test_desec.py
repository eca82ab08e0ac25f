"""deSEC: a domain's least TTL is learned, never guessed."""

from fakes.hosts import place
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey

OLD, NEW = "198.51.100.7", "203.0.113.8"


def rrset(name, ttl, rdata=OLD):
    return RRset(RRsetKey.parse(f"{name} A"), frozenset({rdata}), ttl)


async def test_a_domain_with_an_exception_keeps_its_short_ttl():
    """Before the domain is known a short TTL is left open; it is written as wished where the domain allows it."""
    async with place("desec") as at:
        changes = []
        for name in ("home.example.com", "home.example.net"):
            wanted = at.provider.clamp(rrset(name, 90))
            assert wanted.ttl is None
            changes.append(Change(wanted.key, None, wanted))
        assert set((await at.provider.apply(changes)).values()) == {None}
        assert {row.name: row.ttl for row in at.host.rows.values()} == {
            "home.example.com": 3600,
            "home.example.net": 90,
        }
        assert at.provider.clamp(rrset("home.example.com", 90)).ttl == 3600
        assert at.provider.clamp(rrset("home.example.net", 30)).ttl == 60


async def test_a_short_ttl_is_written_over_a_longer_one_that_stands():
    """The wish that was left open is the one that is written, and not what a record happens to have."""
    async with place("desec") as at:
        home = RRsetKey.parse("home.example.net A")
        at.host.put(home, OLD, ttl=7200)
        wanted = at.provider.clamp(rrset("home.example.net", 90, NEW))
        found = (await at.provider.observe([home]))[home]
        assert await at.provider.apply([Change(home, found, wanted)]) == {home: None}
        assert [(row.content, row.ttl) for row in at.host.find(name="home.example.net")] == [(NEW, 90)]


async def test_a_restart_writes_nothing_for_the_sake_of_a_ttl():
    """What was published before the start satisfies a wish that is not yet known to be too short."""
    async with place("desec") as at:
        assert rrset("home.example.com", 3600).satisfies(at.make().clamp(rrset("home.example.com", 60)))
        assert at.make().clamp(rrset("home.example.com", 7200)).ttl == 7200


async def test_several_domains_and_families_are_one_request_a_domain():
    """Whatever changes in one domain is one PATCH, and a deletion goes with it."""
    async with place("desec") as at:
        gone = rrset("gone.example.com", 3600)
        at.host.put(gone.key, OLD)
        changes = [Change(gone.key, gone, None)]
        for name in ("a.example.com", "b.example.com", "a.example.net"):
            wanted = at.provider.clamp(rrset(name, 3600, NEW))
            changes.append(Change(wanted.key, None, wanted))
        assert set((await at.provider.apply(changes)).values()) == {None}
        assert len(at.host.writes) == 2
        assert at.host.held(gone.key) == set()
