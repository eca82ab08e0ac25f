"""What there is to tell, read off how every RRset stands."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.world import HOME, HOME6, addresses
from homeport.engine.news import Standing, look, standings
from homeport.model.ledger import Entry, Proof, State
from homeport.model.name import Fqdn
from homeport.model.news import Told, What
from homeport.model.observation import Unknown
from homeport.model.rrset import RRset, RRsetKey, RRType

NOW, AFTER = 1_800_000_000.0, 600.0
KEY = RRsetKey(Fqdn.parse("home.example.com"), RRType.A)
LINE = ("cf", str(KEY))


def rrset(*rdata):
    return RRset.of(KEY, *rdata, ttl=60)


def entry(*rdata, state=State.CURRENT, proof=Proof.DNS, at=NOW, **others):
    published = rrset(*rdata) if rdata else None
    return Entry("cf", KEY, state, published=published, published_at=at, proof=proof, since=at, **others)


def seen(one, told=None, *, now=NOW, begun=NOW - 1000, **how):
    standing = how.pop("standing", Standing(one, **how))
    return look([standing], told or {}, begun=begun, after=AFTER, now=now)


def told_of(found):
    return [each.what for each in found.happened]


def test_a_change_is_told_once():
    """With what it was; and not before it was looked for."""
    told = {LINE: Told(("192.0.2.1",))}
    assert told_of(seen(entry("192.0.2.2", proof=Proof.NONE), told)) == []
    found = seen(entry("192.0.2.2"), told)
    [one] = found.happened
    assert (one.what, one.before, one.after) == (What.CHANGED, ("192.0.2.1",), ("192.0.2.2",))
    assert told_of(seen(entry("192.0.2.2"), found.told)) == []


def test_a_change_nobody_looked_for_is_told_later():
    """The agent ended while it was looked for: two minutes after it was published that is news all the same."""
    told = {LINE: Told(("192.0.2.1",))}
    early = seen(entry("192.0.2.2", proof=Proof.NONE), told, now=NOW + 5)
    assert (told_of(early), early.again) == ([], NOW + 120)
    assert told_of(seen(entry("192.0.2.2", proof=Proof.NONE), told, now=NOW + 121)) == [What.CHANGED]


def test_a_clock_that_was_wrong_puts_nothing_off():
    """What is wrong since a time to come is wrong since now."""
    failing = entry("192.0.2.1", state=State.RETRYING, at=NOW + 9999)
    first = seen(failing, {LINE: Told(("192.0.2.1",), None, NOW + 8 * 3600)})
    assert first.again == NOW + AFTER
    assert told_of(seen(failing, first.told, now=NOW + AFTER)) == [What.FAILING]


def test_a_host_that_cannot_be_looked_at_is_believed():
    """What was accepted and cannot be seen is told, too."""
    assert told_of(seen(entry("192.0.2.2", proof=Proof.ACCEPTED), {LINE: Told(("192.0.2.1",))})) == [
        What.CHANGED
    ]


def test_what_was_there_before_is_no_news():
    """Who begins to be told hears of what is published from then on, of a first publication too."""
    assert told_of(seen(entry("192.0.2.1", at=NOW - 5000))) == []
    [first] = seen(entry("192.0.2.1", at=NOW - 10)).happened
    assert (first.before, first.after) == ((), ("192.0.2.1",))


def test_a_withdrawal_is_told():
    """There is nothing to look for then."""
    [one] = seen(entry(proof=Proof.NONE), {LINE: Told(("192.0.2.1",))}).happened
    assert (one.what, one.before, one.after) == (What.CHANGED, ("192.0.2.1",), ())


def test_a_ledger_that_begins_anew_is_no_withdrawal():
    """The provider's settings lead elsewhere now: nothing is known yet."""
    assert told_of(seen(Entry("cf", KEY), {LINE: Told(("192.0.2.1",))})) == []


