"""`homeport service`: installed, proven, shown and removed, with cron standing in for a scheduler."""

import json
import os
import shlex
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from fakes import standin
from fakes.programs import wait_until
from homeport.cli import main
from homeport.errors import Unavailable
from homeport.system import choose
from homeport.system.method import Job, Standing

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="tests/peers/test_windows_service.py is for Windows"
)
OTHERS = "0 3 * * * /usr/local/bin/backup\n"


@pytest.fixture
def house(around, tmp_path, monkeypatch):
    """An account whose home is a folder of the test and whose crontab is a file; nothing else of it is looked at."""
    home = tmp_path / "home"
    home.mkdir()
    there = standin.install(tmp_path / "bin", monkeypatch)
    table = tmp_path / "crontab"
    table.write_text(OTHERS)
    there.program(
        "crontab",
        f'case "$1" in -l) cat {shlex.quote(str(table))};; -) cat > {shlex.quote(str(table))};; esac',
    )
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    around.configure(changes={"state: state": f"state: {home / 'state'}"})
    yield around
    if table.read_text() != OTHERS:
        around.folder.run("service", "uninstall", *MINE, check=False)


MINE = ("--method", "cron", "--scope", "user")


def table(house):
    return (house.folder.path / "crontab").read_text()


def pid_of(house):
    """Return the process that owns the ledger."""
    lock = Path(os.environ["HOME"], "state/agent.db.lock")  # noqa: TID251 -- the test's own home
    return int(lock.read_text())


def test_installed_it_runs_and_is_proven_and_removed_nothing_is_left(house):
    """The name is published by what the scheduler's own command started, without a look at the old file's secrets."""
    said = house.folder.run("service", "install", *MINE).stdout
    assert "way: cron, for this account" in said
    assert "proven: cron started it, and it answers; it keeps 1 records" in said
    assert "secrets: token, sealed beside it" in said
    wait_until(lambda: house.held() == ["8.8.8.8"])
    [found] = house.folder.json("service", "status", *MINE)
    assert (found["is_enabled"], found["is_running"], found["role"]) == (True, True, "run")
    assert house.cloudflare.secret not in table(house) + said
    house.folder.run("service", "uninstall", *MINE)
    assert table(house) == OTHERS
    assert house.folder.run("service", "status", *MINE, check=False).returncode == 1
    assert "nothing is installed" in house.folder.run("service", "uninstall", *MINE).stdout


def test_a_second_time_is_as_the_first(house):
    """Installing again replaces, and the one that runs is no obstacle."""
    house.folder.run("service", "install", *MINE)
    once = table(house)
    house.folder.run("service", "install", *MINE)
    assert table(house) == once
    assert len(house.folder.json("service", "status", *MINE)) == 1


def test_stopped_started_and_restarted(house):
    """Each time the process is another, and stopped there is none."""
    house.folder.run("service", "install", *MINE)
    first = pid_of(house)
    house.folder.run("service", "restart", *MINE)
    wait_until(lambda: house.folder.json("service", "status", *MINE)[0]["is_running"])
    assert pid_of(house) != first
    house.folder.run("service", "stop", *MINE)
    assert not house.folder.json("service", "status", *MINE)[0]["is_running"]
    house.folder.run("service", "start", *MINE)
    wait_until(lambda: house.folder.json("service", "status", *MINE)[0]["is_running"])


def test_what_was_installed_is_an_object_for_programs(house):
    """The same as `status --json` shows, and alone on standard output; `--show` has the texts and writes nothing."""
    shown = house.folder.json("service", "install", *MINE, "--show")
    assert (shown["method"], shown["role"], shown["scope"]) == ("cron", "run", "user")
    assert [text for text in shown["would_write"].values() if shown["config"] in text]
    assert table(house) == OTHERS
    done = house.folder.run("service", "install", *MINE, "--json")
    made = json.loads(done.stdout)
    assert "proven: cron started it" in done.stderr
    assert made.pop("reason") == "you asked for it"
    [found] = house.folder.json("service", "status", *MINE)
    assert {**made, "is_running": found["is_running"]} == found


