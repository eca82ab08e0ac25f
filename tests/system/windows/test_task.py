"""The task as text, held to the schema's order, and what the scheduler is told."""

import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from homeport.errors import NotAllowed, Refused
from homeport.system.method import Job
from homeport.system.windows import task

PROGRAM = (r"C:\Program Files\Homeport\homeportw.exe",)
ME = r"BOX\me"
# MS-TSCH section 2.5: sequences must be kept, in an `all` any order will do.
SEQUENCES = {
    "BootTrigger": ["Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "Delay"],
    "LogonTrigger": [
        "Enabled",
        "StartBoundary",
        "EndBoundary",
        "Repetition",
        "ExecutionTimeLimit",
        "UserId",
        "Delay",
    ],
    "TimeTrigger": [
        "Enabled",
        "StartBoundary",
        "EndBoundary",
        "Repetition",
        "ExecutionTimeLimit",
        "RandomDelay",
    ],
    "EventTrigger": [
        "Enabled",
        "StartBoundary",
        "EndBoundary",
        "Repetition",
        "ExecutionTimeLimit",
        "Subscription",
        "Delay",
    ],
    "Exec": ["Command", "Arguments", "WorkingDirectory"],
}
KNOWN = {
    "Task": {"RegistrationInfo", "Triggers", "Principals", "Settings", "Data", "Actions"},
    "Principal": {"UserId", "LogonType", "GroupId", "DisplayName", "RunLevel"},
    "Repetition": {"Interval", "Duration", "StopAtDurationEnd"},
    "RestartOnFailure": {"Interval", "Count"},
    "Settings": {
        "AllowStartOnDemand",
        "RestartOnFailure",
        "MultipleInstancesPolicy",
        "DisallowStartIfOnBatteries",
        "StopIfGoingOnBatteries",
        "AllowHardTerminate",
        "StartWhenAvailable",
        "RunOnlyIfNetworkAvailable",
        "WakeToRun",
        "Enabled",
        "Hidden",
        "DeleteExpiredTaskAfter",
        "IdleSettings",
        "NetworkSettings",
        "ExecutionTimeLimit",
        "Priority",
        "RunOnlyIfIdle",
    },
}


def job(role="run", scope="machine", every=300.0):
    folder = Path("C:/ProgramData/Homeport")
    return Job(role, PROGRAM, folder / "home port.yaml", folder, scope, every)


def parsed(made):
    text = task.task_xml(made, ME)
    root = ET.fromstring(text.partition("?>")[2])
    for each in root.iter():
        _, _, each.tag = each.tag.rpartition("}")
    return root


@pytest.mark.parametrize("scope", ["machine", "user"])
@pytest.mark.parametrize("role", ["run", "once", "serve"])
def test_keeps_the_order_of_the_schema(role, scope):
    """Windows refuses a task whose elements come in another order, or that it does not know."""
    for element in parsed(job(role, scope)).iter():
        children = [child.tag for child in element]
        if known := SEQUENCES.get(element.tag):
            assert children == [each for each in known if each in children]
        if known := KNOWN.get(element.tag):
            assert set(children) <= known
            assert len(set(children)) == len(children)


def test_is_started_by_everything_that_may_mean_another_address():
    """Boot, log-on, every five minutes, a network that was joined, a machine that woke up."""
    triggers = list(parsed(job()).find("Triggers"))
    assert [each.tag for each in triggers] == ["BootTrigger", "LogonTrigger", "TimeTrigger"] + [
        "EventTrigger"
    ] * 2
    assert triggers[2].findtext("Repetition/Interval") == "PT300S"
    network, resume = (ET.fromstring(each.findtext("Subscription")) for each in triggers[3:])
    assert "NetworkProfile'] and EventID=10000]]" in network.findtext("Query/Select")
    assert resume.find("Query").get("Path") == "System"
    assert "Power-Troubleshooter'] and EventID=1]]" in resume.findtext("Query/Select")


def test_runs_whether_somebody_is_logged_on_or_not():
    """As LocalService, which can log on nowhere; a task of one account runs while that one is logged on."""
    assert parsed(job()).findtext("Principals/Principal/UserId") == "S-1-5-19"
    own = parsed(job(scope="user"))
    assert own.findtext("Principals/Principal/UserId") == ME
    assert own.findtext("Principals/Principal/LogonType") == "InteractiveToken"
    assert own.findtext("Triggers/LogonTrigger/UserId") == ME
    assert own.find("Triggers/BootTrigger") is None


def test_is_not_stopped_and_not_started_twice():
    """Neither by a battery nor by a time limit; and a failure starts it again."""
    settings = {each.tag: each.text for each in parsed(job()).find("Settings")}
    assert settings["MultipleInstancesPolicy"] == "IgnoreNew"
    assert settings["DisallowStartIfOnBatteries"] == settings["StopIfGoingOnBatteries"] == "false"
    assert settings["ExecutionTimeLimit"] == "PT0S"
    assert settings["Hidden"] == "true"
    assert parsed(job()).findtext("Settings/RestartOnFailure/Interval") == "PT60S"


def test_a_round_that_hangs_is_ended():
    """Otherwise the task would count as running for ever, and no round would follow."""
    assert parsed(job("once")).findtext("Settings/ExecutionTimeLimit") == "PT3600S"


def test_no_interval_is_shorter_than_windows_takes():
    """The schema's least is a minute."""
    assert parsed(job(every=5)).findtext("Triggers/TimeTrigger/Repetition/Interval") == "PT60S"


def test_the_program_and_the_file_are_quoted():
    """A space in a path ends no word."""
    run = parsed(job()).find("Actions/Exec")
    assert run.findtext("Command") == r'"C:\Program Files\Homeport\homeportw.exe"'
    assert run.findtext("Arguments").startswith('run --config "')


def test_tells_how_a_task_stands_from_what_windows_says():
    """The names of its columns are translated, the numbers are not."""
    text = task.task_xml(job(), ME)
    table = '"HostName","Name","Next","Status","Mode","Last","Last Result"\r\n'
    row = '"BOX","\\Homeport","N/A","正在运行","Hidden","today","{}"\r\n'
    stands = task.standing(text, task.last_result(table + row.format(0x41301)), Path("Homeport"))
    assert (stands.is_enabled, stands.is_running, stands.last_exit) == (True, True, None)
    assert stands.account == "S-1-5-19"
    assert stands.command.startswith(r'"C:\Program Files\Homeport\homeportw.exe" run --config')
    ended = task.standing(text, task.last_result(table + row.format(2)), Path("Homeport"))
    assert (ended.is_running, ended.last_exit) == (False, 2)


def test_says_that_a_task_is_disabled():
    """The most frequent reason for which it does not start."""
    text = task.task_xml(job(), ME).replace("<Enabled>true", "<Enabled>false")
    stands = task.standing(text, None, Path("Homeport"))
    assert (stands.is_enabled, stands.is_running) == (False, None)
    assert "is disabled" in stands.notes[0]


STAND_IN = """#!/bin/sh
echo "$@" >> "{log}"
case "$1" in
/create) cp "$5" "{file}"; {fails} ;;
/query) [ "$4" = /xml ] && cat "{file}" 2>/dev/null ;;
/delete) rm "{file}" ;;
esac
exit 0
"""


@pytest.fixture
def scheduler(tmp_path, monkeypatch):
    """A program that stands in for schtasks: it notes what it is told and keeps the task."""

    def made(fails=":"):
        stand_in = tmp_path / "schtasks"
        stand_in.write_text(STAND_IN.format(log=tmp_path / "log", file=tmp_path / "kept", fails=fails))
        stand_in.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        return tmp_path

    return made


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has the real one: tests/peers")
def test_tells_the_scheduler_to_make_run_and_remove_it(scheduler):
    """The text goes as UTF-16, as Windows exports it; removing what is not there says nothing."""
    folder, method, own = scheduler(), task.ScheduledTask(), job(scope="user")
    method.install(own)
    assert (folder / "kept").read_bytes().startswith(b"\xff\xfe")
    method.start(own)
    (folder / "kept").write_text(task.task_xml(own, ME), encoding="utf-8")
    assert method.standing(own).is_installed
    method.uninstall(own)
    assert not method.standing(own).is_installed
    method.uninstall(own)
    told = [line.split()[:4] for line in (folder / "log").read_text().splitlines()]
    assert [each for each in told if each[0] != "/query"] == [
        ["/create", "/tn", "Homeport", "user"],
        ["/run", "/tn", "Homeport", "user"],
        ["/end", "/tn", "Homeport", "user"],
        ["/delete", "/tn", "Homeport", "user"],
    ]


@pytest.mark.parametrize(
    ("said", "error"),
    [("ERROR: Access is denied.", NotAllowed), ("ERROR: The task XML is malformed.", Refused)],
    ids=["not allowed", "malformed"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has the real one: tests/peers")
def test_a_refusal_is_told_with_the_way_out(scheduler, said, error):
    """In the scheduler's own words."""
    scheduler(f"echo '{said}' >&2; exit 1")
    with pytest.raises(error, match=said):
        task.ScheduledTask().install(job(scope="user"))


@pytest.mark.parametrize(
    ("role", "of_run", "of_once"), [("run", True, False), ("once", False, True)], ids=["run", "once"]
)
def test_a_task_is_of_one_role(role, of_run, of_once):
    """`run` and `once` share a name: to have both makes no sense."""
    command = task.standing(task.task_xml(job(role), ME), None, Path("Homeport")).command
    assert (task.runs(command, "run"), task.runs(command, "once")) == (of_run, of_once)


def test_a_word_of_a_path_is_no_role():
    """A task that was not known as installed could be neither stopped nor removed."""
    folder = Path("C:/we serve you/run")
    there = replace(job(), state=folder, config=folder / "homeport.yaml")
    command = task.standing(task.task_xml(there, ME), None, Path("Homeport")).command
    assert [role for role in ("run", "once", "serve") if task.runs(command, role)] == ["run"]