@pytest.mark.parametrize(
    ("state", "what", "begun"), [(State.RETRYING, What.FAILING, NOW - 10), (State.HELD, What.HELD, NOW)]
)
def test_a_failure_is_told_when_it_lasts_and_once(state, what, begun):
    """Not at its first minute, not at every try; its end is told because it was.

    What is held was as it should be until it is first seen not to be.
    """
    failing = entry("192.0.2.1", state=state, reason="no route", at=NOW - 10)
    early = seen(failing, {LINE: Told(("192.0.2.1",))})
    assert told_of(early) == []
    assert early.again == begun + AFTER
    late = seen(failing, early.told, now=NOW + AFTER)
    assert [(one.what, one.why, one.at) for one in late.happened] == [(what, "no route", begun)]
    assert late.again is None
    flipped = replace(failing, state=State.UNCONFIRMED, since=NOW + AFTER + 1)
    assert told_of(seen(flipped, late.told, now=NOW + 3 * AFTER)) == []
    healed = seen(entry("192.0.2.1"), late.told, now=NOW + 4 * AFTER)
    assert told_of(healed) == [What.RECOVERED]
    assert told_of(seen(entry("192.0.2.1"), healed.told, now=NOW + 5 * AFTER)) == []


def test_a_failure_that_passes_is_not_told():
    """Nor its end."""
    early = seen(entry("192.0.2.1", state=State.RETRYING, at=NOW - 10), {LINE: Told(("192.0.2.1",))})
    assert told_of(seen(entry("192.0.2.1"), early.told)) == []


def test_what_needs_a_person_is_told_at_once_and_again_when_it_is_worse():
    """Halted, then given up; a probe between is no news."""
    halted = entry("192.0.2.1", state=State.HALTED, next_attempt=NOW + 3600, reason="wrong token")
    found = seen(halted, {LINE: Told(("192.0.2.1",))})
    assert told_of(found) == [What.HALTED]
    assert told_of(seen(replace(halted, state=State.RETRYING), found.told, now=NOW + 9999)) == []
    gone = seen(replace(halted, next_attempt=None), found.told)
    assert told_of(gone) == [What.GIVEN_UP]
    assert told_of(seen(replace(halted, next_attempt=None), gone.told)) == []


def test_a_failure_that_halts_is_worse():
    """It was told that it fails, and now it waits for somebody."""
    told = {LINE: Told(("192.0.2.1",), What.FAILING, NOW - 9999)}
    assert told_of(seen(entry("192.0.2.1", state=State.HALTED, next_attempt=NOW), told)) == [What.HALTED]


def test_what_is_as_it_should_be_or_paused_is_no_news():
    """A home without IPv6, and what somebody asked to be left alone."""
    held = entry("192.0.2.1", state=State.HELD, at=NOW - 9999)
    told = {LINE: Told(("192.0.2.1",))}
    assert told_of(seen(held, told, is_meant=True)) == []
    assert told_of(seen(held, told, is_paused=True)) == []
    assert told_of(seen(entry("192.0.2.9"), told, is_paused=True)) == []


def test_change_and_recovery_come_together():
    """A new address after an outage."""
    told = {LINE: Told(("192.0.2.1",), What.FAILING, NOW - 9999)}
    assert told_of(seen(entry("192.0.2.2"), told)) == [What.CHANGED, What.RECOVERED]


HERE4 = ("192.168.1.2", "fe80::1", "127.0.0.1")
WEEKS = 3 * 7 * 24 * 3600.0


class Home:
    """A home with IPv4 alone and `types: [A, AAAA]`, and somebody who looks after its rounds."""

    def __init__(self, world):
        self.world, self.told = world, {}
        self.reload()

    def reload(self):
        """Begin with a new configuration, or after a restart: nothing was learned yet."""
        wanted = self.world.wanted(HOME), self.world.wanted(HOME6)
        self.rounds = self.world.rounds(self.world.account(*wanted))

    def connect(self, *own, v4):
        self.world.own(*own)
        self.world.detector.says |= {"v4": v4, "v6": Unknown("no route")}

    async def round(self):
        await self.rounds.run()
        return self.look()

    def look(self):
        """Return what there is to tell now, and count it as told."""
        now = self.world.clock.now()
        found = look(standings(self.rounds), self.told, begun=NOW - 1, after=AFTER, now=now)
        self.told = found.told
        return [(each.what, each.type) for each in found.happened]


