"""A start waits for its disk."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from fakes.clock import FakeClock
from homeport.errors import InUse, StoreUnavailable
from homeport.jobs.patience import AGAIN, patient
from homeport.telemetry.events import Event, listen


@pytest.fixture
def told():
    events = []
    stop = listen(lambda event, fields: events.append((event, fields)))
    yield events
    stop()


def failing(*errors):
    """Return what opens once these errors were raised, one a try."""
    left = list(errors)

    @asynccontextmanager
    async def opening():
        if left:
            raise left.pop(0)
        yield "there"

    return opening


async def entered(opening):
    async with patient(opening, clock := FakeClock()) as found:
        return found, clock.monotonic()


async def test_what_is_there_is_not_waited_for(told):
    """And nothing is said."""
    assert await entered(failing()) == ("there", 0.0)
    assert told == []


async def test_it_is_said_once_and_tried_until_it_is_there(told):
    """Whatever the sentence, and however deep in the groups of tasks; people read one line."""
    clock = FakeClock()
    grouped = BaseExceptionGroup("", [BaseExceptionGroup("", [StoreUnavailable("full")])])
    opening = failing(StoreUnavailable("read-only"), grouped, StoreUnavailable("full"))
    async with asyncio.TaskGroup() as group:
        trying = group.create_task(patient(opening, clock).__aenter__())
        await clock.advance(3 * AGAIN - 0.1)
        assert not trying.done()
        await clock.advance(0.1)
    assert trying.result() == "there"
    assert told == [(Event.STATE_UNWRITABLE, {"error": "read-only", "hint": "it is tried again every 2 s"})]


@pytest.mark.parametrize(
    "error", [InUse("another"), BaseExceptionGroup("", [StoreUnavailable("full"), InUse("another")])]
)
async def test_what_a_person_must_mend_is_not_waited_for(told, error):
    """It ends with its sentence."""
    with pytest.raises(type(error)):
        await entered(failing(error))
    assert told == []


async def test_what_happens_later_is_not_a_start(told):
    """An error of the block goes its way."""
    with pytest.raises(StoreUnavailable):
        async with patient(failing(), FakeClock()):
            raise StoreUnavailable("later")
    assert told == []
