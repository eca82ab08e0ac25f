"""The `lexicon` provider, dns-lexicon itself and a real PowerDNS Authoritative Server, on loopback."""

from fakes import pdns
from fakes.clock import FakeClock
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.ports import Tools
from homeport.providers.lexicon import Lexicon, Settings

ZONE = """\
$TTL 60
@      SOA ns1.example.test. hostmaster.example.test. 1 3600 600 86400 60
       NS  ns1.example.test.
near   A   192.0.2.9
"""
HOME, HOME6, NEAR = (
    RRsetKey.parse(f"{label}.example.test {rrtype}")
    for label, rrtype in (("home", "A"), ("home", "AAAA"), ("near", "A"))
)


async def test_create_change_and_delete(tmp_path):
    """Both families are created, changed and deleted, and a neighbour stays; DNS answers what was written."""
    with pdns.running(tmp_path, ZONE) as server:
        tools = Tools(FakeClock(), HttpClient(), SystemResolver(), list, lambda: 0.5)
        settings = Settings(
            zone=Fqdn.parse("example.test"),
            provider="powerdns",
            token=Secret.literal(server.api_key),
            options={"pdns_server": server.url},
        )
        provider = Lexicon(settings, tools)
        way = [(None, "7"), ("7", "8"), ("8", None)]
        for before, after in way:
            changes = [
                Change(
                    key,
                    *(host and RRset(key, frozenset({f"{prefix}{host}"}), None) for host in (before, after)),
                )
                for key, prefix in ((HOME, "192.0.2."), (HOME6, "2001:db8::"))
            ]
            assert await provider.apply(changes) == {HOME: None, HOME6: None}
            observed = await provider.observe([HOME, HOME6, NEAR])
            assert [observed[HOME], observed[HOME6]] == [change.after for change in changes]
            assert observed[NEAR].rdata == {"192.0.2.9"}
            answered = await tools.resolver.ask(f"127.0.0.1:{server.port}", HOME)
            assert answered == ({f"192.0.2.{after}"} if after else set())
