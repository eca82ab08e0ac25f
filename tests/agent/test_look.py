"""What looks and does not touch."""

import sys

import pytest

from fakes.clock import FakeClock
from fakes.one_name import NAME, loaded, settings
from homeport.agent import detect, open_agent, plan
from homeport.config import models
from homeport.detectors.command import Settings as Command
from homeport.detectors.static import Settings as Static
from homeport.errors import ConfigInvalid


async def test_plan_and_detect_own_nothing(tmp_path):
    """Both work beside a running agent, and an unknown source is named."""
    async with open_agent(loaded(tmp_path), FakeClock()):
        made, code = await plan(loaded(tmp_path))
        assert code == 0
        assert [str(change.key) for change in made["duck"].changes] == [f"{NAME} A"]
        found = await detect(settings())
        assert {each["family"]: each["addresses"] for each in found["addresses"]} == {
            "IPv4": ["8.8.8.8"],
            "IPv6": [],
        }
        with pytest.raises(ConfigInvalid, match="there are: fixed"):
            await detect(settings(), "wan")


async def test_detect_shows_what_each_one_answers():
    """Also one that a round would not wait for."""
    slow = (sys.executable, "-c", "import time; time.sleep(0.6); print('8.8.8.8')")
    both = models.AddressSource(detect=(Static(address=("8.8.8.8",)), Command(run=slow)))
    found = await detect(models.Agent(addresses={"wan": both}))
    v4 = next(each for each in found["addresses"] if each["family"] == "IPv4")
    assert [each["addresses"] for each in v4["witnesses"]] == [["8.8.8.8"], ["8.8.8.8"]]