def test_a_file_chooses_what_reads_it(house):
    """Another file's installation is left alone, and what is said names the file."""
    house.folder.run("service", "install", *MINE)
    [found] = house.folder.json("service", "status", *MINE, "--config", "home/.config/homeport/homeport.yaml")
    for command, code in (("status", 1), ("uninstall", 0), ("stop", 2)):
        done = house.folder.run("service", command, *MINE, "--config", "homeport.yaml", check=False)
        assert done.returncode == code
        assert "nothing is installed that reads homeport.yaml" in done.stdout + done.stderr
    assert "homeport" in table(house)
    house.folder.run("service", "uninstall", *MINE, "--config", found["config"])
    assert table(house) == OTHERS


def home_of(house):
    return house.folder.path / "home"


def block_the_ledger(home):
    """Let no agent come up: a folder lies where its ledger goes."""
    (home / "blocked/agent.db").mkdir(parents=True)


def everything(folder):
    """Return every file below a folder with its mode; logs and what a running agent keeps aside."""
    mine = (path for path in sorted(folder.rglob("*")) if path.is_file() and "state" not in path.parts)
    return {
        path: (path.read_bytes(), path.stat().st_mode)
        for path in mine
        if path.suffix not in {".log", ".lock"}
    }


def test_what_does_not_come_up_is_undone_with_the_reason(house):
    """Nothing stays installed, no file is left behind, and the sentence says what to mend."""
    home = home_of(house)
    block_the_ledger(home)
    house.configure(changes={"state: state": f"state: {home / 'blocked'}"})
    done = house.folder.run("service", "install", *MINE, check=False)
    assert done.returncode == 4
    assert "was removed again" in done.stderr
    assert f"{home / 'blocked/agent.db'} cannot be opened by this account" in done.stderr
    assert table(house) == OTHERS
    assert everything(home) == {}


def test_a_failed_second_time_leaves_the_first_as_it_was(house, monkeypatch):
    """The former one runs again with its file, its secret and its lines: of the new one nothing is left."""
    home = home_of(house)
    house.folder.run("service", "install", *MINE)
    wait_until(lambda: house.held() == ["8.8.8.8"])
    before, lines, first = everything(home), table(house), pid_of(house)
    block_the_ledger(home)
    house.configure(changes={"state: state": f"state: {home / 'blocked'}", "file:token": "env:ANOTHER"})
    monkeypatch.setenv("ANOTHER", "another-secret-1")
    house.say("9.9.9.9")
    done = house.folder.run("service", "install", *MINE, check=False)
    assert done.returncode == 4
    assert "cron (run, for this account) stands as before and runs again" in done.stderr
    assert everything(home) == before
    assert table(house) == lines
    assert pid_of(house) != first, "what is proven must be a process of its own"
    assert house.folder.json("service", "status", *MINE)[0]["is_running"]
    wait_until(lambda: house.held() == ["9.9.9.9"])


def test_what_was_edited_later_is_taken(house, monkeypatch):
    """The copy counts once it is installed: who edits that one, as told, does not lose it by installing again."""
    installed = home_of(house) / ".config/homeport/homeport.yaml"
    monkeypatch.delenv("HOMEPORT_CONFIG", raising=False)
    own = house.folder.path / "homeport.yaml"
    assert "taken:" not in house.folder.run("service", "install", *MINE).stdout
    assert "taken:" not in house.folder.run("service", "install", *MINE).stdout
    installed.write_text(installed.read_text() + "# edited where it counts\n")
    said = house.folder.run("service", "install", *MINE).stdout
    assert f"taken: {installed}, edited later than {own}; `--config homeport.yaml` takes that one" in said
    assert "# edited where it counts" in installed.read_text()
    own.write_text(own.read_text() + "# edited last\n")
    assert "taken:" not in house.folder.run("service", "install", *MINE).stdout
    assert "# edited last" in installed.read_text()


def agents(config):
    """Return the processes that run an agent with a file."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().decode().split("\0")
            if "run" in words and str(config) in words:
                found.append(int(process.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ended_in_the_middle_the_former_works_on(house):
    """SIGTERM while the new one is waited for: lines and file are the former's, and nothing of the new one runs."""
    home = home_of(house)
    config = home / ".config/homeport/homeport.yaml"
    house.folder.run("service", "install", *MINE)
    before, lines, former = everything(home), table(house), agents(config)
    waits = home / "state/waits"
    waits.write_text("in the way of a folder")
    house.configure(changes={"state: state": f"state: {waits}"})
    with house.folder.running("service", "install", *MINE, log="install.log") as process:
        wait_until(lambda: "waits" in config.read_text() and agents(config) not in ([], former))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    assert everything(home) == before
    assert table(house) == lines
    assert agents(config) == [pid_of(house)]
    assert "stands as before and runs again" in (house.folder.path / "install.log").read_text()


