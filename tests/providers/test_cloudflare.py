"""What is special about Cloudflare; and Cloudflare's own client against our fake."""

import json

import pytest

from fakes.misbehaviour import Answer
from fakes.sdks import drive
from homeport.errors import ConfigInvalid, CredentialsRefused, Refused, Throttled, Unavailable, Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.providers import _fresh

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"

SDK = """
import json, sys
from cloudflare import APIStatusError, Cloudflare
url, token, wrong = sys.argv[1:]
def client(token):
    return Cloudflare(api_token=token, base_url=url, max_retries=0)
dns = client(token).dns.records
(zone,) = [each.id for each in client(token).zones.list(name="example.com")]
def listed():
    found = dns.list(zone_id=zone, type="A", per_page=2)
    return [[each.name, each.content, each.ttl, each.proxied, each.comment] for each in found]
def refused(do):
    try:
        do()
    except APIStatusError as error:
        return [error.status_code, error.body["errors"][0]["code"]]
def create(**fields):
    return dns.create(zone_id=zone, type="A", name="*.sdk.example.com", **fields)
said = [listed()]
made = create(content="192.0.2.1", ttl=300, comment="by hand")
said += [listed(), refused(lambda: create(content="192.0.2.1", ttl=300)), refused(lambda: create(content="x", ttl=60))]
dns.edit(made.id, zone_id=zone, type="A", name=made.name, content="192.0.2.2", ttl=60)
said += [listed()]
dns.update(made.id, zone_id=zone, type="A", name=made.name, content="192.0.2.3", ttl=1, proxied=True)
said += [listed()]
post = {"type": "A", "name": made.name, "content": "192.0.2.4", "ttl": 120}
dns.batch(zone_id=zone, deletes=[{"id": made.id}], posts=[post])
said += [listed(), refused(lambda: dns.get(made.id, zone_id=zone))]
(left,) = [each.id for each in dns.list(zone_id=zone) if each.name == made.name]
dns.delete(left, zone_id=zone)
said += [listed(), refused(lambda: client(wrong).zones.list())]
print(json.dumps(said))
"""

SDK_SERVICE = """
import json, sys
from cloudflare import APIStatusError, Cloudflare
url, token = sys.argv[1:]
client = Cloudflare(api_token=token, base_url=url, max_retries=0)
(zone,) = [each.id for each in client.zones.list(name="example.com")]
record = {"type": "HTTPS", "name": "svc.example.com", "ttl": 300}
def data(value):
    return {"priority": 1, "target": ".", "value": value}
made = client.dns.records.create(zone_id=zone, **record, data=data('alpn="h2" ipv4hint="192.0.2.1"'))
said = [made.content]
client.dns.records.edit(made.id, zone_id=zone, **record, data=data('alpn="h3"'))
said += [client.dns.records.get(made.id, zone_id=zone).content]
client.dns.records.batch(zone_id=zone, patches=[{"id": made.id, **record, "data": data('alpn="h3" port="8443"')}])
said += [each.content for each in client.dns.records.list(zone_id=zone, type="HTTPS")]
try:
    client.dns.records.edit(made.id, zone_id=zone, **record, data=data("ipv4hint=none"))
except APIStatusError as error:
    said += [error.status_code]
print(json.dumps(said))
"""


def rrset(key, *rdata, ttl=120, **options):
    return RRset(key, frozenset(rdata), ttl, frozenset(options.items()))


def asked(host):
    """Return what was asked: the method, and the last word of the path."""
    return [f"{request.method} {request.path.rpartition('/')[2]}" for request in host.requests]


async def test_a_hundred_records_are_one_list_and_one_batch(at):
    """However many records of a zone change; the zone's id is looked up once."""
    async with at("cloudflare") as place:
        keys = [place.key(f"h{i}") for i in range(100)]
        for key in keys[:50]:
            place.host.put(key, OLD, ttl=120)
        observed = await place.provider.observe(keys)
        changes = [Change(key, observed[key], rrset(key, NEW)) for key in keys]
        assert set((await place.provider.apply(changes)).values()) == {None}
        assert asked(place.host) == ["GET zones", "GET dns_records", "POST batch"]
        assert all(place.host.held(key) == {NEW} for key in keys)
        place.host.requests.clear()
        assert set((await place.provider.apply(changes)).values()) == {None}
        assert asked(place.host) == ["GET dns_records"]


async def test_an_old_list_is_made_again(at):
    """What was observed long ago is not what a batch is built on."""
    async with at("cloudflare") as place:
        home = place.key("home")
        place.host.put(home, OLD)
        observed = await place.provider.observe([home])
        await place.clock.advance(_fresh.FRESH + 1)
        place.host.requests.clear()
        await place.provider.apply([Change(home, observed[home], rrset(home, NEW))])
        assert asked(place.host) == ["GET dns_records", "POST batch"]


