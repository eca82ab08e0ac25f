"""Started by Windows: what Wine can show of a service, a task and the Run key, with a real Windows Python.

What it cannot show, and what was done instead, is in docs/design/autostart.md.
"""

import contextlib
import json
import shutil
import socket
import subprocess

import pytest

from fakes.programs import wait_until
from fakes.wine import PIPES, Machine

AGENT = """
agent:
  {state}
  addresses: {{lan: {{detect: [{{kind: static, address: 203.0.113.7}}], allow_private: true}}}}
"""
SERVER = """
server:
  zones:
    - {{name: dyn.example.com, nameservers: [{{name: ns1.dyn.example.com, addresses: ["192.0.2.53"]}}]}}
  gateway: {{listen: "{listen}"}}
  dns: {{listen: "127.0.0.1:0"}}
"""
pytestmark = pytest.mark.timeout(600)  # a busy machine takes seconds for each Windows program


@pytest.fixture
def machine(windows, top):
    """A machine on which nothing is installed, and which runs on between two commands."""
    machine = Machine(windows, top)
    with machine.running():
        (machine.folder / "homeport.yaml").write_text(AGENT.format(state=""))
        yield machine
        for kind, scope in (("windows-service", "machine"), ("task-scheduler", "machine")):
            machine.way(kind, scope, "C:/x/homeport.yaml", "uninstall")


SERVICE = ("windows-service", "machine", "C:/Users/me/homeport.yaml")


def states(said):
    return [
        (each["done"]["is_installed"], each["done"]["is_running"])
        for each in said
        if each.get("word") == "standing"
    ]


def test_a_service_lives_from_install_to_uninstall(machine):
    """Installed twice, started, seen running by Windows' own tool, stopped, started again, removed twice."""
    said = machine.way(*SERVICE, "standing", "install", "install", "standing", "start", "start", "standing")
    assert not [each for each in said if "error" in each]
    assert states(said) == [(False, None), (True, False), (True, True)]
    stands = said[-1]["done"]
    assert stands["is_enabled"]
    assert stands["account"] == r"NT SERVICE\homeport"
    assert stands["command"].startswith(f'"Z:{str(machine.top).replace("/", chr(92))}')
    assert "service host --role run --config" in stands["command"]
    assert "RUNNING" in machine.run("sc", "query", "homeport")
    wait_until(lambda: "agent.started" in machine.log(), machine.log)
    said = machine.way(
        *SERVICE, "stop", "stop", "standing", "start", "standing", "uninstall", "uninstall", "standing"
    )
    assert not [each for each in said if "error" in each]
    assert states(said) == [(True, False), (True, True), (False, None)]
    assert machine.log().count("agent.started") == machine.log().count("agent.stopped") == 2
    runs, stopped = ("trace", "Homeport runs."), ("trace", "Homeport has stopped, as it was told to.")
    assert machine.journal() == [runs, stopped] * 2


def test_the_event_log_knows_homeport_while_it_is_installed(machine):
    """Its texts are shown through a program that every Windows has; what is removed leaves no source behind."""
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Homeport"
    machine.way(*SERVICE, "install")
    known = machine.run("reg", "query", key)
    assert r"EventMessageFile    REG_EXPAND_SZ    %SystemRoot%\System32\EventCreate.exe" in known
    assert "TypesSupported    REG_DWORD    0x7" in known
    machine.way(*SERVICE, "uninstall")
    assert "EventMessageFile" not in machine.run("reg", "query", key)


def test_windows_is_told_to_start_it_again(machine):
    """After 1, 5 and 30 seconds, and after an exit code as after a crash; Wine takes the order and does nothing."""
    said = machine.way(*SERVICE, "install")
    assert next(each for each in said if "recovery" in each) == {
        "recovery": [[1, 1000], [1, 5000], [1, 30000]],
        "reset_after": 86400,
    }
    assert {"also_after_exit_codes": 1} in said


