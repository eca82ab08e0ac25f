"""Who beats is seen, who cannot prove it is answered nothing, and who stops is told of."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

import pytest

from fakes.clock import FakeClock, settle
from fakes.house import HOME, NAS, house
from homeport.control.heartbeats import FLOWS, Heartbeats
from homeport.control.sealing import Sealer, new_key
from homeport.model.address import parse_address
from homeport.telemetry.events import Event, listen
from homeport.wire import heartbeat
from homeport.wire.heartbeat import NO_SESSION, Beat, Challenge, Seen

HERE, THERE, SIX = "198.51.100.7", "203.0.113.9", "2001:db8::7"


@dataclass
class Sender:
    """One flow of one token, written down by hand."""

    token: str
    secret: str
    flow: bytes = b"flow-one"
    session: bytes = NO_SESSION
    counter: int = 0
    every: int = 10
    sent: list = field(default_factory=list)

    @property
    def key(self):
        return heartbeat.key_of(self.secret)

    def beat(self, beats, source=HERE):
        """Send the next beat and return what was answered, read."""
        self.counter += 1
        data = heartbeat.write_beat(
            Beat(self.token, self.flow, self.session, self.counter, self.every), self.key
        )
        self.sent.append(data)
        answer = send(beats, data, source)
        said = answer and heartbeat.read_answer(answer, data, self.key)
        if isinstance(said, Challenge):
            self.session = said.session
        return said

    def seen(self, beats, source=HERE):
        """Beat until it is not challenged any more."""
        said = self.beat(beats, source)
        return self.beat(beats, source) if isinstance(said, Challenge) else said


def send(beats, data, source=HERE, port=4000):
    return beats.answer(data, ip_address(source).packed, port)


class Napping(FakeClock):
    """A machine that sleeps through the end of one wait."""

    nap = 0.0

    async def sleep(self, seconds):
        await super().sleep(seconds)
        self._mono, self.nap = self._mono + self.nap, 0.0


@asynccontextmanager
async def hearing(clock=None):
    async with house(clock) as here:
        beats = Heartbeats(here.directory, here.sealer, here.clock, here.teller)
        yield here, beats, Sender(here.issued.id, here.issued.secret)


@pytest.fixture
def told():
    heard = []
    stop = listen(lambda event, fields: heard.append((event, fields)) if event.startswith("host.") else None)
    yield heard
    stop()


async def test_the_first_beat_is_challenged_and_the_second_seen():
    """Address and port are told, and the token is known to have been there, from both families."""
    async with hearing() as (here, beats, sender):
        assert isinstance(sender.beat(beats), Challenge)
        assert beats.of([sender.token]) is None
        assert sender.beat(beats) == Seen(parse_address(HERE), 4000)
        six = replace(sender, flow=b"flow-six", session=NO_SESSION, counter=0)
        assert six.seen(beats, SIX) == Seen(parse_address(SIX), 4000)
        found = beats.of([sender.token])
        assert (found.at, found.is_silent) == (here.clock.now(), False)
        assert list(map(str, found.sources)) == [HERE, SIX]
        assert beats.of(["another"]) is None


async def test_no_binding_is_changed():
    """Whatever a beat says, the hosts are where they were."""
    async with hearing() as (here, beats, sender):
        revision = here.directory.revision
        sender.seen(beats)
        assert here.directory.revision == revision
        assert not here.directory.binding(HOME).addresses


async def test_a_copy_is_not_answered():
    """A beat counts once, and one that a later one overtook does not count at all."""
    async with hearing() as (_, beats, sender):
        sender.seen(beats)
        sender.seen(beats)
        for old in sender.sent[1:]:
            assert send(beats, old, THERE) is None
        assert list(map(str, beats.of([sender.token]).sources)) == [HERE]
        assert sender.seen(beats)


async def test_a_recorded_flow_stays_dead():
    """When its flow is forgotten, a recorded beat is challenged, also the one that opened the flow."""
    async with hearing() as (_, beats, sender):
        sender.seen(beats)
        for number in range(FLOWS):
            other = replace(sender, flow=b"other-%02d" % number, session=NO_SESSION, sent=[])
            other.seen(beats)
        for old in sender.sent:
            answer = send(beats, old, THERE)
            assert isinstance(heartbeat.read_answer(answer, old, sender.key), Challenge)
        assert list(map(str, beats.of([sender.token]).sources)) == [HERE]
        assert sender.seen(beats, THERE), "whoever has the key goes on"


async def test_memory_is_bounded():
    """A token that begins anew again and again is remembered in a few flows."""
    async with hearing() as (_, beats, sender):
        for number in range(5 * FLOWS):
            replace(sender, flow=b"other-%02d" % number).seen(beats)
        assert len(beats._pulses[sender.token].flows) == FLOWS


async def test_a_restart_of_the_server_costs_one_challenge():
    """What was recorded before it is worth nothing after it; who has the key goes on."""
    async with hearing() as (here, beats, sender):
        sender.seen(beats)
        again = Heartbeats(here.directory, here.sealer, here.clock, here.teller)
        for old in sender.sent:
            assert isinstance(heartbeat.read_answer(send(again, old), old, sender.key), Challenge)
        assert again.of([sender.token]) is None
        assert isinstance(sender.beat(again), Challenge)
        assert isinstance(sender.beat(again), Seen)


async def test_a_restart_of_the_agent_costs_one_challenge():
    """The counter begins at one in a flow of its own; no clock takes part, so none locks it out."""
    async with hearing() as (here, beats, sender):
        sender.seen(beats)
        here.clock.jump(-86400)
        again = replace(sender, flow=b"flow-two", session=NO_SESSION, counter=0)
        assert isinstance(again.beat(beats), Challenge)
        assert isinstance(again.beat(beats), Seen)


async def test_two_machines_of_one_token():
    """Each has its own flow, and neither disturbs the other's."""
    async with hearing() as (_, beats, sender):
        other = replace(sender, flow=b"flow-two")
        sender.seen(beats)
        other.seen(beats, THERE)
        for _ in range(3):
            assert isinstance(sender.beat(beats), Seen)
            assert isinstance(other.beat(beats, THERE), Seen)


