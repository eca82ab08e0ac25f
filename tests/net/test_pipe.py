"""Named pipes exist on Windows only; everywhere else the module is empty and imports."""

import sys

import pytest

from homeport.net import pipe


@pytest.mark.skipif(sys.platform == "win32", reason="this is about the other systems")
def test_elsewhere_there_is_nothing():
    """The control channel is a Unix socket there, and nothing of Windows is touched."""
    assert not hasattr(pipe, "listen")


@pytest.mark.skipif(
    sys.platform != "win32", reason="named pipes are Windows's; test_channel covers both there"
)
def test_the_security_descriptor_is_accepted():
    """Windows takes the owner-only descriptor."""
    assert pipe._owner_only().descriptor