def test_a_service_that_cannot_work_says_why(machine):
    """Its exit code is Windows' to read, the reason lies in its log from the first line."""
    (machine.folder / "homeport.yaml").write_text("agent: {addresses: {}, intervall: 3}\n")
    *_, started, stands = machine.way(*SERVICE, "install", "start", "standing")
    assert "it ended at once, with exit code 2" in started["error"]
    assert stands["done"]["last_exit"] == 2
    assert "service.failed" in machine.log()
    assert "intervall" in machine.log()
    [(kind, text)] = machine.journal()
    assert kind == "err"
    assert text.startswith("Homeport ends: ")
    assert "intervall" in text


def test_a_service_without_its_log_runs_and_says_so(machine):
    """Where the log cannot be written, the Event Log is the place that is left."""
    (machine.folder / "homeport.log").mkdir()
    said = machine.way(*SERVICE, "install", "start", "standing")
    assert states(said) == [(True, True)]
    (kind, text), runs = machine.journal()
    assert (kind, runs) == ("warn", ("trace", "Homeport runs."))
    assert text.startswith(
        r"Homeport runs without its log: C:\\ProgramData\\Homeport\\homeport.log cannot be written"
    )


def test_what_does_not_come_up_is_removed_again_with_its_reason(machine):
    """A server whose port is taken: the reason is what a person reads, no service stays, and the file does."""
    mine = machine.drive / "users/mine"
    shutil.rmtree(mine, ignore_errors=True)
    mine.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        (mine / "homeport.yaml").write_text(SERVER.format(listen=listen))
        said = machine.homeport(
            "service", "install", "--method", "windows-service", "--config", "C:/users/mine/homeport.yaml"
        )
    assert "did not come up" in said
    assert listen in said.partition("did not come up")[2]
    assert "RUNNING" not in machine.run("sc", "query", "homeport-server")
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\homeport-server"
    assert "ImagePath" not in machine.run("reg", "query", key)
    assert (machine.folder / "homeport.yaml").exists()
    shutil.rmtree(mine)


HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1])
held.execute("PRAGMA locking_mode = EXCLUSIVE")
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def unavailable(machine, database):
    """Hold a database so that nobody can use it, as on a disk that is full."""
    words = ("wine", machine.python[1], "-c", HOLD, rf"C:\ProgramData\Homeport\{database}")
    with subprocess.Popen(words, env=machine.env, **PIPES) as held:
        assert held.stdout.readline().strip() == b"held"
        yield
        held.stdin.close()


def test_a_service_that_waits_for_its_disk_is_stopped_and_removed(machine):
    """It is still starting, for as long as the disk is full; nobody has to wait for that."""
    machine.way(*SERVICE, "install")
    with unavailable(machine, "agent.db"):
        machine.run("sc", "start", "homeport")
        wait_until(lambda: "state.unwritable" in machine.log(), machine.log)
        assert "START_PENDING" in machine.run("sc", "query", "homeport")
        said = machine.way(*SERVICE, "stop", "standing")
        assert not [each for each in said if "error" in each]
        assert states(said) == [(True, False)]
        machine.run("sc", "start", "homeport")
        wait_until(lambda: machine.log().count("state.unwritable") == 2, machine.log)
        said = machine.way(*SERVICE, "uninstall", "standing")
        assert not [each for each in said if "error" in each]
        assert states(said) == [(False, None)]


def test_a_service_that_heeds_nothing_is_removed(machine):
    """It cannot be stopped, and says so; it goes with its process."""
    program = "Z:" + str(machine.top / "tests/fakes/windows_deaf.py")
    machine.run("sc", "create", "homeport", "binPath=", f"{machine.python[1]} {program}")
    machine.run("sc", "start", "homeport")
    wait_until(lambda: "START_PENDING" in machine.run("sc", "query", "homeport"))
    stopped, removed, stands = machine.way(*SERVICE, "stop", "uninstall", "standing")
    assert "`homeport service uninstall` ends it" in stopped["error"]
    assert "error" not in removed
    assert not stands["done"]["is_installed"]


