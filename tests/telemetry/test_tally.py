"""What is counted of what is told."""

from homeport.telemetry.events import Event, emit
from homeport.telemetry.tally import BOUNDS, Tally


def test_each_event_is_counted_while_it_counts():
    """Every one has its number from the beginning, so that a rate can be made of it."""
    tally = Tally()
    emit(Event.ROUND_ENDED, records=1)
    with tally.counting():
        for _ in range(3):
            emit(Event.ROUND_ENDED, records=1)
        emit(Event.RECORD_FAILED, record="a.example.com A")
    emit(Event.ROUND_ENDED, records=1)
    events = tally.counted()["events"]
    assert (events["round.ended"], events["record.failed"], events["record.held"]) == (3, 1, 0)
    assert set(events) == {event.value for event in Event}


def test_how_long_changes_took_is_a_histogram():
    """Each bound holds what those below it hold; what took longer than the last is in the count alone."""
    tally = Tally()
    with tally.counting():
        for seconds in (0.05, 0.06, 2.5, 61.0):
            emit(Event.RECORD_VERIFIED, record="a.example.com A", seconds=seconds, servers=[])
    visible = tally.counted()["visible"]
    assert [bound for bound, _ in visible["at_most"]] == list(BOUNDS)
    assert [count for _, count in visible["at_most"]] == [1, 2, 2, 2, 2, 3, 3, 3, 3, 3]
    assert visible["count"] == 4
    assert abs(visible["seconds"] - 63.61) < 1e-9
