"""From its settings to what the engine works on."""

from ipaddress import IPv6Address

import pytest

from fakes.one_name import NAME
from fakes.tools import toolbox
from homeport.agent import compose, hears_router, heartbeat_of, wanted_of, watchers_of
from homeport.config import models
from homeport.config.kinds import kind_of
from homeport.detectors.router import Settings as Router
from homeport.detectors.static import Settings as Static
from homeport.detectors.stun import Settings as Stun
from homeport.engine.book import Book
from homeport.model.address import Family
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType
from homeport.model.secret import Secret
from homeport.providers.cloudflare import Settings as Cloudflare
from homeport.providers.homeport import Settings as Own
from homeport.stores.ledger import Remembered


@pytest.mark.parametrize(
    ("platform", "kinds"),
    [
        ("linux", ("netlink", "timerfd")),
        ("win32", ("iphlpapi",)),
        ("darwin", ("route_socket",)),
        ("freebsd14", ("route_socket",)),
        ("sunos5", ()),
    ],
)
def test_every_system_has_its_watchers(platform, kinds):
    """What tells of changes there; where nothing does, the poll alone looks."""
    assert tuple(watchers_of(platform)) == kinds


def test_a_record_becomes_an_rrset_for_each_type():
    """Each type follows its own source; a host id concerns IPv6 alone."""
    record = models.Record(
        name=NAME,
        address={RRType.A: "wan", RRType.AAAA: "here"},
        provider="p",
        host_id="::10",
        when_gone="withdraw",
        withdraw_after=60,
    )
    v4, v6 = wanted_of(record)
    assert (v4.key.type, v4.source, v4.host_id, v4.withdraw_after) == (RRType.A, "wan", None, 60)
    assert (v6.key.type, v6.source, v6.host_id) == (RRType.AAAA, "here", IPv6Address("::10"))
    assert kind_of(Static(address=("8.8.8.8",))) == "static"


def test_what_speaks_of_addresses_follows_their_sources():
    """HTTPS follows the families beside it, a text those it names; a host id is put on what they say of IPv6."""
    record = models.Record(
        name=NAME,
        types=(RRType.AAAA, RRType.HTTPS, RRType.TXT),
        content={RRType.TXT: "{ipv4} {ipv6}"},
        address={RRType.A: "wan", RRType.AAAA: "here"},
        provider="p",
        host_id="::10",
    )
    v6, https, text = wanted_of(record)
    assert v6.needs == https.needs == (("here", Family.V6),)
    assert text.needs == (("wan", Family.V4), ("here", Family.V6))
    assert (https.content, text.content) == ("", "{ipv4} {ipv6}")
    assert v6.host_id == https.host_id == text.host_id == IPv6Address("::10")


@pytest.mark.parametrize(
    ("id_", "shared", "mark", "comment"),
    [
        ("office", True, "homeport:office", "by hand homeport:office"),
        ("office", False, "", "by hand"),
        ("", True, "", "by hand"),
    ],
)
def test_an_agent_signs_its_members_of_shared_records(id_, shared, mark, comment):
    """Only where it has an id; what the file wants in the remark stays in it."""
    record = models.Record(
        name=NAME,
        types=(RRType.A,),
        provider="cf",
        shared=shared,
        options=frozenset({("comment", "by hand")}),
    )
    cloudflare = Cloudflare(token=Secret.literal("t"), zone=Fqdn.parse("duckdns.org"))
    whole = models.Agent(id=id_, records=(record,), providers={"cf": cloudflare})
    [account] = compose(whole, toolbox(), Book(Remembered([]))).accounts
    [wanted] = account.wanted.values()
    assert (wanted.mark, dict(wanted.options)) == (mark, {"comment": comment})


def test_a_heartbeat_goes_where_its_provider_does():
    """To the gateway of the provider that is named, with its token; without one there is none."""
    own = Own(server="https://ddns.example.com/", token=Secret.literal("t1.s3cret"))
    given = models.Agent(providers={"own": own}, heartbeat=models.Heartbeat(server="own", every=5))
    made = heartbeat_of(given, toolbox())
    assert (made.status()["asked"], made.status()["every"]) == ("https://ddns.example.com", 5)
    assert heartbeat_of(models.Agent(), toolbox()) is None


def test_a_router_is_listened_to_where_it_hides_something():
    """An address from outside, or the router's own word, changes without this machine seeing it; others do not."""

    def hears(*detect, **more):
        addresses = {"a": models.AddressSource(detect=detect)}
        return hears_router(models.Agent(addresses=addresses, **more), toolbox())

    fixed = Static(address=("8.8.8.8",))
    assert not hears(fixed)
    assert hears(fixed, Router())
    assert hears(Stun(server="192.0.2.1"))
    assert not hears(Router(), router_events=False)