@pytest.fixture
async def home(world):
    """For weeks all has been well."""
    there = Home(world)
    there.connect(*HERE4, v4=addresses("8.8.8.8"))
    assert await there.round() == [(What.CHANGED, RRType.A)]
    await world.clock.advance(WEEKS)
    assert await there.round() == []
    return there


async def test_an_outage_says_nothing_of_a_family_that_never_was(home):
    """The only interface loses its address, for moments or for hours: nobody hears of IPv6, and of its return neither."""
    home.connect(v4=Unknown("no route"))
    assert await home.round() == []
    await home.world.clock.advance(AFTER)
    assert await home.round() == [(What.HELD, RRType.A)]
    home.connect(*HERE4, v4=addresses("8.8.8.8"))
    assert await home.round() == [(What.RECOVERED, RRType.A)]


async def test_a_start_before_the_network_and_a_reload_say_nothing(home):
    """What was learned before is forgotten then: whether IPv6 should be there is not known yet."""
    home.reload()
    assert home.look() == []
    home.connect(v4=Unknown("no route"))
    assert await home.round() == []
    home.connect(*HERE4, v4=addresses("8.8.8.8"))
    assert await home.round() == []


async def test_ipv6_that_comes_and_cannot_be_learned_is_missed_from_then_on(home):
    """Not since the name was first left as it is: a prefix that is not reachable yet has its ten minutes."""
    home.connect(*HERE4, "2606:4700::1", v4=addresses("8.8.8.8"))
    assert await home.round() == []
    await home.world.clock.advance(AFTER)
    assert await home.round() == [(What.HELD, RRType.AAAA)]


async def test_what_somebody_else_holds_is_told_whatever_was_learned(world):
    """Both addresses are known, and the host has others of the same name, which nothing overwrites."""
    home = Home(world)
    world.provider.put(HOME6, "2001:db8::1", "2001:db8::2")
    assert await home.round() == [(What.CHANGED, RRType.A)]
    await world.clock.advance(AFTER)
    assert await home.round() == [(What.HELD, RRType.AAAA)]


async def test_a_name_that_is_to_have_nothing_else_is_missed_without_any_line(world):
    """It is not as it should be whatever the interfaces say."""
    home = Home(world)
    home.rounds = world.rounds(world.account(world.wanted(HOME6)))
    home.connect(v4=Unknown("no route"))
    assert await home.round() == []
    await world.clock.advance(AFTER)
    assert await home.round() == [(What.HELD, RRType.AAAA)]


def test_who_begins_to_be_told_hears_at_once_of_what_is_held_for_long():
    """Nobody looked before: it counts from when it was left as it is."""
    held = entry("192.0.2.1", state=State.HELD, at=NOW - AFTER, reason="no address")
    assert told_of(seen(held, begun=NOW)) == [What.HELD]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(State)),
            st.sampled_from(["", "192.0.2.1", "192.0.2.2"]),
            st.sampled_from(list(Proof)),
            st.floats(0, 2000),
        ),
        max_size=25,
    )
)
def test_whatever_happens_trouble_and_its_end_take_turns(steps):
    """Nobody hears of an end without a beginning, of a beginning twice, or of a change to what it was."""
    told, now, trouble = {}, NOW, False
    for state, rdata, proof, seconds in steps:
        now += seconds
        found = seen(entry(*[rdata] if rdata else [], state=state, proof=proof, at=now - 1), told, now=now)
        told = found.told
        for one in found.happened:
            if one.what is What.CHANGED:
                assert one.before != one.after
            elif one.what is What.RECOVERED:
                assert trouble
                trouble = False
            elif one.what in (What.FAILING, What.HELD):
                assert not trouble
                trouble = True
            else:
                trouble = True
        again = seen(entry(*[rdata] if rdata else [], state=state, proof=proof, at=now - 1), told, now=now)
        assert again.happened == ()