async def test_more_than_a_batch_holds(at):
    """The free plan takes 200 records at once; more are several batches, of one list."""
    async with at("cloudflare") as place:
        changes = [Change(key, None, rrset(key, NEW)) for key in (place.key(f"h{i}") for i in range(450))]
        assert set((await place.provider.apply(changes)).values()) == {None}
        assert asked(place.host)[1:] == ["GET dns_records", *["POST batch"] * 3]


async def test_every_page_is_read(at):
    """A zone of several pages is listed whole."""
    async with at("cloudflare") as place:
        place.host.page = 30
        keys = [place.key(f"h{i}") for i in range(100)]
        for key in keys:
            place.host.put(key, OLD)
        observed = await place.provider.observe(keys)
        assert all(found.rdata == {OLD} for found in observed.values())
        assert asked(place.host)[1:] == ["GET dns_records"] * 4


async def test_an_incomplete_list_is_no_list(at):
    """Fewer records than announced are an error, never records that are gone."""
    async with at("cloudflare") as place:
        home = place.key("home")
        place.host.put(home, OLD)
        await place.provider.observe([home])
        place.host._listed = lambda _, found, __: Answer.of(
            {"success": True, "result": [], "result_info": {"total_pages": 1, "total_count": len(found)}}
        )
        error = (await place.provider.observe([home]))[home]
        assert type(error) is Unavailable
        assert "0 of 1" in str(error)


async def test_comment_tags_and_proxy_stay(at):
    """What a person wrote beside a record survives a change of address."""
    async with at("cloudflare") as place:
        home = place.key("home")
        (id_,) = place.host.put(home, OLD, ttl=300, comment="the NAS", tags=["owner:me"])
        found = (await place.provider.observe([home]))[home]
        assert await place.provider.apply([Change(home, found, rrset(home, NEW))]) == {home: None}
        row = place.host.rows[id_]
        assert (row.content, row.ttl) == (NEW, 120)
        assert row.extra == {"comment": "the NAS", "tags": ["owner:me"]}


async def test_a_proxied_record_stays_proxied(at):
    """Its TTL is automatic whatever the file says, and DNS answers other addresses than were written."""
    async with at("cloudflare") as place:
        home = place.key("home")
        (id_,) = place.host.put(home, OLD, proxied=True)
        found = (await place.provider.observe([home]))[home]
        assert found.satisfies(rrset(home, OLD, ttl=60))
        assert not place.provider.is_in_dns(rrset(home, OLD))
        await place.provider.apply([Change(home, found, rrset(home, NEW, ttl=60))])
        row = place.host.rows[id_]
        assert (row.content, row.extra["proxied"], row.ttl) == (NEW, True, 1)
        place.host.requests.clear()
        found = (await place.provider.observe([home]))[home]
        assert found.satisfies(rrset(home, NEW, ttl=60))
        assert await place.provider.apply([Change(home, found, rrset(home, NEW, ttl=60))]) == {home: None}
        assert asked(place.host) == ["GET dns_records"]


async def test_options_are_written_and_compared(at):
    """A record is made with its options, found to have them, and changed when they change."""
    async with at("cloudflare") as place:
        provider, home = place.provider, place.key("home")
        first = provider.clamp(rrset(home, NEW, comment="x", tags="b:2, a:1", proxied=True))
        assert (first.ttl, dict(first.options)["tags"]) == (None, "a:1,b:2")
        assert await provider.apply([Change(home, None, first)]) == {home: None}
        (row,) = place.host.rows.values()
        assert row.extra == {"comment": "x", "tags": ["a:1", "b:2"], "proxied": True}
        found = (await provider.observe([home]))[home]
        assert found.satisfies(first)
        assert not provider.is_in_dns(first)
        second = provider.clamp(rrset(home, NEW, comment="", tags="", proxied=False, ttl=60))
        assert not found.satisfies(second)
        assert await provider.apply([Change(home, found, second)]) == {home: None}
        (row,) = place.host.rows.values()
        assert (row.extra, row.ttl) == ({"comment": "", "tags": [], "proxied": False}, 60)
        assert provider.is_in_dns(second)


async def test_surplus_is_deleted_and_stale_is_rewritten(at):
    """What is right stays, what is stale is rewritten in place, the surplus goes, and no neighbour with it."""
    async with at("cloudflare") as place:
        home, near = place.key("home"), place.key("xhome")
        kept, stale, _ = place.host.put(home, NEW, OLD, OTHER, ttl=120)
        place.host.put(near, OLD)
        text = place.host.put_other(home.name, "TXT", "v=1")
        found = (await place.provider.observe([home]))[home]
        await place.provider.apply([Change(home, found, rrset(home, NEW, "203.0.113.9"))])
        assert place.host.rows[kept].content == NEW
        assert place.host.rows[stale].content == "203.0.113.9"
        assert place.host.held(home) == {NEW, "203.0.113.9"}
        assert place.host.held(near) == {OLD}
        assert text in place.host.rows


