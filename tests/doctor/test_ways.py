"""The ways of being started that are looked at."""

from importlib.util import find_spec

import pytest

from homeport.doctor.ways import ways
from homeport.system import choose


@pytest.mark.parametrize("platform", ["win32", "darwin", "linux", "freebsd14"])
def test_every_way_of_a_system_is_looked_at(platform):
    """Two that are installed at once can be seen only so."""
    here = [kind for kind in choose.kinds(platform) if find_spec(f"homeport.system.{choose.MODULES[kind]}")]
    assert [way.kind for way in ways(platform)] == here
