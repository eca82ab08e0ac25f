"""What NSSM is told: held against a stand-in that notes it, for NSSM itself cannot be had here."""

import json
import sys
from pathlib import Path

import pytest

from homeport.errors import NotAllowed, Refused
from homeport.system.method import Job
from homeport.system.windows import nssm

STAND_IN = """#!{python}
import json, pathlib, sys
folder = pathlib.Path({folder!r})
kept = folder / "kept.json"
services = json.loads(kept.read_text()) if kept.exists() else {{}}
word, name, *rest = sys.argv[1:]
with (folder / "log").open("a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")

def say(text, code=0):
    sys.stdout.buffer.write(text.encode("utf-16-le"))
    sys.exit(code)

if word == {fails!r}:
    say({said!r}, 5)
if word == "install":
    services[name] = {{"Application": rest[0], "running": False, "ObjectName": "LocalSystem"}}
elif name not in services:
    say("Can't open service!\\nThe specified service does not exist as an installed service.\\n", 3)
elif word == "set":
    services[name][rest[0]] = " ".join(rest[1:])
elif word == "get":
    say(services[name].get(rest[0], "") + "\\n")
elif word == "status":
    say("SERVICE_RUNNING\\n" if services[name]["running"] else "SERVICE_STOPPED\\n")
elif word in ("start", "stop"):
    services[name]["running"] = word == "start"
elif word == "remove":
    del services[name]
kept.write_text(json.dumps(services))
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """NSSM, `sc` and `icacls`, which note what they are told; NSSM speaks UTF-16 and keeps services."""

    def made(fails="", said=""):
        text = STAND_IN.format(python=sys.executable, folder=str(tmp_path), fails=fails, said=said)
        for name, content in (("nssm", text), ("sc", "#!/bin/sh\n"), ("icacls", "#!/bin/sh\n")):
            (tmp_path / name).write_text(content)
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        return tmp_path

    return made


def job(folder, role="run"):
    return Job(role, (r"C:\Program Files\h.exe",), folder / "home port.yaml", folder, environment={"A": "b"})


def told(folder):
    return [json.loads(line) for line in (folder / "log").read_text().splitlines()]


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")


def test_is_kept_running_with_a_log_that_is_rotated(stand_in):
    """Every end is followed by a start, after five seconds."""
    folder = stand_in()
    nssm.Nssm().install(job(folder))
    said = {tuple(words[2:3]): words[3:] for words in told(folder) if words[0] == "set"}
    assert said["AppExit",] == ["Default", "Restart"]
    assert said["AppRestartDelay",] == ["5000"]
    assert said["AppStdout",] == said["AppStderr",] == [str(folder / "nssm.log")]
    assert said["AppRotateFiles",] == said["AppRotateOnline",] == ["1"]
    assert said["AppDirectory",] == [str(folder)]
    assert said["Start",] == ["SERVICE_DELAYED_AUTO_START"]
    assert said["AppEnvironmentExtra",] == ["A=b"]
    assert said["AppParameters",][0].startswith('run --config "')


def test_is_installed_started_stopped_and_removed(stand_in):
    """A second time is as good as the first, and what is not there is not missed."""
    folder, method = stand_in(), nssm.Nssm()
    assert not method.standing(job(folder)).is_installed
    for _ in range(2):
        method.install(job(folder))
    for _ in range(2):
        method.start(job(folder))
    stands = method.standing(job(folder))
    assert (stands.is_enabled, stands.is_running) == (True, True)
    assert stands.command.startswith(r'"C:\Program Files\h.exe" run --config "')
    method.stop(job(folder))
    assert not method.standing(job(folder)).is_running
    for _ in range(2):
        method.uninstall(job(folder))
    words = [each[0] for each in told(folder)]
    assert [words.count(each) for each in ("install", "start", "stop", "remove")] == [1, 1, 1, 1]


def test_a_half_made_service_is_removed(stand_in):
    """What NSSM refuses leaves nothing behind."""
    folder = stand_in("set", "Invalid parameter")
    with pytest.raises(Refused, match=r"Invalid parameter.*windows-service"):
        nssm.Nssm().install(job(folder))
    assert not nssm.Nssm().standing(job(folder)).is_installed


def test_says_that_it_takes_an_administrator(stand_in):
    """In NSSM's own words."""
    folder = stand_in("install", "Administrator access is needed to install a service.")
    with pytest.raises(NotAllowed, match="Administrator access"):
        nssm.Nssm().install(job(folder))


def test_is_not_there_without_nssm(tmp_path, monkeypatch):
    """The way out needs none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "windows-service" in nssm.Nssm().why_not("machine")
    with pytest.raises(Refused, match="not on the PATH"):
        nssm.Nssm().standing(job(Path("x")))


def test_keeps_a_program_running_and_does_no_single_rounds(tmp_path):
    """For one account, and for `once`, there are other ways."""
    assert "task-scheduler" in nssm.Nssm().why_not("user")
    with pytest.raises(Refused, match="task-scheduler"):
        nssm.Nssm().prepare(job(tmp_path, "once"))


def test_says_what_it_would_tell(tmp_path):
    """One command a line, as a person would type it."""
    [text] = nssm.Nssm().render(job(tmp_path)).values()
    assert 'nssm set homeport-nssm Application "C:\\Program Files\\h.exe"' in text
