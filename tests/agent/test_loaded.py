"""What an agent is begun with, and what it takes when it is told to look again."""

from fakes.clock import FakeClock
from fakes.one_name import settings
from homeport.agent import open_agent
from homeport.agent.loaded import unchanging


async def test_settings_without_a_file_stay_as_they_are(tmp_path):
    """The demo and a plan have no file to read anew: a reload is answered, and changes nothing."""
    async with open_agent(unchanging(settings(), tmp_path), FakeClock()) as agent:
        assert await agent.reload() == []
        await agent.once()
        assert agent.status()["addresses"][0]["addresses"] == ["8.8.8.8"]
