"""The ways of being started that this operating system may have."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

from homeport.system import choose
from homeport.system.method import Method


def ways(platform: str = sys.platform) -> Sequence[Method]:
    """Return one of every way that this installation has, the best first."""
    return [choose.load(kind) for kind in choose.kinds(platform) if _is_here(kind)]


def _is_here(kind: str) -> bool:
    return find_spec(f"homeport.system.{choose.MODULES[kind]}") is not None
