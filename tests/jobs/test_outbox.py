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
