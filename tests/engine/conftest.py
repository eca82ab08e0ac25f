"""Every test of the engine may have a world of its own, and hear what is told."""

import pytest

from fakes.world import World
from homeport.telemetry import events as telling


@pytest.fixture
def world():
    return World()


@pytest.fixture
def events():
    """Everything that was told, in order: (name, fields)."""
    told = []
    stop = telling.listen(lambda event, fields: told.append((event.value, fields)))
    yield told
    stop()
