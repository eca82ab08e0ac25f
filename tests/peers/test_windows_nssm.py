"""NSSM itself, by Wine: it installs, starts, logs, stops and removes Homeport, and starts it again whenever it is killed."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.neighbourhood import neighbourhood
from fakes.programs import PATIENCE, quick_check, wait_until
from fakes.wine import Machine
from homeport.config.paths import ENVIRONMENT
from homeport.system.windows.nssm import LOG_BYTES, RESTART_DELAY

SERVICE = "homeport-nssm"
KEY = rf"HKLM\SYSTEM\CurrentControlSet\Services\{SERVICE}"
DELAY = RESTART_DELAY / 1000
LATEST = 1.5  # seconds after a start at which it is killed
LACKING = 3
FORKED = 0x40  # PF_FORKNOEXEC of a process, proc(5)
pytestmark = pytest.mark.timeout(
    900
)  # each command of ours is many of NSSM's, on a busy machine seconds each


@pytest.fixture(scope="module")
def nssm(top):
    """Return the real nssm.exe; `tools/nssm` fetches it."""
    made = subprocess.run([top / "tools" / "nssm"], capture_output=True, text=True, check=False)
    if made.returncode == LACKING and ENVIRONMENT.get("HOMEPORT_PEERS") != "required":
        pytest.skip(f"SKIPPED, NOT TESTED WITH NSSM: {made.stdout.strip()}")
    assert made.returncode == 0, made.stdout
    return top / ".cache" / "nssm" / "nssm.exe"


@pytest.fixture
def machine(windows, top, nssm):
    """A machine with NSSM on its PATH, in a folder with a space in its name, and no service."""
    python, env = windows
    machine = Machine((python, env | {"WINEPATH": r"C:\Program Files\nssm"}), top)
    there = machine.drive / "Program Files" / "nssm"
    there.mkdir(exist_ok=True)
    shutil.copy(nssm, there)
    with machine.running():
        yield machine
        machine.homeport("service", "uninstall", "--method", "nssm")
        machine.run("sc", "delete", SERVICE)
    shutil.rmtree(there)


@pytest.fixture
def around(tmp_path, machine):
    """The neighbourhood, with a file for it that has no state folder of its own: a service's is the machine's."""
    with neighbourhood(tmp_path) as there:
        there.folder = replace(there.folder, python=machine.python, env=machine.env)
        there.configure(changes={"\n  state: state": ""})
        yield there


def install(machine, around):
    said = machine.homeport("service", "install", "--method", "nssm", "--config", on_z(around.folder.path))
    assert "proven: nssm started it" in said


def on_z(folder):
    return "Z:" + str(folder / "homeport.yaml").replace("/", "\\")


def test_nssm_keeps_homeport_from_install_to_uninstall(machine, around):
    """Proven, seen running by Windows' own tool, stopped as by Ctrl-C, started, and removed with its files left."""
    install(machine, around)
    assert "RUNNING" in machine.run("sc", "query", SERVICE)
    status = machine.homeport("service", "status")
    assert "nssm (run, for the whole machine): enabled, running" in status
    assert r"account: NT AUTHORITY\LocalService" in status
    assert r"-m homeport run --config C:\ProgramData\Homeport\homeport.yaml" in status
    wait_until(lambda: around.held() == ["8.8.8.8"], lambda: log(machine))
    assert "stopped" in machine.homeport("service", "stop", "--method", "nssm")
    assert "enabled, not running" in machine.homeport("service", "status")
    assert log(machine).count("agent.stopped") == 1
    machine.homeport("service", "start", "--method", "nssm")
    assert "restarted" in machine.homeport("service", "restart", "--method", "nssm")
    wait_until(lambda: log(machine).count("agent.started") == 3, lambda: log(machine))
    assert "removed: nssm" in machine.homeport("service", "uninstall")
    assert "RUNNING" not in machine.run("sc", "query", SERVICE)
    assert SERVICE not in machine.run("reg", "query", KEY)
    assert (machine.folder / "homeport.yaml").exists()
    assert quick_check(machine.folder / "agent.db") == "ok"


def test_what_nssm_was_told_stands_in_the_registry(machine, around):
    """Any end is followed by a start, and no other program can be slipped in where a path has a space."""
    install(machine, around)
    kept = machine.run("reg", "query", KEY, "/s")
    [image] = [line for line in kept.splitlines() if "ImagePath" in line]
    assert '"C:\\Program Files\\nssm\\nssm.exe"' in image
    assert f"AppRestartDelay    REG_DWORD    {RESTART_DELAY:#x}" in kept
    assert f"AppRotateBytes    REG_DWORD    {LOG_BYTES:#x}" in kept
    assert "(Default)    REG_SZ    Restart" in kept.partition(rf"{SERVICE}\Parameters\AppExit")[2]