async def test_ipv6_is_compared_by_value(at):
    """An address spelled otherwise is the same address: nothing is written."""
    async with at("cloudflare") as place:
        home6 = place.key("home", "AAAA")
        place.host.put(home6, "2001:0DB8:0:0::7", ttl=120)
        found = (await place.provider.observe([home6]))[home6]
        assert found.satisfies(rrset(home6, "2001:db8::7"))


async def test_one_refused_record_hides_no_other(at):
    """A batch is all or nothing at Cloudflare; the one that is refused is found, and all others are done."""
    async with at("cloudflare") as place:
        keys = [place.key(f"h{i}") for i in range(30)]
        place.host.put_other(keys[17].name, "CNAME", "elsewhere.example.net")
        results = await place.provider.apply([Change(key, None, rrset(key, NEW)) for key in keys])
        error = results.pop(keys[17])
        assert type(error) is Refused
        assert "9005" in str(error)
        assert results == dict.fromkeys(keys[:17] + keys[18:])
        assert len(place.host.requests) < 16


async def test_somebody_else_s_change_is_not_overwritten_unseen(at):
    """A record that is neither as observed nor as wanted is observed again before it is written."""
    async with at("cloudflare") as place:
        home = place.key("home")
        place.host.put(home, OTHER)
        results = await place.provider.apply([Change(home, rrset(home, OLD), rrset(home, NEW))])
        assert type(results[home]) is Unconfirmed
        assert place.host.held(home) == {OTHER}


async def test_a_record_that_went_since_it_was_listed(at):
    """The list of a moment ago is wrong: observe again, and write then."""
    async with at("cloudflare") as place:
        home = place.key("home")
        place.host.put(home, OLD)
        found = (await place.provider.observe([home]))[home]
        place.host.rows.clear()
        results = await place.provider.apply([Change(home, found, rrset(home, NEW))])
        assert type(results[home]) is Unconfirmed


async def test_zones_are_found_by_the_longest_match(at):
    """A record goes into the zone closest above it; several zones are several batches."""
    async with at("cloudflare") as place:
        place.host.zones["z3"] = "dyn.example.com"
        keys = [
            RRsetKey.parse(f"{name} A") for name in ("a.example.com", "a.dyn.example.com", "a.example.net")
        ]
        results = await place.provider.apply([Change(key, None, rrset(key, NEW)) for key in keys])
        assert set(results.values()) == {None}
        found = {row.name: row.zone for row in place.host.rows.values()}
        assert found == {
            "a.example.com": "example.com",
            "a.dyn.example.com": "dyn.example.com",
            "a.example.net": "example.net",
        }


async def test_a_name_in_no_zone_hides_no_other(at):
    """A name that no zone holds is refused alone, read or written, with what to look at."""
    async with at("cloudflare") as place:
        home, lost = place.key("home"), RRsetKey.parse("home.example.org A")
        observed = await place.provider.observe([home, lost])
        assert observed[home] is None
        assert type(observed[lost]) is Refused
        assert "check `zone`" in str(observed[lost])
        results = await place.provider.apply([Change(key, None, rrset(key, NEW)) for key in (home, lost)])
        assert results[home] is None
        assert type(results[lost]) is Refused


async def test_a_zone_that_cannot_be_listed_hides_no_other(at):
    """One zone's list fails: the other zone is observed, and written with the list it was observed by."""
    async with at("cloudflare") as place:
        here, there = RRsetKey.parse("a.example.com A"), RRsetKey.parse("a.example.net A")
        place.host.put(there, OLD)
        plain = place.host.route

        def route(request):
            if "/z1/" in request.target:
                return Answer.of({"success": False, "errors": [{"code": 10013, "message": "internal"}]}, 500)
            return plain(request)

        place.host.route = route
        observed = await place.provider.observe([here, there])
        assert type(observed[here]) is Unavailable
        assert observed[there].rdata == {OLD}
        changes = [Change(here, None, rrset(here, NEW)), Change(there, observed[there], rrset(there, NEW))]
        results = await place.provider.apply(changes)
        assert (type(results[here]), results[there]) == (Unavailable, None)


async def test_a_zone_that_moved_is_looked_up_again(at):
    """An id that Cloudflare no longer knows is forgotten, and the next try finds the new one."""
    async with at("cloudflare") as place:
        home = place.key("home")
        change = Change(home, None, rrset(home, NEW))
        await place.provider.observe([home])
        await place.clock.advance(_fresh.FRESH + 1)
        place.host.zones["z9"] = place.host.zones.pop("z1")
        assert type((await place.provider.apply([change]))[home]) is Unavailable
        assert (await place.provider.apply([change]))[home] is None


