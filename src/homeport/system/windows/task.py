"""A task of the Task Scheduler: started at boot, at log-on, at every network, after sleep, and every so often.

For the machine it runs as LocalService, whether somebody is logged on or not; for one account as that account while
it is logged on, which takes no administrator. `S4U`, the third way, would run as the account without its password, and
could then not open the secrets that DPAPI sealed for it. Source: Microsoft Open Specifications, MS-TSCH section 2.5
(the schema), and Microsoft Learn, `schtasks`.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from homeport.errors import NotAllowed, Refused
from homeport.system.files import make_folder
from homeport.system.method import NOTHING, Job, Kept, Role, Scope, Standing
from homeport.system.windows import ABOUT, TITLE, title_of
from homeport.system.windows._grant import LOCAL_SERVICE, Grant, grant, is_private, private_folders
from homeport.system.windows._place import (
    account,
    only_windows,
    program_data,
    system,
    why_not_machine,
    windowed,
)
from homeport.system.windows._program import Ended, decoded, run

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SCHEMA = "http://schemas.microsoft.com/windows/2004/02/mit/task"
SINCE = "2020-01-01T00:00:00"  # the interval counts from here, in local time
NETWORK = ("Microsoft-Windows-NetworkProfile/Operational", "Microsoft-Windows-NetworkProfile", 10000)
RESUME = ("System", "Microsoft-Windows-Power-Troubleshooter", 1)
RESTARTS, RESTART_AFTER = 999, 60  # as many as the schema takes; seconds, as few as it takes
ONCE_LIMIT = 3600  # seconds after which a round that hangs is ended
RUNNING, NEVER_RUN = 0x41301, 0x41303  # SCHED_S_TASK_RUNNING, SCHED_S_TASK_HAS_NOT_RUN
LAST_RESULT = 6  # the column of `schtasks /query /v /fo csv`, whose names are translated

_ROLE = re.compile(r'[\s"](run|once|serve)(?=\s+-|\s*$)')  # and no word of a path


class ScheduledTask:
    """The task `Homeport`, as taskschd.msc shows it."""

    kind: ClassVar[str] = "task-scheduler"
    title: ClassVar[str] = "a task of the Windows Task Scheduler: at boot, log-on, network and wake-up"

    def why_not(self, scope: Scope) -> str | None:
        return only_windows() or (why_not_machine() if scope == "machine" else None)

    def prepare(self, job: Job) -> Job:
        """Return the job with the machine's folder where it is for the machine, and without a console window."""
        made = replace(job, program=windowed(job.program))
        if job.scope == "user":
            return made
        state = program_data() / "Homeport"
        return replace(made, config=state / job.config.name, state=state)

    def render(self, job: Job) -> Mapping[str, str]:
        return {str(_file(job)): task_xml(job, account())}

    def install(self, job: Job) -> None:
        if job.scope == "machine":
            make_folder(job.state)
            grant(Grant(job.state, "F", alone=True), LOCAL_SERVICE)
            for folder in private_folders():
                grant(Grant(folder, "RX"), LOCAL_SERVICE)
        _create(job, task_xml(job, account()))

    def keep(self, job: Job) -> Kept:
        """Return the task of that name; `run` and `once` share it."""
        text = _text(job)
        return Kept({str(_file(job)): text}, standing(text, None, _file(job)).is_enabled) if text else NOTHING

    def put_back(self, job: Job, kept: Kept) -> None:
        if not kept:
            return self.uninstall(job)
        [text] = kept.parts.values()
        return _create(job, text)

    def reaches(self, job: Job, path: Path) -> bool:
        return job.scope == "user" or not is_private(path)

    def uninstall(self, job: Job) -> None:
        if self.standing(job).is_installed:
            self.stop(job)
            _schtasks("/delete", "/tn", _name(job), "/f")

    def start(self, job: Job) -> None:
        _schtasks("/run", "/tn", _name(job))

    def stop(self, job: Job) -> None:
        """End it where it runs; Windows calls it an error where it does not."""
        _ask("/end", "/tn", _name(job))

    def standing(self, job: Job) -> Standing:
        text, file = _text(job), _file(job)
        if not text:
            return Standing(is_installed=False)
        stands = standing(text, last_result(_ask("/query", "/tn", _name(job), "/v", "/fo", "csv").said), file)
        return stands if runs(stands.command, job.role) else Standing(is_installed=False)


def task_xml(job: Job, user: str) -> str:
    """Return the task as `schtasks /create /xml` takes it, its elements in the order of the schema."""
    from xml.etree import ElementTree as ET

    task = ET.Element("Task", {"version": "1.2", "xmlns": SCHEMA})
    _add(task, "RegistrationInfo", Author=TITLE, Description=ABOUT, URI=rf"\{_name(job)}")
    triggers = ET.SubElement(task, "Triggers")
    triggers.extend(_triggers(job, user))
    principals = ET.SubElement(task, "Principals")
    principal = _add(principals, "Principal", **_principal(job, user))
    principal.set("id", "Author")
    settings = _add(task, "Settings", **_settings(job))
    _add(settings, "RestartOnFailure", Interval=_duration(RESTART_AFTER), Count=str(RESTARTS))
    actions = ET.SubElement(task, "Actions", {"Context": "Author"})
    program, *words = job.command
    arguments = subprocess.list2cmdline(words)
    _add(actions, "Exec", Command=f'"{program}"', Arguments=arguments, WorkingDirectory=str(job.state))
    ET.indent(task)
    return '<?xml version="1.0" encoding="UTF-16"?>\n' + ET.tostring(task, encoding="unicode") + "\n"


