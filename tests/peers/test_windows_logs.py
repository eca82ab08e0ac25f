"""On Windows: a configuration is carried over with its secrets sealed, and the log is written, turned over and shown."""

import subprocess
from pathlib import Path

import pytest

from fakes.programs import Folder

SAMPLES = Path(__file__).resolve().parents[1] / "config" / "samples"
QUIET = """\
agent:
  state: state
  addresses: {here: {detect: [{kind: static, address: 192.0.2.7}], allow_private: true}}
  providers: {h: {kind: http, url: "http://127.0.0.1:9/{name}"}}
  records: [{name: a.example.com, types: [A], address: here, provider: h}]
  router_events: false
"""
TURNED = r"""
import logging, sys
from pathlib import Path
from homeport.telemetry.log_file import LogFile
path, troubles = Path("many.log"), []
one, other = (LogFile(path, most=200, troubled=troubles.append) for _ in range(2))
def say(file, text): file.handle(logging.LogRecord("x", logging.INFO, "", 0, text, None, None))
for i in range(20):
    say(one, f"line-{i:03}")
say(other, "both have it open now")
for i in range(100):
    say(one, f"line-{i:03}")
other.close()
for i in range(100):
    say(one, f"last-{i:03}")
one.close()
files = sorted(each.name for each in Path().glob("many.log*"))
print(len(files), troubles, path.read_text().split()[-1])
"""


@pytest.fixture
def folder(tmp_path, logged_on_windows):
    """A folder whose commands run on Windows."""
    python, env = logged_on_windows
    return Folder(tmp_path, env, python)


def test_moving_in(folder):
    """The file loads, and its secrets are sealed by Windows."""
    folder.write("old.yaml", (SAMPLES / "ddns_go" / "v6.yaml").read_text(encoding="utf-8"))
    said = folder.run("import", "ddns-go", "old.yaml", "--output", "homeport.yaml").stdout
    assert "webhook: it is called for a failure that lasts" in said
    assert "good" in folder.run("config", "check").stdout
    assert "cloudflare-token" in folder.json("secret", "list")["secrets"]
    assert "hunter2" not in "".join(
        path.read_text("utf-8", "replace") for path in folder.path.glob("[hs]*.[yj]*")
    )


def test_the_log_of_what_runs(folder):
    """`run` writes it beside its state, and `logs` shows it while that runs."""
    folder.write("homeport.yaml", QUIET)
    with folder.running("run", "--no-web", log="log"):
        folder.wait_for("log", "record.failed")
        assert "address.learned" in folder.run("logs").stdout
        assert '"event": "agent.started"' in folder.run("logs", "--json").stdout
    assert (folder.path / "state" / "homeport.log").stat().st_size


def test_a_log_that_is_open_elsewhere(folder):
    """It grows until it can be renamed, nothing is lost, and then it is turned over."""
    done = subprocess.run(
        [*folder.python, "-c", TURNED],
        cwd=folder.path,
        env=folder.env,
        input="",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["4", "[]", "last-099"]