def test_nssm_may_be_moved(machine, around):
    """Installed again, the service is started by NSSM where that lies by then."""
    install(machine, around)
    machine.homeport("service", "stop", "--method", "nssm")
    there = machine.drive / "Program Files" / "nssm"
    (there / "new").mkdir()
    (there / "nssm.exe").rename(there / "new" / "nssm.exe")
    machine.env = machine.env | {"WINEPATH": r"C:\Program Files\nssm\new"}
    install(machine, around)
    assert r"C:\Program Files\nssm\new\nssm.exe" in machine.run("reg", "query", KEY, "/v", "ImagePath")
    assert "RUNNING" in machine.run("sc", "query", SERVICE)


def test_a_long_log_is_put_aside_by_nssm(machine, around):
    """What was printed before is kept under a name with its time, and a new file begins."""
    install(machine, around)
    machine.homeport("service", "stop", "--method", "nssm")
    printed = machine.folder / "nssm.log"
    printed.write_bytes(b"x" * (LOG_BYTES + 1))
    machine.homeport("service", "start", "--method", "nssm")
    wait_until(
        lambda: "agent.started" in printed.read_text("utf-8"), lambda: printed.read_text("utf-8")[:999]
    )
    [aside] = machine.folder.glob("nssm-*.log")
    assert aside.stat().st_size == LOG_BYTES + 1


def log(machine):
    """Return the service's own log, which it writes beside what NSSM keeps of its output."""
    path = machine.folder / "homeport.log"
    return path.read_text("utf-8") if path.exists() else ""


class Watch:
    """Counts the agents of one machine from outside it, all the time."""

    def __init__(self, machine):
        self._prefix = f"WINEPREFIX={machine.env['WINEPREFIX']}\0".encode()
        self.most = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "it still counts"

    def _watch(self):
        while not self._ended.wait(0.02):
            self.most = max(self.most, len(self.agents()))

    def agents(self):
        return [
            int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit() and self._is_ours(each)
        ]

    def _is_ours(self, process):
        with contextlib.suppress(OSError):
            flags = int((process / "stat").read_text().rpartition(")")[2].split()[6])
            if flags & FORKED:  # it becomes another program in a moment, and has an agent's words till then
                return False
            words = (process / "cmdline").read_bytes()
            is_agent = words.startswith(b"Z:") and b"\0-m\0homeport\0run\0" in words
            return is_agent and self._prefix in (process / "environ").read_bytes()
        return False


@pytest.mark.parametrize(
    ("times", "within"),
    [
        pytest.param(20, PATIENCE, marks=pytest.mark.timeout(1200)),
        pytest.param(200, DELAY + 5, marks=[pytest.mark.soak, pytest.mark.timeout(0)]),
    ],
)
def test_killed_at_any_moment_nssm_has_it_up_again_alone_with_its_ledger_whole(
    machine, around, times, within
):
    """Each start owns the ledger, two are never there at once, and in the end the name is as it should be."""
    install(machine, around)
    chance, waited = random.Random(times), []
    with Watch(machine) as watch:
        for turn in range(1, times + 1):
            around.say(f"8.8.{turn % 200}.8")
            [process] = watch.agents()
            time.sleep(chance.uniform(0, LATEST))  # noqa: TID251 -- the moment is what is tried
            os.kill(process, signal.SIGKILL)
            killed = time.monotonic()  # noqa: TID251 -- another process does not run on a FakeClock
            wait_until(lambda killed=process: set(watch.agents()) - {killed})
            waited.append(time.monotonic() - killed)  # noqa: TID251 -- as above
            wait_until(
                lambda turn=turn: log(machine).count("agent.started") == turn + 1, lambda: log(machine)
            )
        assert DELAY <= min(waited) <= max(waited) <= within, waited
        machine.homeport("once", "--config", r"C:\ProgramData\Homeport\homeport.yaml")
        assert around.held() == [f"8.8.{times % 200}.8"]
        assert watch.most == 1
    assert "RUNNING" in machine.run("sc", "query", SERVICE)
    machine.homeport("service", "stop", "--method", "nssm")
    assert quick_check(machine.folder / "agent.db") == "ok"
