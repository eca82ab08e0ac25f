"""Whoever is told: nobody, and nothing loaded for it, until the file names somebody."""

import subprocess
import sys
from pathlib import Path

import pytest

from fakes.tools import toolbox
from homeport.agent.telling import Telling, calls
from homeport.config import models
from homeport.errors import ConfigInvalid

TESTS = Path(__file__).parents[1]
LOADS = """
import sys
from pathlib import Path
from fakes.tools import toolbox
from homeport.agent import open_agent
from homeport.agent.telling import Telling
from homeport.config import models
Telling(models.Agent(), Path("."), toolbox(), lambda: None)
print([name for name in sys.modules if name.startswith(("homeport.notices", "smtplib", "email.message", "homeport.notifiers."))])
"""


async def test_nobody_is_told(tmp_path):
    """A round tells nobody, and who asks for a test hears what is missing."""
    telling = Telling(models.Agent(), tmp_path, toolbox(), lambda: None)
    await telling.once()
    asked = calls(telling)
    assert await asked["notify"]({}) == {}
    with pytest.raises(ConfigInvalid, match="there is no `notify:` in the file"):
        await asked["notify_test"]({"name": None})
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_loaded_for_nobody():
    """Neither the room nor what it is built on."""
    done = subprocess.run(
        [sys.executable, "-c", LOADS], capture_output=True, text=True, check=True, cwd=TESTS, timeout=60
    )
    assert done.stdout.strip() == "[]"
