"""How the service behaves towards Windows: what it says, and when."""

import queue
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.system.windows.process import (
    ACCEPTED,
    ACCEPTED_AT_START,
    PENDING,
    STARTING,
    Conduct,
    Control,
    Deed,
    Life,
    News,
    ServiceProcess,
    State,
)

PATIENCE = 30


def running():
    conduct = Conduct()
    conduct.heard(News.READY)
    return conduct


def test_says_that_it_runs_only_once_it_does():
    """Until the work is ready it is pending, and every sign of life counts up."""
    conduct = Conduct()
    assert (conduct.report.state, conduct.report.checkpoint) == (2, 1)
    assert conduct.report.accepted == ACCEPTED_AT_START
    conduct.heard(News.STILL_HERE)
    assert conduct.report.checkpoint == 2
    conduct.heard(News.READY)
    assert (conduct.report.state, conduct.report.checkpoint) == (State.RUNNING, 0)
    assert conduct.report.accepted == ACCEPTED


@pytest.mark.parametrize("control", [Control.STOP, Control.SHUTDOWN, Control.PRESHUTDOWN])
def test_stops_when_told_and_says_so_when_it_has(control):
    """In between it is pending; an exit code then is no failure, or Windows would start it again."""
    conduct = running()
    assert conduct.told(control) is Deed.END
    assert conduct.report.state is State.STOP_PENDING
    conduct.heard(News.ENDED, 1)
    assert (conduct.report.state, conduct.report.exit_code) == (State.STOPPED, 0)


def test_stops_while_it_still_starts():
    """It may wait for its disk for days; what was ready at the same moment is stopped all the same."""
    conduct = Conduct()
    assert conduct.told(Control.STOP) is Deed.END
    conduct.heard(News.READY)
    assert conduct.report.state is State.STOP_PENDING
    conduct.heard(News.ENDED)
    assert (conduct.report.state, conduct.report.exit_code) == (State.STOPPED, 0)


def test_a_pause_ends_the_work_and_a_continuation_begins_it():
    """And from a pause it can be stopped."""
    conduct = running()
    assert conduct.told(Control.PAUSE) is Deed.END
    conduct.heard(News.ENDED)
    assert conduct.report.state is State.PAUSED
    assert conduct.told(Control.CONTINUE) is Deed.BEGIN
    conduct.heard(News.READY)
    conduct.told(Control.PAUSE)
    conduct.heard(News.ENDED)
    assert conduct.told(Control.STOP) is Deed.NOTHING
    assert conduct.is_over


def test_an_end_of_its_own_is_a_failure_with_its_code():
    """1066 says that the other number is the program's own."""
    conduct = running()
    conduct.heard(News.ENDED, 2)
    told = conduct.report.structure()
    assert (told.state, told.exit_code, told.own_exit_code, told.accepted) == (1, 1066, 2, 0)


@pytest.mark.parametrize(
    ("control", "event", "deed"),
    [
        (Control.POWER, 18, Deed.HINT),
        (Control.POWER, 4, Deed.NOTHING),
        (Control.SESSION, 5, Deed.HINT),
        (Control.SESSION, 6, Deed.NOTHING),
        (Control.INTERROGATE, 0, Deed.NOTHING),
    ],
    ids=["woke up", "falls asleep", "logged on", "logged off", "asked"],
)
def test_waking_up_and_logging_on_are_hints(control, event, deed):
    """Nothing else of that kind changes anything."""
    conduct = running()
    assert conduct.told(control, event) is deed
    assert conduct.report.state is State.RUNNING


TOLD = st.tuples(st.sampled_from(Control), st.integers(0, 20)) | st.tuples(
    st.sampled_from(News), st.integers(0, 5)
)


@given(st.lists(TOLD))
def test_never_says_what_windows_would_take_for_a_fault(story):
    """Whatever comes in whatever order: pending has a checkpoint, the rest none, and stopped is the end."""
    conduct = Conduct()
    for what, number in story:
        if isinstance(what, Control):
            conduct.told(what, number)
        else:
            conduct.heard(what, number)
        report = conduct.report
        assert (report.checkpoint > 0) == (report.state in PENDING)
        assert bool(report.accepted) == (report.state in {State.RUNNING, State.PAUSED, *STARTING})
        if conduct.is_over:
            return


class Work:
    """Work that a test can look at: it waits to be told, and notes what it hears."""

    def __init__(self, exit_code=0):
        self.exit_code = exit_code
        self.whys = queue.SimpleQueue()

    def __call__(self, life):
        told = threading.Event()
        life.hear(told.set, self.whys.put)
        life.ready()
        assert self.exit_code or told.wait(PATIENCE)
        return self.exit_code


class Service:
    """A service that lives without Windows; what it says comes one by one."""

    def __init__(self, work):
        self.said = queue.SimpleQueue()
        self.process = ServiceProcess(work)
        self.thread = threading.Thread(target=self.process.live, args=(self.said.put,), daemon=True)
        self.thread.start()

    def until(self, state):
        while (report := self.said.get(timeout=PATIENCE)).state is not state:
            pass
        return report


def test_lives_from_start_to_stop():
    """The work is begun, hinted, paused, begun again and ended, each on another thread than Windows'."""
    service = Service(work := Work())
    service.until(State.RUNNING)
    assert service.process.control(Control.POWER, 18) == 0
    assert "woke up" in work.whys.get(timeout=PATIENCE)
    service.process.control(Control.PAUSE, 0)
    service.until(State.PAUSED)
    service.process.control(Control.CONTINUE, 0)
    service.until(State.RUNNING)
    service.process.control(Control.STOP, 0)
    service.until(State.STOPPED)
    service.thread.join(PATIENCE)
    assert not service.thread.is_alive()


def test_work_that_fails_ends_the_service_with_its_code():
    """So that Windows starts it again."""
    assert Service(Work(exit_code=5)).until(State.STOPPED).exit_code == 5


def test_a_control_it_does_not_know_is_refused():
    """ERROR_CALL_NOT_IMPLEMENTED, as documented."""
    assert ServiceProcess(Work()).control(128, 0) == 120


def test_work_that_listens_late_is_told_all_the_same():
    """It was told to end before it could hear."""
    life, told = Life(lambda: None), threading.Event()
    life.end()
    life.hear(told.set, lambda _: None)
    assert told.is_set()