def test_single_rounds_take_the_place_of_what_stays_and_back(house):
    """Never both: each is removed once the other is proven."""
    house.folder.run("service", "install", *MINE)
    said = house.folder.run("service", "install", *MINE, "--role", "once").stdout
    assert "moving: cron (run, for this account) is stopped now" in said
    assert "removed: cron (run, for this account), whose place it takes" in said
    [found] = house.folder.json("service", "status", *MINE)
    assert found["role"] == "once"
    assert house.held() == ["8.8.8.8"]
    assert "removed: cron (once, " in house.folder.run("service", "install", *MINE).stdout
    [found] = house.folder.json("service", "status", *MINE)
    assert (found["role"], found["is_running"]) == ("run", True)


def test_another_command_is_proven_by_its_own_process(house):
    """The one that runs ends; what answers is what was installed now."""
    house.folder.run("service", "install", *MINE)
    first = pid_of(house)
    house.folder.run("service", "install", *MINE)
    assert pid_of(house) != first


def test_one_that_runs_already_is_found_before_anything_is_installed(house):
    """A person who tried it by hand is told to end that one."""
    with house.folder.running("run", "--no-web", log="log"):
        house.folder.wait_for("log", "agent.started")
        wait_until(lambda: house.folder.run("status", check=False).returncode == 0)
        done = house.folder.run("service", "install", *MINE, check=False)
    assert done.returncode == 2
    assert "runs already" in done.stderr
    assert table(house) == OTHERS


def test_show_changes_nothing(house):
    """What would be written is printed."""
    said = house.folder.run("service", "install", *MINE, "--show").stdout
    assert "@reboot" in said
    assert table(house) == OTHERS


@pytest.mark.parametrize("method", ["systemd", "windows-service", "launchd", "openrc", "procd"])
def test_a_way_that_is_not_here_is_refused_with_the_reason(house, method):
    """None of them fails silently, and none is half installed."""
    done = house.folder.run("service", "install", "--method", method, "--scope", "machine", check=False)
    assert done.returncode == 4
    assert f"{method} cannot be used: " in done.stderr
    assert "Traceback" not in done.stderr


def test_with_nothing_installed_start_says_what_to_do(house):
    """The sentence names the command."""
    done = house.folder.run("service", "start", *MINE, check=False)
    assert done.returncode == 2
    assert "homeport service install" in done.stderr


def test_who_may_not_install_may_look(monkeypatch):
    """An account without an administrator's rights sees what the administrator installed."""

    class Way:
        kind, title = "systemd", "the administrator's"

        def why_not(self, scope):
            return "it takes root; run it with sudo"

        def prepare(self, job):
            return job

        def standing(self, job):
            if job.scope == "user":
                raise Unavailable("nobody is logged in")
            return Standing(is_installed=job.role == "run", is_enabled=True, command="homeport run")

    monkeypatch.setattr(choose, "kinds", lambda: ["systemd"])
    monkeypatch.setattr(choose, "load", lambda _: Way())
    done = CliRunner().invoke(main, ["service", "status"])
    assert done.exit_code == 0, done.output
    assert "homeport run" in done.output


@pytest.mark.parametrize(
    ("kind", "again"),
    [
        ("systemd", "with the machine"),
        ("cron", "within five"),
        ("task-scheduler", "next trigger"),
        ("registry", "log-on"),
    ],
)
def test_what_is_stopped_says_when_it_starts_again(monkeypatch, kind, again):
    """A task has triggers every few minutes, and the Run key none before somebody logs on."""
    module = import_module("homeport.cli.service")
    way = SimpleNamespace(kind=kind, stop=lambda _: None)
    job = Job("run", ("/bin/homeport",), Path("homeport.yaml"), Path())
    there = [module.Installed(way, job, Standing(is_installed=True))]
    monkeypatch.setattr(module, "installed", lambda *_: there)
    assert again in CliRunner().invoke(main, ["service", "stop"]).output
