"""A provider with what is wanted there."""

import pytest

from fakes.world import HOME, MemoryProvider, World
from homeport.errors import ConfigInvalid


def test_what_is_wanted_is_found_by_its_key():
    """An account knows its RRsets by owner name and type, and starts with nothing to do."""
    account = World().account()
    assert account.wanted[HOME].source == "wan"
    assert account.dirty is False


class Choosy(MemoryProvider):
    """A host that remembers what it was shown, and fails at some of it."""

    def __init__(self, error=None):
        super().__init__()
        self.shown = {}
        self.error = error

    def clamp(self, wanted):
        self.shown[wanted.key] = wanted.options
        if self.error:
            raise self.error
        return wanted


@pytest.mark.parametrize("error", [None, ConfigInvalid("not in its zone"), KeyError("a fault")])
def test_a_host_is_shown_what_is_wanted_before_it_is_asked(error):
    """By its options a host may know which RRset is meant, also of one that is to go; what it says of it comes later."""
    world, provider = World(), Choosy(error)
    world.account(world.wanted(options=frozenset({("line", "telecom")})), provider=provider)
    assert provider.shown == {HOME: {("line", "telecom")}}
