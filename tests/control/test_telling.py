"""Events told one by one while they are few, and counted while they are many."""

import pytest

from fakes.clock import FakeClock
from homeport.control.telling import SINGLY, Teller
from homeport.telemetry import events
from homeport.telemetry.events import Event


@pytest.fixture
def told():
    heard = []
    stop = events.listen(lambda event, fields: heard.append((event, fields)))
    yield heard
    stop()


async def test_a_flood_is_counted_and_not_told_line_by_line(told):
    """So many a second are told; the next one says how many more there were."""
    clock = FakeClock()
    teller = Teller(clock)
    for number in range(SINGLY + 30):
        if teller.is_wanted(Event.UPDATE_REFUSED):
            teller.tell(Event.UPDATE_REFUSED, number=number)
    assert len(told) == SINGLY
    await clock.advance(1)
    assert teller.is_wanted(Event.UPDATE_REFUSED)
    teller.tell(Event.UPDATE_REFUSED)
    assert told[-1] == (Event.UPDATE_REFUSED, {"more": 30})


async def test_one_kind_does_not_silence_another(told):
    """A flood of refusals leaves room for what was accepted."""
    teller = Teller(FakeClock())
    for _ in range(SINGLY + 5):
        teller.is_wanted(Event.UPDATE_REFUSED)
    assert teller.is_wanted(Event.UPDATE_ACCEPTED)
