"""An address source is a plain value."""

from homeport.engine.source import Source


def test_defaults_are_safe():
    """Left alone, a source admits no private address and leaves the quorum to each kind."""
    source = Source("wan", ())
    assert source.witnesses is None
    assert source.allow_private is False
