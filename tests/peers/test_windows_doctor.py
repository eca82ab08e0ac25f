"""`homeport doctor` on Windows: real Windows CPython, run by Wine, in a network of this test's own."""

import json
import shutil
import subprocess
from dataclasses import replace
from email.utils import formatdate

import pytest

from fakes.neighbourhood import neighbourhood
from fakes.netns import network_namespace
from fakes.wine import logged_on


@pytest.fixture
def around(tmp_path, windows):
    """The neighbourhood, and a folder whose commands run on Windows."""
    python, env = windows
    own = {**env, "WINEPREFIX": str(tmp_path / "prefix")}
    shutil.copytree(
        env["WINEPREFIX"], own["WINEPREFIX"], symlinks=True
    )  # what runs in the other has its network
    (tmp_path / "folder").mkdir()
    with network_namespace() as ip:
        ip("link set lo up")
        with logged_on(own), neighbourhood(tmp_path / "folder") as there:
            there.folder = replace(there.folder, python=python, env=own)
            yield there
        subprocess.run(["wineserver", "-k"], env=own, check=False)


def test_walks_the_whole_chain(around):
    """File, secrets, state, log, clock, provider and the zone's servers; every way of Windows is asked how it stands."""
    around.put("8.8.8.8")
    for each in around.echoes:
        each.headers["Date"] = formatdate(usegmt=True)
    done = around.folder.run("doctor", "--json", check=False)
    found = {one["id"]: one for one in json.loads(done.stdout)["findings"]}
    wanted = {"configuration.ok", "secrets.ok", "outside.ok", "clock.ok", "credentials.ok", "zone.ok"}
    assert wanted <= set(found), found
    assert not [name for name in found if name.startswith("walk.")], found


def test_finds_the_agent_that_runs(around):
    """By its named pipe."""
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "round.ended")
        done = around.folder.run("doctor", "--json", check=False)
    assert "instance.ok" in {one["id"] for one in json.loads(done.stdout)["findings"]}