def standing(text: str, result: int | None, file: Path) -> Standing:
    """Return how a task stands, from its XML as Windows gives it back and from its last result."""
    from xml.etree import ElementTree as ET

    root = ET.fromstring(text.partition("?>")[2] or text)  # noqa: S314 -- Windows itself says it

    def of(path: str) -> str:
        found = root.find("/".join(f"{{{SCHEMA}}}{part}" for part in path.split("/")))
        return (found.text or "") if found is not None else ""

    is_enabled = of("Settings/Enabled") != "false"
    is_running = None if result is None else result == RUNNING
    return Standing(
        is_installed=True,
        is_enabled=is_enabled,
        is_running=is_running,
        command=f"{of('Actions/Exec/Command')} {of('Actions/Exec/Arguments')}".strip(),
        account=of("Principals/Principal/UserId"),
        last_exit=result if result not in {RUNNING, NEVER_RUN} else None,
        places=(str(file),),
        notes=() if is_enabled else ("the task is disabled: `homeport service install` enables it again",),
    )


def runs(command: str, role: Role) -> bool:
    """Tell whether a task's command is of this role: `run` and `once` share a name, for only one makes sense."""
    named = _ROLE.search(command)
    return named is None or named[1] == role


def last_result(table: str) -> int | None:
    """Return the last result from the table of `schtasks`, `None` when it has none."""
    for row in csv.reader(io.StringIO(table)):
        if len(row) > LAST_RESULT and row[LAST_RESULT].lstrip("-").isdecimal():
            return int(row[LAST_RESULT])
    return None


def _triggers(job: Job, user: str) -> Iterator[Element]:
    if job.scope == "machine":
        yield _element("BootTrigger")
        yield _element("LogonTrigger")
    else:
        yield _element("LogonTrigger", UserId=user)
    interval = _element("TimeTrigger", StartBoundary=SINCE)
    _add(interval, "Repetition", Interval=_duration(job.every))
    yield interval
    yield _element("EventTrigger", Subscription=_subscription(*NETWORK))
    yield _element("EventTrigger", Subscription=_subscription(*RESUME))


def _subscription(path: str, provider: str, number: int) -> str:
    """Return the query for one event, in XML of its own."""
    wanted = f"*[System[Provider[@Name='{provider}'] and EventID={number}]]"
    return (
        f'<QueryList><Query Id="0" Path="{path}"><Select Path="{path}">{wanted}</Select></Query></QueryList>'
    )


def _principal(job: Job, user: str) -> dict[str, str]:
    if job.scope == "machine":
        return {"UserId": LOCAL_SERVICE, "RunLevel": "LeastPrivilege"}
    return {"UserId": user, "LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege"}


def _settings(job: Job) -> dict[str, str]:
    return {
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "AllowHardTerminate": "true",
        "StartWhenAvailable": "true",
        "RunOnlyIfNetworkAvailable": "false",
        "AllowStartOnDemand": "true",
        "Enabled": "true",
        "Hidden": "true",
        "RunOnlyIfIdle": "false",
        "WakeToRun": "false",
        "ExecutionTimeLimit": _duration(0 if job.stays else ONCE_LIMIT),
        "Priority": "7",
    }


def _duration(seconds: float) -> str:
    """Return seconds as XML Schema writes them; Windows takes no interval below a minute, and 0 for none."""
    return f"PT{max(60, round(seconds)) if seconds else 0}S"


def _element(name: str, /, **children: str) -> Element:
    from xml.etree import ElementTree as ET

    made = ET.Element(name)
    for child, text in children.items():
        ET.SubElement(made, child).text = text
    return made


def _add(parent: Element, name: str, /, **children: str) -> Element:
    made = _element(name, **children)
    parent.append(made)
    return made


def _name(job: Job) -> str:
    """Return the task's name: an account's own is named for it, for all accounts share the folder."""
    title = title_of(job.role)
    return title if job.scope == "machine" else f"{title} {account().rpartition(chr(92))[2]}"


def _file(job: Job) -> Path:
    return system() / "Tasks" / _name(job)


def _text(job: Job) -> str:
    """Return the task as Windows gives it back, else as it lies on the disk, nothing when there is none."""
    said = _ask("/query", "/tn", _name(job), "/xml").said
    return next((text for text in (said, _read(_file(job))) if "<Task" in text), "")


def _create(job: Job, text: str) -> None:
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "task.xml"
        file.write_text(text, encoding="utf-16")
        _schtasks("/create", "/tn", _name(job), "/xml", str(file), "/f")


def _read(file: Path) -> str:
    """Return the task as it lies on the disk, nothing when it is not there or not ours to read."""
    try:
        return decoded(file.read_bytes())
    except OSError:
        return ""


def _ask(*words: str) -> Ended:
    return run(("schtasks", *words))


def _schtasks(*words: str) -> None:
    """Tell the scheduler.

    Raises:
        NotAllowed: this account may not.
        Refused: it does not do it.
    """
    done = _ask(*words)
    if not done.code:
        return
    doing = f"schtasks {words[0]} does not do it ({done.sentence})"
    if "0x80070005" in done.said or "denied" in done.said.lower():
        raise NotAllowed(f"{doing}; open PowerShell with `Run as administrator` and try again")
    raise Refused(f"{doing}; run it as administrator, or choose --scope user")
