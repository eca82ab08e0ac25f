"""What speaks of addresses follows them: hints are replaced, texts are filled, and nothing is concluded from nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.world import HOME, HOME6, World, addresses, key
from homeport.engine.follow import (
    families_in,
    follow,
    names_family,
    resembles,
    settled,
    spelled,
    why_not_content,
)
from homeport.model.address import Family, parse_address
from homeport.model.host_id import parse_host_id
from homeport.model.ledger import Proof, State
from homeport.model.name import Fqdn
from homeport.model.observation import NoAddress, Unknown
from homeport.model.plan import Hint, Hold, Publish, Withdraw
from homeport.model.rrset import RRset, RRsetKey, RRType

V4, V6 = Family.V4, Family.V6
LEARNED4, LEARNED6 = addresses("8.8.8.8"), addresses("2606:4700::1111")
NAME = Fqdn.parse("home.example.com")
BOTH = ((V4, "wan"), (V6, "wan"))
SPF = "v=spf1 ip4:{ipv4} ip6:{ipv6} -all"


def wanted(rrtype=RRType.HTTPS, **more):
    return World().wanted(RRsetKey(NAME, rrtype), source="", **({"follows": BOTH} | more))


def after(*published, v4=LEARNED4, v6=LEARNED6, rrtype=RRType.HTTPS, gone_for=0.0, **more):
    """Return the RDATA that comes of it, or the intent where none does."""
    one = wanted(rrtype, **more)
    intent = follow(one, {V4: v4, V6: v6}, {V4: gone_for, V6: gone_for})
    said = settled(intent, one.key, RRset.of(one.key, *published) if published else None)
    return sorted(said.rdata) if isinstance(said, Publish) else said


def test_a_service_that_is_there_keeps_all_but_its_hints():
    """Somebody else's parameters stay, whatever they are."""
    before = "1 . alpn=h3,h2 port=8443 ipv4hint=192.0.2.1 ech=AAAA"
    assert after(before) == ["1 . alpn=h3,h2 port=8443 ipv4hint=8.8.8.8 ech=AAAA ipv6hint=2606:4700::1111"]


def test_a_service_that_is_not_there_is_made():
    """It is the name itself, by both families."""
    assert after() == ["1 . ipv4hint=8.8.8.8 ipv6hint=2606:4700::1111"]


def test_every_service_of_the_name_hints():
    """Their own name is another way to say the name itself."""
    assert after("1 home.example.com. alpn=h3", "2 . alpn=h2", v6=NoAddress("none")) == [
        "1 home.example.com. alpn=h3 ipv4hint=8.8.8.8",
        "2 . alpn=h2 ipv4hint=8.8.8.8",
    ]


def test_only_the_families_of_the_record_are_touched():
    """Another one's hint is somebody else's."""
    one = wanted(follows=((V4, "wan"),))
    intent = follow(one, {V4: LEARNED4}, {})
    before = RRset.of(one.key, "1 . ipv6hint=2001:db8::1")
    assert settled(intent, one.key, before).rdata == {"1 . ipv4hint=8.8.8.8 ipv6hint=2001:db8::1"}


@pytest.mark.parametrize("published", ["0 pool.example.net.", "1 www.example.net. alpn=h2", "\\# 3 0001ff"])
def test_what_points_elsewhere_is_held(published):
    """The addresses of another name are not this machine's to write, nor is what cannot be read."""
    assert isinstance(after(published), Hold)
    assert after(published, content="1 . ipv4hint={ipv4}") == ["1 . ipv4hint=8.8.8.8"]


@pytest.mark.parametrize("content", ["", "1 . ipv4hint={ipv4} ipv6hint={ipv6}"])
def test_not_learned_is_not_gone(content):
    """One family that could not be learned holds the record; the other one's change waits for it."""
    assert after(v6=Unknown("portal"), content=content) == Hold("portal")
    assert after(v4=Unknown("portal"), v6=NoAddress("none"), content=content) == Hold("portal")


