"""Windows seals a key for one account or one machine."""

from __future__ import annotations

import sys

import pytest

from homeport.config import dpapi


def test_it_imports_everywhere():
    """Elsewhere than on Windows there is nothing to call, and nothing fails."""
    assert hasattr(dpapi, "protect") == (sys.platform == "win32")


@pytest.mark.skipif(sys.platform != "win32", reason="DPAPI is a part of Windows")
@pytest.mark.parametrize("for_machine", [True, False])
def test_sealed_and_opened(for_machine):
    """What was sealed opens again, does not show, and altered does not open."""
    sealed = dpapi.protect(b"key", for_machine=for_machine)
    assert b"key" not in sealed
    assert dpapi.unprotect(sealed) == b"key"
    with pytest.raises(OSError, match=r".+"):
        dpapi.unprotect(sealed[:-1] + bytes([sealed[-1] ^ 1]))
