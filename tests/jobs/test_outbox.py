"""What waits to be told, by what becomes of it."""

from dataclasses import replace

from homeport.errors import Refused, Throttled, Unavailable, Unconfirmed
from homeport.jobs import outbox
from homeport.jobs.retry import PROBES
from homeport.model.name import Fqdn
from homeport.model.news import Box, Happened, What
from homeport.model.rrset import RRType

NOW = 1_800_000_000.0


def things(count):
    name = Fqdn.parse("home.example.com")
    return [
        Happened(What.CHANGED, name, RRType.A, "cf", NOW + n, (), (f"192.0.2.{n}",)) for n in range(count)
    ]


def test_what_comes_is_due_at_once():
    """And does not hasten what is put off already; nothing makes nothing due."""
    box = outbox.put(Box(NOW), things(1), NOW)
    assert (len(box.waiting), box.next_at) == (1, NOW)
    later = outbox.put(outbox.failed(box, box.waiting, Unavailable("no"), NOW, 0.5), things(1), NOW)
    assert later.next_at > NOW
    assert outbox.put(Box(NOW), [], NOW).next_at is None


def test_the_oldest_are_dropped_and_counted():
    """A line that flaps for a night fills no disk."""
    box = outbox.put(Box(NOW), things(150), NOW)
    assert len(box.waiting) == outbox.MOST
    assert box.lost == 50
    assert box.waiting[-1].at == NOW + 149
    assert outbox.sent(box, box.waiting, "ok", NOW).lost == 0


def test_what_comes_while_a_message_is_on_its_way_stays():
    """It is the next message, in a moment."""
    box = outbox.put(Box(NOW), things(2), NOW)
    told = box.waiting
    more = outbox.put(box, things(1), NOW)
    after = outbox.sent(more, told, "ok", NOW + 5)
    assert (len(after.waiting), after.next_at, after.sent) == (1, NOW + 5 + outbox.EVERY, (NOW + 5, "ok"))
    assert outbox.sent(box, told, "ok", NOW).next_at is None


def test_messages_keep_a_distance():
    """A line that flaps is told in some messages, not in so many that a service blocks us for it."""
    sent = outbox.sent(outbox.put(Box(NOW), things(1), NOW), (), "ok", NOW)
    sent = outbox.sent(sent, sent.waiting, "ok", NOW)
    assert outbox.put(sent, things(1), NOW + 1).next_at == NOW + outbox.EVERY
    assert outbox.put(sent, things(1), NOW + 60).next_at == NOW + 60
    assert outbox.put(sent, things(1), NOW - 60).next_at == NOW - 60  # a clock that was set back


def test_a_wrong_clock_puts_nothing_off():
    """What was to be tried in years is tried now; what waits for tomorrow waits."""
    box = outbox.put(Box(NOW), things(1), NOW)
    assert outbox.sane(replace(box, next_at=NOW + 1e8), NOW).next_at == NOW
    assert outbox.sane(replace(box, next_at=NOW + 80_000), NOW).next_at == NOW + 80_000
    assert outbox.sane(Box(NOW), NOW) == Box(NOW)


def test_a_dead_line_is_tried_again_and_again():
    """With a patience that grows to five minutes, and ends with the outage."""
    box = outbox.put(Box(NOW), things(1), NOW)
    waits = []
    for _ in range(12):
        box = outbox.failed(box, box.waiting, Unavailable("no route"), NOW, 1.0)
        waits.append(box.next_at - NOW)
    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == 300
    assert box.failed == (NOW, "no route")
    assert outbox.hastened(box, NOW + 7).next_at == NOW + 7
    assert outbox.hastened(Box(NOW), NOW + 7).next_at is None


def test_what_needs_a_person_is_tried_rarely():
    """It stays, for a person may see to it; a service that asks for patience gets it."""
    box = outbox.put(Box(NOW), things(1), NOW)
    refused = outbox.failed(box, box.waiting, Refused("wrong token"), NOW, 0.0)
    assert (refused.next_at, len(refused.waiting)) == (NOW + PROBES[0], 1)
    assert outbox.failed(box, box.waiting, Throttled("slow", retry_after=42), NOW, 0.0).next_at == NOW + 42


def test_what_may_have_arrived_is_not_told_for_ever():
    """Three times at most, when nobody ever acknowledges it."""
    box = outbox.put(Box(NOW), things(1), NOW)
    for _ in range(outbox.DOUBTS):
        assert box.waiting
        box = outbox.failed(box, box.waiting, Unconfirmed("half an answer"), NOW, 0.5)
    assert (box.waiting, box.next_at, box.sent) == ((), None, None)
    assert box.failed == (NOW, "half an answer")


def test_what_came_late_is_told_as_often_as_the_rest():
    """The third doubt ends what was in all three; what came between waits on, and is not lost."""
    early, late, last = things(3)
    box = outbox.put(Box(NOW), [early], NOW)
    for more in ([late], [], [last]):
        box = outbox.failed(box, box.waiting, Unconfirmed("half an answer"), NOW, 1.0)
        box = outbox.put(box, more, NOW)
    assert (box.waiting, box.lost) == ((late, last), 0)
    assert NOW < box.next_at < NOW + 60
    box = outbox.failed(box, box.waiting, Unconfirmed("half an answer"), NOW, 1.0)
    assert box.waiting == (last,)
    for _ in range(2):
        box = outbox.failed(box, box.waiting, Unconfirmed("half an answer"), NOW, 1.0)
    assert (box.waiting, box.next_at, box.failures) == ((), None, 0)


def test_what_is_dropped_takes_its_doubts_with_it():
    """Those of the others stay: a night of news changes nobody's count."""
    box = outbox.put(Box(NOW), things(2), NOW)
    box = outbox.failed(box, box.waiting, Unconfirmed("half an answer"), NOW, 1.0)
    box = outbox.put(box, things(outbox.MOST - 1), NOW)
    assert (box.unconfirmed, box.lost) == ((1,), 1)
    told = box.waiting
    box = outbox.put(box, things(1), NOW)
    assert box.unconfirmed == ()
    box = outbox.failed(box, told, Unconfirmed("half an answer"), NOW, 1.0)
    assert box.unconfirmed == (outbox.MOST - 1,)
    assert outbox.sent(box, box.waiting, "ok", NOW).unconfirmed == ()


def test_a_service_that_asks_for_patience_has_it_whatever_comes():
    """A line that came back ends our own patience, not theirs; nor does it bring two messages at once."""
    box = outbox.put(Box(NOW), things(1), NOW)
    asked = outbox.failed(box, box.waiting, Throttled("slow", retry_after=3600), NOW, 0.0)
    assert outbox.hastened(asked, NOW + 7).next_at == NOW + 3600
    assert outbox.hastened(outbox.hastened(asked, NOW + 7), NOW + 8).next_at == NOW + 3600
    assert outbox.hastened(asked, NOW + 3700).next_at == NOW + 3700
    assert outbox.sane(replace(asked, patient_until=NOW + 1e8), NOW).next_at == NOW
    for heard in (
        outbox.sent(asked, (), "ok", NOW + 3600),
        outbox.failed(asked, asked.waiting, Unavailable("no"), NOW + 3600, 0.0),
    ):
        assert outbox.hastened(heard, NOW + 3700).next_at == NOW + 3700
        assert heard.patient_until is None
    told = outbox.put(outbox.sent(box, box.waiting, "ok", NOW), things(1), NOW)
    assert outbox.hastened(told, NOW + 1).next_at == NOW + outbox.EVERY