async def test_email_and_key(at):
    """The older credentials work too, and are refused by name when wrong."""
    async with at("cloudflare") as place:
        home = place.key("home")
        change = Change(home, None, rrset(home, NEW))
        older = {"token": None, "email": place.host.email}
        assert type((await place.make(**older, key="wrong-k3y").apply([change]))[home]) is CredentialsRefused
        assert (await place.make(**older, key=place.host.key).apply([change]))[home] is None


@pytest.mark.parametrize("wrong", [{"token": None}, {"token": None, "email": "me@example.com"}])
async def test_settings_lack_credentials(wrong, at):
    """Neither a token nor the pair is a configuration error that says which to write."""
    async with at("cloudflare") as place:
        with pytest.raises(ConfigInvalid, match="either `token`, or `email` and `key`"):
            place.make(**wrong)


@pytest.mark.parametrize(
    ("status", "errors", "error"),
    [
        (403, [{"code": 10000, "message": "Authentication error"}], CredentialsRefused),
        (403, [{"code": 9109, "message": "Unauthorized to access requested resource"}], CredentialsRefused),
        (400, [{"code": 6003, "message": "x", "error_chain": [{"code": 6111}]}], CredentialsRefused),
        (400, [{"code": 1004, "error_chain": [{"code": 9005, "message": "bad content"}]}], Refused),
        (429, [{"code": 971, "message": "slow down"}], Throttled),
        (400, [{"code": 971, "message": "slow down"}], Throttled),
        (500, [{"code": 10013, "message": "internal"}], Unavailable),
        (403, [], Unavailable),
        (200, [{"code": 10000, "message": "Authentication error"}], CredentialsRefused),
    ],
)
async def test_error_codes(status, errors, error, at):
    """Cloudflare's own codes decide, wherever in the chain they are; without one it is what the status says."""
    async with at("cloudflare") as place:
        place.host.route = lambda _: Answer.of({"success": False, "errors": errors}, status)
        home = place.key("home")
        found = (await place.provider.observe([home]))[home]
        assert type(found) is error
        if error is Throttled:
            assert found.retry_after == 300


@pytest.mark.parametrize(("ttl", "held"), [(1, 1), (30, 60), (60, 60), (86400, 86400), (None, None)])
async def test_ttl_is_clamped_to_what_is_allowed(ttl, held, at):
    """A TTL that would be refused is the nearest one that is not; 1 is automatic."""
    async with at("cloudflare") as place:
        home = place.key("home")
        assert place.provider.clamp(rrset(home, NEW, ttl=ttl)).ttl == held


@pytest.mark.sdks
async def test_cloudflare_s_client_believes_the_fake(at):
    """Cloudflare's client lists, creates, changes and deletes at the fake, one by one and in a batch."""
    async with at("cloudflare") as place:
        for label in "abc":
            place.host.put(place.key(label), OLD, ttl=120)
        url = place.host.settings()["base_url"]
        said = json.loads(await drive(SDK, url, place.host.secret, "wr0ng-t0ken"))
        there, wild = (
            [[f"{label}.example.com", OLD, 120, False, None] for label in "abc"],
            "*.sdk.example.com",
        )
        assert said == [
            there,
            [*there, [wild, "192.0.2.1", 300, False, "by hand"]],
            [400, 81058],
            [400, 9005],
            [*there, [wild, "192.0.2.2", 60, False, "by hand"]],
            [*there, [wild, "192.0.2.3", 1, True, None]],
            [*there, [wild, "192.0.2.4", 120, False, None]],
            [404, 81044],
            there,
            [403, 10000],
        ]


@pytest.mark.sdks
async def test_cloudflare_s_client_writes_services_in_their_components(at):
    """A service is written as priority, target and value, as the provider does, and read back as its content."""
    async with at("cloudflare") as place:
        url = place.host.settings()["base_url"]
        said = json.loads(await drive(SDK_SERVICE, url, place.host.secret))
        assert said == [
            '1 . alpn="h2" ipv4hint="192.0.2.1"',
            '1 . alpn="h3"',
            '1 . alpn="h3" port="8443"',
            400,
        ]


async def test_what_cannot_be_proxied_is_not_asked_to_be(at):
    """A record's options are for all its types; a service or a text beside a proxied address is as it is."""
    async with at("cloudflare") as place:
        text = place.key("home", RRType.TXT)
        wanted = place.provider.clamp(rrset(text, '"192.0.2.1"', proxied=True, comment="ours"))
        assert dict(wanted.options) == {"comment": "ours"}
        assert await place.provider.apply([Change(text, None, wanted)]) == {text: None}
        assert place.provider.is_in_dns(wanted)
