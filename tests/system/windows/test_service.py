"""What the service is made of; that Windows takes it is proven in tests/peers/test_windows_service.py."""

import sys
from pathlib import Path, PureWindowsPath

import pytest

from homeport.errors import Refused
from homeport.system.method import Job
from homeport.system.windows import _advapi, service

NOT_HERE = pytest.mark.skipif(sys.platform == "win32", reason="says what other systems are told")


def job(role="run", program=(r"C:\Program Files\Homeport\homeport.exe",)):
    return Job(role, program, Path("C:/Users/me/homeport.yaml"), Path("C:/Users/me/state"))


def test_keeps_its_file_and_state_in_the_machine_s_folder():
    """Its account has no folder of its own, and may not read the user's."""
    made = service.WindowsService().prepare(job())
    assert made.config == made.state / "homeport.yaml"
    assert PureWindowsPath(made.state).parts[-2:] == ("ProgramData", "Homeport")
    assert made.scope == "machine"


def test_starts_the_program_as_a_service(monkeypatch):
    """What Windows starts speaks to Windows, with a quoted path and its places named."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    method = service.WindowsService()
    made = method.prepare(job("serve"))
    [(place, line)] = method.render(made).items()
    assert place == r"HKLM\SYSTEM\CurrentControlSet\Services\homeport-server\ImagePath"
    assert line.startswith(r'"C:\Program Files\Homeport\homeport.exe" service host --role serve --config ')
    assert line.endswith(f"--state {made.state}")


def test_is_its_own_process_in_a_virtual_environment(monkeypatch):
    """python.exe of a virtual environment starts another one, to which Windows would not listen."""
    monkeypatch.setattr(sys, "executable", r"C:\venv\Scripts\python.exe")
    monkeypatch.setattr(sys, "_base_executable", r"C:\Python311\python.exe", raising=False)
    made = service.WindowsService().prepare(job(program=(r"C:\venv\Scripts\homeport.exe",)))
    assert made.program == (r"C:\Python311\python.exe", "-m", "homeport")
    assert made.environment == {"__PYVENV_LAUNCHER__": r"C:\venv\Scripts\python.exe"}


def test_does_no_single_rounds():
    """`once` ends by itself: as a service it would be a failure every time."""
    with pytest.raises(Refused, match="task-scheduler"):
        service.WindowsService().prepare(job("once"))


def test_is_for_the_whole_machine():
    """For one account there are other ways."""
    assert "task-scheduler" in service.WindowsService().why_not("user")


@NOT_HERE
def test_is_not_for_other_systems():
    """The reason is a sentence, and says the way out."""
    assert "not Windows" in service.WindowsService().why_not("machine")


def test_knows_the_identity_windows_gives_a_service():
    """TrustedInstaller's is in every Windows, and documented."""
    known = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    assert service.service_sid("TrustedInstaller") == known


def test_is_started_again_after_one_five_and_thirty_seconds():
    """And a day without a failure makes the next the first again."""
    actions = service.failure_actions()
    assert [(each.type, each.delay) for each in actions.actions[: actions.count]] == [
        (_advapi.ACTION_RESTART, 1000),
        (_advapi.ACTION_RESTART, 5000),
        (_advapi.ACTION_RESTART, 30000),
    ]
    assert actions.reset_after == 24 * 60 * 60


def test_an_end_with_an_error_code_counts_as_a_failure():
    """Otherwise Windows starts it again only after a crash."""
    found = dict(service.properties())
    assert found[_advapi.FAILURE_FLAG].value == 1
    assert found[_advapi.DELAYED_START].value == 1
    assert found[_advapi.PRESHUTDOWN].value == 20_000
    assert "address" in found[_advapi.DESCRIPTION].text


@pytest.mark.parametrize(
    ("exit_code", "own", "told"), [(0, 0, 0), (1066, 2, 2), (1053, 0, 1053)], ids=["well", "own", "windows"]
)
def test_says_the_program_s_own_exit_code(exit_code, own, told):
    """1066 is Windows' way of saying `look at the other number`."""
    assert service.exit_code(_advapi.Status(exit_code=exit_code, own_exit_code=own)) == told