def test_a_family_that_is_gone_is_no_longer_hinted_at():
    """The published hint goes, and so does the word of a template."""
    assert after("1 . alpn=h2 ipv6hint=2001:db8::1", v6=NoAddress("none")) == ["1 . alpn=h2 ipv4hint=8.8.8.8"]
    assert after(v6=NoAddress("none"), content="1 . alpn=h2 ipv6hint={ipv6} ipv4hint={ipv4}") == [
        "1 . alpn=h2 ipv4hint=8.8.8.8"
    ]
    assert after(v4=NoAddress("none"), rrtype=RRType.TXT, content=SPF) == [
        '"v=spf1 ip6:2606:4700::1111 -all"'
    ]


@pytest.mark.parametrize("content", ["", "1 . ipv4hint={ipv4}"])
def test_where_nothing_is_left_it_goes_as_addresses_do(content):
    """It stays unless a record opts in, and then as long as its addresses would."""
    none = {"v4": NoAddress("no line"), "v6": NoAddress("no line"), "content": content}
    assert after(**none) == Hold("no line; the record stays (when_gone: withdraw would remove it)")
    assert isinstance(after(**none, withdraw_after=60, gone_for=59), Hold)
    assert after(**none, withdraw_after=60, gone_for=60) == Withdraw("no line")


def test_a_text():
    """Several addresses are joined, in SPF each has its own mechanism (RFC 7208), and quotes are ours."""
    two = addresses("9.9.9.9", "8.8.8.8")
    assert after(v4=two, rrtype=RRType.TXT, content="at {ipv4} or {ipv6}") == [
        '"at 8.8.8.8,9.9.9.9 or 2606:4700::1111"'
    ]
    assert after(v4=two, rrtype=RRType.TXT, content=SPF) == [
        '"v=spf1 ip4:8.8.8.8 ip4:9.9.9.9 ip6:2606:4700::1111 -all"'
    ]


def test_several_addresses_are_hints_with_commas():
    """In one parameter, in order."""
    assert after(v4=addresses("9.9.9.9", "8.8.8.8"), v6=NoAddress("")) == ["1 . ipv4hint=8.8.8.8,9.9.9.9"]


def test_another_machine_of_the_network():
    """A host id concerns what is said of IPv6, too."""
    said = after(host_id=parse_host_id("::10"))
    assert said == ["1 . ipv4hint=8.8.8.8 ipv6hint=2606:4700::10"]


def test_what_was_settled_is_settled():
    """Following twice is following once."""
    [once] = after("1 . alpn=h2")
    assert after(once) == [once]
    assert after("1 . ipv4hint=9.9.9.9,8.8.8.8", v4=addresses("8.8.8.8", "9.9.9.9"), v6=NoAddress("")) == [
        "1 . ipv4hint=9.9.9.9,8.8.8.8"
    ]


@pytest.mark.parametrize(
    ("rrtype", "content", "why"),
    [
        (RRType.TXT, SPF, None),
        (RRType.HTTPS, "1 . alpn=h2 ipv4hint={ipv4} ipv6hint={ipv6} dohpath=/q{?dns}", None),
        (RRType.TXT, "v=spf1 -all", "names no address"),
        (RRType.TXT, "{ipv4} {ip6}", "there is no {ip6}"),
        (RRType.TXT, '"{ipv4}"', "without quotes"),
        (RRType.HTTPS, "alpn=h2 ipv4hint={ipv4}", "makes no HTTPS record"),
        (RRType.HTTPS, "1 . ipv6hint={ipv4}", "makes no HTTPS record"),
    ],
)
def test_a_template_is_checked_before_it_is_used(rrtype, content, why):
    """What cannot become a record is told when the file is read."""
    found = why_not_content(rrtype, content)
    assert found is None if why is None else why in found


@given(st.text(alphabet='v=spf1 {ipv46}:-al"\\x', max_size=40))
def test_any_template_is_filled_or_refused(content):
    """One that passes the check makes a record of any addresses."""
    if why_not_content(RRType.TXT, content) is None:
        found = {V4: [parse_address("8.8.8.8")], V6: [parse_address("2606:4700::1111")]}
        assert spelled(RRType.TXT, content, found).startswith('"')
        assert families_in(content)


