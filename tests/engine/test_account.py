"""A provider with what is wanted there."""

from fakes.world import HOME, World


def test_what_is_wanted_is_found_by_its_key():
    """An account knows its RRsets by owner name and type, and starts with nothing to do."""
    account = World().account()
    assert account.wanted[HOME].source == "wan"
    assert account.dirty is False