async def test_what_is_not_proved_is_not_answered():
    """A wrong secret, an unknown token, rubbish: nothing comes back, and nothing is kept."""
    async with hearing() as (_, beats, sender):
        assert replace(sender, secret="5e0c7f2d").beat(beats) is None
        assert replace(sender, token="0badc0de").beat(beats) is None
        assert send(beats, b"") is None
        assert send(beats, b"\0" * heartbeat.BEAT_SIZE) is None
        assert send(beats, sender.sent[0][:-1]) is None
        assert list(beats._pulses) == [sender.token], (
            "for the token there is; nothing for those there are not"
        )
        assert not beats._pulses[sender.token].flows


async def test_a_token_that_cannot_sign_cannot_beat():
    """With --no-signing the server does not have the secret, so there is nothing to prove with."""
    async with hearing() as (here, beats, _):
        issued = await here.tokens.create([HOME], signing=False)
        assert Sender(issued.id, issued.secret).beat(beats) is None


async def test_a_rotated_token_beats_with_its_new_secret_alone():
    """The old key ends with the very next beat, and nothing had to be told."""
    async with hearing() as (here, beats, sender):
        sender.seen(beats)
        issued = await here.tokens.rotate(sender.token)
        assert sender.beat(beats) is None
        assert Sender(issued.id, issued.secret).seen(beats)


async def test_a_revoked_token_is_forgotten():
    """It is not answered any more, and what was known of it goes."""
    async with hearing() as (here, beats, sender):
        sender.seen(beats)
        await here.tokens.revoke(sender.token)
        assert sender.beat(beats) is None
        beats.sweep()
        assert not beats._pulses


async def test_more_hosts_are_no_other_secret():
    """A token that loses a host goes on in its flow."""
    async with hearing() as (here, beats, sender):
        sender.seen(beats)
        await here.hosts.remove(NAS)
        assert isinstance(sender.beat(beats), Seen)


async def test_another_server_key_is_told_once():
    """Secrets that cannot be unsealed are not tried for every datagram."""
    async with hearing() as (here, _, sender):
        beats = Heartbeats(here.directory, Sealer.read(new_key()), here.clock, here.teller)
        told = []
        stop = listen(lambda event, _: told.append(event))
        assert sender.beat(beats) is None
        assert sender.beat(beats) is None
        stop()
        assert told == [Event.STORE_FAILED]


async def test_who_falls_silent_is_told_of(told):
    """After three and a half of its own intervals, once; and again when it comes back."""
    async with hearing() as (here, beats, sender), asyncio.TaskGroup() as group:
        watching = group.create_task(beats.watch())
        await settle()
        sender.seen(beats)
        at = here.clock.now()
        await here.clock.advance(35)
        assert not told
        await here.clock.advance(3600)
        hosts = ["home.dyn.example.com", "nas.dyn.example.com"]
        fields = {"hosts": hosts, "token": sender.token, "sources": [HERE], "last_seen": at}
        assert told == [(Event.HOST_SILENT, fields)]
        assert beats.of([sender.token]).is_silent
        sender.seen(beats, THERE)
        assert told[1:] == [
            (Event.HOST_RETURNED, fields | {"sources": [THERE], "last_seen": here.clock.now()})
        ]
        assert not beats.of([sender.token]).is_silent
        watching.cancel()


async def test_a_server_that_was_stalled_gives_time(told):
    """When nobody could be heard because this machine slept, nobody is silent yet."""
    async with hearing(Napping()) as (here, beats, sender), asyncio.TaskGroup() as group:
        watching = group.create_task(beats.watch())
        await settle()
        sender.seen(beats)
        here.clock.nap = 7200.0
        await here.clock.advance(7205)
        assert not here.clock.nap
        await here.clock.advance(30)
        assert not told
        await here.clock.advance(30)
        assert [event for event, _ in told] == [Event.HOST_SILENT]
        watching.cancel()


async def test_a_family_that_ended_is_not_shown():
    """A host that lost its IPv6 is seen from IPv4 alone, as soon as several beats were missed."""
    async with hearing() as (here, beats, sender):
        replace(sender, flow=b"flow-six").seen(beats, SIX)
        for _ in range(5):
            await here.clock.advance(10)
            sender.seen(beats)
        assert list(map(str, beats.of([sender.token]).sources)) == [HERE]