@pytest.mark.parametrize(
    ("rdata", "is_like"),
    [
        ('"v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"', True),
        ('"v=spf1 include:mail.example.net -all"', True),
        ('"v=spf1 ip4:192.0.2.1 ~all"', False),
        ('"site-verification=1"', False),
        ('"open', False),
    ],
)
def test_what_may_have_been_made_of_a_template(rdata, is_like):
    """It says whatever the template says of no address."""
    assert resembles(rdata, SPF) is is_like


def test_a_hint_is_no_intent_before_it_is_settled():
    """What is published is known only once the host was asked."""
    assert isinstance(follow(wanted(), {V4: LEARNED4, V6: LEARNED6}, {}), Hint)


@pytest.mark.parametrize(
    ("published", "names"),
    [
        ('"v=spf1 ip4:8.8.8.8 ip6:2606:4700::1111 -all"', (True, True)),
        ('"v=spf1 ip6:2606:4700::1111"', (False, True)),
        ('"v=spf1 ip4:8.8.8.8 -all"', (True, False)),
        ('"v=spf1 ip6:x notip4:8.8.8.8 -all"', (False, False)),
        (None, (False, False)),
    ],
)
def test_which_families_are_named(published, names):
    """What was published tells of a family by the word the template has for it."""
    one = wanted(RRType.TXT, content=SPF)
    said = RRset.of(one.key, published) if published else None
    assert (names_family(one, said, V4), names_family(one, said, V6)) == names


def test_which_families_a_service_hints_at():
    """Without a template a hint is the word."""
    one = wanted()
    said = RRset.of(one.key, "1 . alpn=h2 ipv4hint=8.8.8.8")
    assert names_family(one, said, V4)
    assert not names_family(one, said, V6)


SERVICE = key("home.example.com", RRType.HTTPS)
TEXT = key("home.example.com", RRType.TXT)


def speaking(world, *more):
    """Return an account of a name with both addresses, its service, and these."""
    service = world.wanted(SERVICE, source="", follows=BOTH)
    return world.account(world.wanted(), world.wanted(HOME6), service, *more)


async def test_a_service_follows_the_addresses_of_its_name(world):
    """Its parameters stay, its hints change with the addresses, DNS is asked for it, and a second round does nothing."""
    world.provider.put(SERVICE, "1 . alpn=h3,h2 ipv4hint=192.0.2.1")
    rounds = world.rounds(speaking(world))
    await rounds.run()
    said = "1 . alpn=h3,h2 ipv4hint={} ipv6hint=2606:4700::1111"
    assert world.provider.zone[SERVICE].rdata == {said.format("8.8.8.8")}
    assert world.line(SERVICE).proof is Proof.DNS
    applied = world.provider.applied
    await rounds.run()
    assert world.provider.applied == applied
    world.detector.says["v4"] = addresses("9.9.9.9")
    await rounds.run()
    assert world.provider.zone[SERVICE].rdata == {said.format("9.9.9.9")}


async def test_a_parameter_that_somebody_changes_stays_changed(world):
    """The name servers tell of it, the host is asked, and nothing is written over it."""
    rounds = world.rounds(speaking(world))
    await rounds.run()
    before = world.provider.applied
    changed = "1 . alpn=h3 ipv4hint=8.8.8.8 ipv6hint=2606:4700::1111"
    world.provider.put(SERVICE, changed)
    await world.clock.advance(300)
    await rounds.run(check_drift=True)
    assert world.provider.zone[SERVICE].rdata == {changed}
    assert world.provider.applied == before
    assert world.line(SERVICE).published.rdata == {changed}


async def test_what_was_not_learned_holds_what_speaks_of_it(world):
    """The other family goes on."""
    rounds = world.rounds(speaking(world))
    world.detector.says["v6"] = Unknown("portal")
    world.own("2606:4700::1111")
    await rounds.run()
    assert world.line(HOME).state is State.CURRENT
    assert world.line(SERVICE).state is State.HELD
    assert SERVICE not in world.provider.zone


