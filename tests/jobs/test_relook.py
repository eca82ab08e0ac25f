"""Looking again soon, and not for ever."""

from fakes.clock import FakeClock
from homeport.jobs.relook import PAUSES, Relook


def test_it_looks_again_a_few_times():
    """Each pause is longer, and after the last one the poll goes on alone."""
    clock = FakeClock()
    relook = Relook(clock)
    dues = []
    for _ in range(len(PAUSES) + 2):
        relook.ended(learned=False)
        dues.append(relook.due and relook.due - clock.now())
    assert dues == [*PAUSES, None, None]


def test_what_was_learned_ends_it():
    """An address that becomes unknown later, with nothing else happening, waits for the poll."""
    relook = Relook(FakeClock())
    relook.ended(learned=False)
    relook.ended(learned=True)
    assert relook.due is None
    relook.ended(learned=False)
    assert relook.due is None


def test_a_stir_begins_it_anew():
    """The cable is back, and names do not resolve yet."""
    clock = FakeClock()
    relook = Relook(clock)
    relook.ended(learned=True)
    relook.stirred()
    relook.ended(learned=False)
    assert relook.due == clock.now() + PAUSES[0]
