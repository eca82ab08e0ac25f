"""One agent owns its state."""

import pytest

from fakes.clock import FakeClock
from fakes.one_name import loaded
from homeport.agent import open_agent
from homeport.errors import InUse


async def test_one_agent_owns_its_state(tmp_path):
    """A second one of the same state folder is refused; when the first ends, it may."""
    async with open_agent(loaded(tmp_path), FakeClock()):
        with pytest.raises(InUse):
            async with open_agent(loaded(tmp_path), FakeClock()):
                pass
    async with open_agent(loaded(tmp_path), FakeClock()):
        pass