def test_a_running_service_answers_on_its_pipe(machine):
    """And a second start finds the first and says so."""
    machine.way(*SERVICE, "install", "start")
    status = json.loads(
        machine.homeport("status", "--config", "C:/ProgramData/Homeport/homeport.yaml", "--json")
    )
    assert status["agent"]["state"] == r"C:\ProgramData\Homeport"


def test_install_brings_the_file_and_proves_the_service(machine):
    """The commands of a person: the service is seen healthy; of a file that cannot be honoured, nothing is installed."""
    mine = machine.drive / "users/mine"
    shutil.rmtree(mine, ignore_errors=True)
    mine.mkdir()
    install = ("service", "install", "--method", "windows-service", "--config", "C:/users/mine/homeport.yaml")
    (mine / "homeport.yaml").write_text(AGENT.format(state=""))
    assert "proven: windows-service started it" in machine.homeport(*install)
    assert "enabled, running" in machine.homeport("service", "status")
    assert "removed: windows-service" in machine.homeport("service", "uninstall")
    (mine / "homeport.yaml").write_text(AGENT.format(state="").replace("203.0.113.7", "not an address"))
    said = machine.homeport(*install)
    assert "not an address" in said
    assert "nothing starts homeport on this machine" in machine.homeport("service", "status")
    shutil.rmtree(mine)


TASK = ("task-scheduler", "machine", "C:/Users/me/homeport.yaml")


def test_a_task_is_taken_and_removed_by_the_scheduler(machine):
    """Wine keeps the task without triggers and principal, and cannot be asked: its file says that it was taken."""
    said = machine.way(*TASK, "install", "install", "standing")
    assert not [each for each in said if "error" in each]
    assert states(said) == [(True, None)]
    kept = (machine.tasks / "Homeport").read_text("utf-8-sig")
    assert "<MultipleInstancesPolicy>IgnoreNew<" in kept
    assert "<ExecutionTimeLimit>PT0S<" in kept
    said = machine.way(*TASK, "uninstall", "uninstall", "standing")
    assert not [each for each in said if "error" in each]
    assert states(said) == [(False, None)]
    assert not (machine.tasks / "Homeport").exists()


@pytest.fixture
def own(machine):
    """A folder of the account, with a space in its name, and how the Run key is told of it."""
    folder = machine.drive / "users/home port"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "homeport.yaml").write_text(AGENT.format(state='state: "C:/users/home port"'))
    file = "C:/users/home port/homeport.yaml"
    yield "registry", "user", file
    machine.way("registry", "user", file, "uninstall")
    shutil.rmtree(folder, ignore_errors=True)


def test_the_run_key_is_written_quoted_and_removed(machine, own):
    """Windows' own tool reads it; started and stopped, it is found by the pipe on which it answers."""
    said = machine.way(*own, "install", "install", "standing", "stop", "start")
    assert not [each for each in said if "error" in each]
    held = machine.run("reg", "query", r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run")
    [line] = [each for each in held.splitlines() if "Homeport" in each]
    assert 'pythonw.exe" -m homeport run --config "C:\\users\\home port\\homeport.yaml"' in line
    running = lambda: states(machine.way(*own, "standing")) == [(True, True)]  # noqa: E731 -- asked until it is so
    wait_until(running)
    said = machine.way(*own, "stop", "standing", "uninstall", "uninstall", "standing")
    assert states(said) == [(True, False), (False, None)]
    assert "Homeport" not in machine.run(
        "reg", "query", r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"
    )


def test_the_run_key_is_honoured_at_the_next_session(machine, own):
    """The session ends, another begins: the agent runs, and nobody started it but Windows."""
    machine.way(*own, "install")
    subprocess.run(["wineserver", "-k"], env=machine.env, check=False)
    machine.run("wineboot")
    wait_until(lambda: states(machine.way(*own, "standing")) == [(True, True)])
    status = json.loads(machine.homeport("status", "--config", own[2], "--json"))
    assert status["agent"]["state"] == r"C:\users\home port"
