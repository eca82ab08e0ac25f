"""What NSSM is told, and how its refusals are taken, which a stand-in says; NSSM itself runs in tests/peers."""

import sys
from pathlib import Path

import pytest

from homeport.errors import NotAllowed, Refused
from homeport.system.method import Job
from homeport.system.windows import nssm

STAND_IN = """#!{python}
import pathlib, sys
service = pathlib.Path({folder!r}) / "service"
word = sys.argv[1]

def say(text, code=0):
    sys.stdout.buffer.write(text.encode("utf-16-le"))
    sys.exit(code)

if word == {fails!r}:
    say({said!r}, 5)
if word == "install":
    service.touch()
elif not service.exists():
    say("Can't open service!\\nThe specified service does not exist as an installed service.\\n", 3)
elif word == "status":
    say("SERVICE_STOPPED\\n")
elif word == "remove":
    service.unlink()
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """NSSM that refuses one word; it speaks UTF-16."""

    def made(fails, said):
        text = STAND_IN.format(python=sys.executable, folder=str(tmp_path), fails=fails, said=said)
        (tmp_path / "nssm").write_text(text)
        (tmp_path / "nssm").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        return tmp_path

    return made


def job(folder, role="run"):
    return Job(role, (r"C:\Program Files\h.exe",), folder / "home port.yaml", folder, environment={"A": "b"})


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")


def test_is_kept_running_with_a_log_that_is_rotated(tmp_path):
    """Every end is followed by a start, after five seconds."""
    said = {words[0]: words[1:] for words in nssm.settings(job(tmp_path))}
    assert said["AppExit"] == ("Default", "Restart")
    assert said["AppRestartDelay"] == ("5000",)
    assert said["AppStdout"] == said["AppStderr"] == (str(tmp_path / "nssm.log"),)
    assert said["AppRotateFiles"] == said["AppRotateOnline"] == ("1",)
    assert said["AppDirectory"] == (str(tmp_path),)
    assert said["Start"] == ("SERVICE_DELAYED_AUTO_START",)
    assert said["AppEnvironmentExtra"] == ("A=b",)
    assert said["AppParameters"][0].startswith('run --config "')


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
