"""The guide of the API, done as it says: every command of it, with real curl against a real agent."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.api import BASE, client
from fakes.neighbourhood import neighbourhood
from homeport.config.paths import ENVIRONMENT

TOP = Path(__file__).resolve().parents[2]
FILE = {
    "  state: state": "  web: {listen: '127.0.0.1:0'}\n  interval: 300   # as `init` writes\n  state: state"
}
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
CALLED = re.compile(r'\$PAGE(/[^\s"?]+)')
HOMEPORT = 'homeport() { "$PYTHON" -m homeport "$@"; }\n'


@pytest.mark.parametrize("guide", ["docs/api.md", "docs/zh/api.md"])
def test_the_guide_works_as_it_is_written(guide, tmp_path):
    """The token that it has made goes through every example, one after another; the file is changed in the end."""
    made, exported, *examples = BLOCK.findall((TOP / guide).read_text(encoding="utf-8"))
    with neighbourhood(tmp_path) as around:
        around.configure(changes=FILE)
        with around.folder.running("run", log="log"):
            around.folder.wait_for("log", "record.verified")
            program = client(around.folder, "log")

            def typed(script, **known):
                done = subprocess.run(
                    ["sh", "-e", "-c", HOMEPORT + script],
                    cwd=around.folder.path,
                    env={**ENVIRONMENT, "PYTHON": sys.executable, **known},
                    capture_output=True,
                    text=True,
                    timeout=110,
                    check=False,
                )
                assert done.returncode == 0, done.stdout + done.stderr
                return done.stdout

            other = program.ask("POST", "/tokens", {"label": "x", "may": "read"}).json["id"]
            token = typed(made.replace(" ID ", " $ID "), ID=other).splitlines()[0]
            assert exported.count("export ") == 2
            said = typed("\n".join(examples), PAGE=f"http://{program.place}{BASE}", TOKEN=token)
            assert "event: status" in said
            asked = {each for block in examples for each in CALLED.findall(block)}
            assert {"/status", "/round", "/events", "/config"} <= asked
            assert "  interval: 600   # as" in (around.folder.path / "homeport.yaml").read_text()
            assert {"round", "pause", "resume", "file.changed", "token.revoked"} <= {
                each["what"] for each in program.get("/audit")["lines"]
            }
