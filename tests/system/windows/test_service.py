"""What the service is made of; that Windows takes it is proven in tests/peers/test_windows_service.py."""

import sys
from pathlib import Path, PureWindowsPath

import pytest

from homeport.errors import Refused
from homeport.system.method import Job
from homeport.system.windows import _advapi, service
from homeport.system.windows._program import Ended

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


class Windows:
    """What Windows answers of one service that is told to stop, in turn; the Service Control Manager is nowhere else.

    Args:
        answers: 0, or the code of its refusal; the last one stays.
        states: what the service is at each look; the last one stays.
    """

    def __init__(self, monkeypatch, answers, states):
        self.answers, self.states, self.called = list(answers), list(states), []
        monkeypatch.setattr(_advapi, "call", self)
        monkeypatch.setattr(_advapi, "status", lambda _: _advapi.Status(state=next_of(self.states)))
        monkeypatch.setattr(_advapi, "process", lambda _: 4711)
        monkeypatch.setattr(_advapi, "is_there", lambda _: False)
        monkeypatch.setattr(service, "unregister", lambda: None)
        monkeypatch.setattr(service, "run", self.run)
        monkeypatch.setattr(service, "LOOK", 0.001)
        monkeypatch.setattr(service, "PATIENCE", 0.01)

    def __call__(self, function, *_, **__):
        self.called.append(function)
        if function == "ControlService" and (code := next_of(self.answers)):
            raise _advapi.Failed(code)
        return 1

    def run(self, words):
        self.called.append(" ".join(words))
        return Ended(0, "")


def next_of(given):
    return given.pop(0) if len(given) > 1 else given[0]


@pytest.mark.parametrize("code", [1052, 1061])
def test_one_that_has_not_said_yet_what_it_heeds_is_told_again(monkeypatch, code):
    """Windows says so of each that was started a moment ago."""
    windows = Windows(monkeypatch, [code, code, 0], [2, 2, 3, 1])
    service.WindowsService().stop(job())
    assert windows.called.count("ControlService") == 3


def test_one_that_stops_already_is_waited_for(monkeypatch):
    """Windows takes no second stop."""
    windows = Windows(monkeypatch, [1061], [3, 3, 1])
    service.WindowsService().stop(job())
    assert windows.called.count("ControlService") == 1


def test_one_that_heeds_nothing_is_removed_with_its_process(monkeypatch):
    """What could not be stopped stayed installed; it is marked first, or Windows would start it again."""
    windows = Windows(monkeypatch, [1061], [2])
    with pytest.raises(Refused, match="service uninstall"):
        service.WindowsService().stop(job())
    windows.called.clear()
    service.WindowsService().uninstall(job())
    assert windows.called.index("DeleteService") < windows.called.index("taskkill /f /pid 4711")
