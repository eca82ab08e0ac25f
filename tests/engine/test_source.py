"""An address source is a plain value."""

from fakes.world import ScriptedDetector
from homeport.engine.source import Source, never_tells
from homeport.model.address import Family


def test_defaults_are_safe():
    """Left alone, a source admits no private address and leaves the quorum to each kind."""
    source = Source("wan", ())
    assert source.witnesses is None
    assert source.allow_private is False


def test_what_a_source_never_tells():
    """A family that everybody leaves out or knows nothing of is never told; of a source without anybody none is known."""
    open_, fixed, other = ScriptedDetector(), ScriptedDetector(), ScriptedDetector()
    fixed.lacks, other.families = (Family.V6,), (Family.V4,)
    assert never_tells((fixed, other), Family.V6)
    assert not never_tells((fixed, other), Family.V4)
    assert not never_tells((fixed, open_), Family.V6)
    assert not never_tells((), Family.V6)
