"""Real DNS engines with the zone `example.test` on loopback, and what providers are held to that write to them."""

from contextlib import contextmanager

from fakes.peers import free_port, peer
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.text import presented

NAMED = """\
{keys}
options {{
  directory "{folder}"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
}};
controls {{ }};
zone "example.test" {{ type primary; file "example.test.zone"; {rights} }};
"""
KNOT = """\
server:
  rundir: "{folder}"
  listen: 127.0.0.1@{port}
log:
  - target: stdout
    any: info
database:
  storage: "{folder}"
{keys}
template:
  - id: default
    storage: "{folder}"
zone:
  - domain: example.test
{rights}
"""
SAID = {
    "HTTPS": (
        "1 . alpn=h3,h2 ipv4hint=192.0.2.1",
        "1 . mandatory=alpn alpn=h3,h2 port=8443 ipv4hint=192.0.2.9,192.0.2.7 ipv6hint=2001:db8::7",
    ),
    "SVCB": ("16 near.example.test. alpn=dot", "16 near.example.test. alpn=dot ipv6hint=2001:db8::7"),
    "TXT": ('"v=spf1 ip4:192.0.2.1 -all"', presented(f"{'a long text, ' * 24}ends {chr(34)}so{chr(34)} é")),
}


@contextmanager
def bind(folder, zone, keys="", rights=""):
    """Run BIND; the value is its port.

    Args:
        zone: the zone as a file has it.
        keys, rights: statements before the options, and within the zone's.
    """
    port = free_port()
    (folder / "example.test.zone").write_text(zone)
    (folder / "named.conf").write_text(NAMED.format(folder=folder, port=port, keys=keys, rights=rights))
    with peer("named").running("-g", "-c", str(folder / "named.conf")) as server:
        server.wait_for("all zones loaded")
        yield port


@contextmanager
def knot(folder, zone, keys="", rights=""):
    """Run Knot; the value is its port.

    Args:
        zone: the zone as a file has it.
        keys, rights: sections before the zones, and lines of the zone's own.
    """
    port = free_port()
    (folder / "example.test.zone").write_text(zone)
    (folder / "knot.conf").write_text(KNOT.format(folder=folder, port=port, keys=keys, rights=rights))
    with peer("knotd").running("-c", str(folder / "knot.conf")) as server:
        server.wait_for("server started")
        yield port


async def check_spoken(provider, rrtype, answered):
    """Make, change and delete a service or text by value, each twice over: DNS answers what was written.

    Args:
        answered: returns the RDATA that the engine answers for an RRset.
    """
    home = RRsetKey.parse(f"home.example.test {rrtype}")
    old, new = (RRset.of(home, each, ttl=120) for each in SAID[rrtype])
    for before, after in ((None, old), (old, new), (new, None)):
        for _ in range(2):
            assert await provider.apply([Change(home, before, after)]) == {home: None}
            assert (await provider.observe([home]))[home] == after
            assert await answered(home) == (after.rdata if after else set())