async def test_a_home_without_ipv6_speaks_of_ipv4_alone(world):
    """The family that this machine does without is not waited for."""
    rounds = world.rounds(speaking(world))
    world.detector.says["v6"] = Unknown("nobody answers")
    world.own("8.8.8.8")
    await rounds.run()
    assert world.provider.zone[SERVICE].rdata == {"1 . ipv4hint=8.8.8.8"}


@pytest.mark.parametrize("beside", [(), (HOME,), (HOME, HOME6)])
async def test_a_text_does_without_what_its_source_never_tells(world, beside):
    """An address that is written down for one family alone is no reason to wait for the other."""
    text = world.wanted(TEXT, source="", follows=BOTH, content=SPF)
    account = world.account(text, *(world.wanted(each) for each in beside))
    world.detector.says["v6"] = Unknown("the configuration names none")
    world.detector.lacks = (Family.V6,)
    world.own("8.8.8.8", "2606:4700::1111")
    await world.rounds(account).run()
    assert world.provider.zone[TEXT].rdata == {'"v=spf1 ip4:8.8.8.8 -all"'}


@pytest.mark.parametrize("beside", [(), (HOME,)])
async def test_a_text_at_a_home_without_ipv6(world, beside):
    """It names IPv4 alone until there is IPv6, and then never drops it for not being learned."""
    text = world.wanted(TEXT, source="", follows=BOTH, content=SPF)
    rounds = world.rounds(world.account(text, *(world.wanted(each) for each in beside)))
    world.detector.says["v6"] = Unknown("nobody answers")
    world.own("8.8.8.8")
    await rounds.run()
    assert world.provider.zone[TEXT].rdata == {'"v=spf1 ip4:8.8.8.8 -all"'}
    both = {'"v=spf1 ip4:8.8.8.8 ip6:2606:4700::1111 -all"'}
    world.detector.says["v6"] = addresses("2606:4700::1111")
    world.own("8.8.8.8", "2606:4700::1111")
    await rounds.run()
    assert world.provider.zone[TEXT].rdata == both
    world.detector.says["v6"] = Unknown("nobody answers")
    world.own("8.8.8.8")
    await rounds.run()
    assert world.provider.zone[TEXT].rdata == both
    assert world.line(TEXT).state is State.HELD


async def test_a_text_waits_for_ipv6_where_this_machine_has_it(world):
    """What was not learned is not gone."""
    text = world.wanted(TEXT, source="", follows=BOTH, content=SPF)
    rounds = world.rounds(world.account(text))
    world.detector.says["v6"] = Unknown("portal")
    world.own("8.8.8.8", "2606:4700::1111")
    await rounds.run()
    assert world.line(TEXT).state is State.HELD
    assert TEXT not in world.provider.zone


async def test_a_family_that_never_is_does_not_keep_a_text(world):
    """Where the only family there can be is gone, the text goes when its record would."""
    text = world.wanted(TEXT, source="", follows=BOTH, content=SPF, withdraw_after=60)
    rounds = world.rounds(world.account(text))
    world.detector.says["v6"] = Unknown("nobody answers")
    world.own("8.8.8.8")
    await rounds.run()
    world.detector.says["v4"] = NoAddress("no line")
    for _ in range(3):
        await world.clock.advance(60)
        await rounds.run()
    assert TEXT not in world.provider.zone


async def test_a_text_beside_somebody_else_s(world):
    """A shared text joins what is there, and follows the address beside it."""
    world.provider.put(TEXT, '"site-verification=1"')
    shared = world.wanted(TEXT, source="", follows=BOTH[:1], content="v=spf1 ip4:{ipv4} -all", shared=True)
    rounds = world.rounds(world.account(shared))
    for address in ("8.8.8.8", "9.9.9.9"):
        world.detector.says["v4"] = addresses(address)
        await rounds.run()
        said = {'"site-verification=1"', f'"v=spf1 ip4:{address} -all"'}
        assert world.provider.zone[TEXT].rdata == said
