"""Every test in this room drives a real program: `pytest -m peers` chooses them, `-m "not peers"` leaves them out."""

import subprocess
from pathlib import Path

import pytest

from fakes.wine import logged_on
from homeport.config.paths import ENVIRONMENT

HERE = Path(__file__).parent
TOP = HERE.parents[1]
HOME = TOP / ".cache" / "windows"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.peers)


@pytest.fixture(scope="session")
def top():
    return TOP


@pytest.fixture(scope="module")
def windows():
    """Return the interpreter and its environment; made by `tools/windows`, which says what it lacks."""
    made = subprocess.run(
        [TOP / "tools" / "windows"], capture_output=True, text=True, check=False, timeout=900
    )
    if made.returncode:
        why = made.stdout.strip() or made.stderr.strip()
        if ENVIRONMENT.get("HOMEPORT_PEERS") == "required":
            pytest.fail(why)
        pytest.skip(f"SKIPPED, NOT TESTED ON WINDOWS: {why}")
    env = dict(ENVIRONMENT) | {
        "WINEPREFIX": str(HOME / "prefix"),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml=",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    yield ("wine", str(HOME / "py" / "python.exe")), env
    subprocess.run(["wineserver", "-k"], env=env, check=False)


@pytest.fixture
def logged_on_windows(windows):
    """Return the same with somebody logged on.

    Wine's desktop starts with whatever first needs one, and holds the output of that for longer than it lives.
    """
    _, env = windows
    with logged_on(env):
        yield windows
