"""Single records: what hosts keep beside an address is not lost, and each line is an RRset of its own.

A fake says `line`, another line than everybody's, and `beside`, what its host keeps in a record's `extra` and would
lose, were it not sent back, as pairs.
"""

import pytest

from fakes.hosts import fake_of
from homeport import providers
from homeport.model.plan import Change
from homeport.model.rrset import RRset
from homeport.providers._records import Records

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"
KINDS = [kind for kind in providers.kinds() if issubclass(providers.load(kind), Records)]
WITH_LINES = [kind for kind in KINDS if providers.load(kind).selector or "line" in vars(fake_of(kind))]
WITH_MORE = [kind for kind in KINDS if "beside" in vars(fake_of(kind))]


@pytest.mark.parametrize("kind", WITH_LINES)
async def test_a_line_is_an_rrset_of_its_own(kind, at):
    """A record of one ISP's line is made, changed and deleted beside everybody's, which stays as it is."""
    async with at(kind) as place:
        home, host, provider = place.key("home"), place.host, place.provider
        host.put(home, OTHER)
        for rdata in (OLD, NEW, None):
            line = frozenset({("line", host.line)})
            wanted = provider.clamp(RRset(home, frozenset({rdata or NEW}), 600, line))
            observed = (await provider.observe([home]))[home]
            change = Change(home, observed, wanted if rdata else None)
            assert await provider.apply([change]) == {home: None}
            rows = host.find(name=str(home.name))
            assert [row.content for row in rows if row.extra["line"] != host.line] == [OTHER]
            assert [row.content for row in rows if row.extra["line"] == host.line] == (
                [rdata] if rdata else []
            )


@pytest.mark.parametrize("kind", WITH_MORE)
async def test_what_is_beside_an_address_survives(kind, at):
    """A weight, a pause, a remark, and a TTL that nobody asked about, are as they were before the address changed."""
    async with at(kind) as place:
        home, host, provider = place.key("home"), place.host, place.provider
        (id_,) = host.put(home, OLD, ttl=3600, **dict(host.beside))
        before = dict(host.rows[id_].extra)
        observed = (await provider.observe([home]))[home]
        change = Change(home, observed, provider.clamp(RRset(home, frozenset({NEW}), None)))
        assert await provider.apply([change]) == {home: None}
        assert (host.rows[id_].content, host.rows[id_].ttl, host.rows[id_].extra) == (NEW, 3600, before)
