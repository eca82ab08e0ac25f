"""What the ledger remembers says how it stands."""

from dataclasses import replace

from homeport.model.ledger import Entry, State
from homeport.model.rrset import RRsetKey

HALTED = Entry("p", RRsetKey.parse("home.example.com A"), State.HALTED, next_attempt=9.0)


def test_a_dead_letter_is_a_halt_without_a_probe():
    """While a probe is left it is not given up."""
    assert not HALTED.is_given_up
    assert replace(HALTED, next_attempt=None).is_given_up
    assert not replace(HALTED, state=State.HELD, next_attempt=None).is_given_up
