"""What every way of being started is given, and what it owes to the installation whose place another one takes."""

import json
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fakes import standin
from homeport.errors import HomeportError
from homeport.system import cron, launchd, openrc, procd, systemd
from homeport.system.lock import Lock
from homeport.system.method import NOTHING, Job
from homeport.system.windows import nssm, task
from homeport.system.windows._program import decoded


def job(role):
    return Job(role, ("/opt/homeport/bin/homeport",), Path("/etc/h.yaml"), Path("/var/lib/homeport"))


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        ("run", ["run", "--config", "/etc/h.yaml", "--no-web"]),
        ("serve", ["serve", "--config", "/etc/h.yaml"]),
        ("once", ["once", "--config", "/etc/h.yaml"]),
    ],
)
def test_the_command_names_its_file(role, wanted):
    """Nothing is left to be looked for in a working directory that nobody chose."""
    assert list(job(role).command) == ["/opt/homeport/bin/homeport", *wanted]


def test_once_does_not_stay():
    """It is started again every so often; the others are kept running."""
    assert [job(role).stays for role in ("run", "serve", "once")] == [True, True, False]


@dataclass
class Machine:
    """A machine with one way of being started.

    Attributes:
        look: shows everything that is installed there.
        refuse: lets the system refuse from now on.
        disable: switches off what is installed, as a person would.
    """

    way: Any
    look: Any
    refuse: Any
    disable: Any = None


def text(path):
    """Return a file's text and mode, a link's target, nothing where nothing is."""
    if path.is_symlink():
        return str(path.readlink())
    return (path.read_text(), path.stat().st_mode) if path.exists() else None


def of_systemd(folder, there, monkeypatch):
    links = folder / "wants"
    links.mkdir()
    said = f'test -e "{links}/on" && s=enabled || s=disabled; echo LoadState=loaded; echo UnitFileState=$s'
    words = f'case "$*" in *show*) {said};; *disable*) rm -f "{links}/on";; *enable*) {{}} touch "{links}/on";; esac'
    there.program("systemctl", words.format(""))
    monkeypatch.setattr(systemd, "MACHINE", folder / "units")
    monkeypatch.setattr(systemd, "account", lambda _: systemd.ACCOUNT)
    look = lambda: ([text(each) for each in sorted((folder / "units").glob("*"))], (links / "on").exists())  # noqa: E731 -- a look
    refuse = partial(
        there.program,
        "systemctl",
        words.format('test -e "$0.no" || { touch "$0.no"; echo no >&2; exit 1; };'),
    )
    return Machine(systemd.Systemd(), look, refuse, (links / "on").unlink)


def of_cron(folder, there, _monkeypatch):
    table = folder / "crontab"
    table.write_text("0 3 * * * /usr/local/bin/backup\n")
    there.program("crontab", f'case "$1" in -l) cat "{table}";; -) cat > "{table}";; esac')
    refuse = partial(
        there.program, "crontab", f'case "$1" in -l) cat "{table}";; -) echo no >&2; exit 1;; esac'
    )
    return Machine(cron.Cron(), table.read_text, refuse)


def of_openrc(folder, there, monkeypatch):
    link = folder / "runlevels/default/homeport"
    link.parent.mkdir(parents=True)
    words = f'case "$1" in add) {{}} ln -sf /etc/init.d/$2 "{link}";; del) rm -f "{link}";; esac'
    there.program("rc-update", words.format(""))
    there.program("rc-service")
    monkeypatch.setattr(openrc, "RUNLEVELS", folder / "runlevels")
    monkeypatch.setattr(openrc.OpenRc, "folder", folder / "init.d")
    refuse = partial(there.program, "rc-update", words.format("echo no >&2; exit 1;"))
    return Machine(
        openrc.OpenRc(), lambda: (text(folder / "init.d/homeport"), text(link)), refuse, link.unlink
    )


def of_procd(folder, there, monkeypatch):
    links = [folder / "rc.d/S95homeport", folder / "rc.d/K10homeport"]
    links[0].parent.mkdir()
    both = " ".join(f'"{link}"' for link in links)
    words = (
        f'case "$2" in enable) {{}} for l in {both}; do ln -sf ../init.d/homeport $l; done;;'
        f" disable) rm -f {both};; esac"
    )
    there.program("rc.common", words.format(""))
    plain = procd.script
    common = str(there.folder / "rc.common")
    monkeypatch.setattr(procd, "script", lambda *given: plain(*given).replace("/etc/rc.common", common))
    monkeypatch.setattr(procd, "ENABLED", folder / "rc.d")
    monkeypatch.setattr(procd.Procd, "folder", folder / "init.d")
    refuse = partial(there.program, "rc.common", words.format("echo no >&2; exit 1;"))
    look = lambda: [text(each) for each in (folder / "init.d/homeport", *links)]  # noqa: E731 -- a look
    return Machine(procd.Procd(), look, refuse, lambda: [link.unlink() for link in links])


def of_launchd(folder, there, monkeypatch):
    off = folder / "off"
    words = (
        f'case "$1" in print) exit 113;; disable) touch "{off}";; enable) {{}} rm -f "{off}";;'
        f' print-disabled) test -e "{off}" && echo \'"homeport.run" => disabled\';; esac; exit 0'
    )
    there.program("launchctl", words.format(""))
    monkeypatch.setattr(launchd, "DAEMONS", folder / "daemons")
    look = lambda: (text(folder / "daemons/homeport.run.plist"), off.exists())  # noqa: E731 -- a look
    no = 'test -e "$0.no" || { touch "$0.no"; echo no >&2; exit 1; };'
    return Machine(launchd.Launchd(), look, partial(there.program, "launchctl", words.format(no)), off.touch)


def of_task(folder, there, _monkeypatch):
    kept = folder / "kept.xml"
    words = (
        f'case "$1" in /create) {{}} cp "$5" "{kept}";; /query) test "$4" = /xml && cat "{kept}" 2>/dev/null;;'
        f' /delete) rm "{kept}";; esac; exit 0'
    )
    there.program("schtasks", words.format(""))
    there.program("icacls")
    look = lambda: kept.exists() and decoded(kept.read_bytes())  # noqa: E731 -- a look
    return Machine(
        task.ScheduledTask(), look, partial(there.program, "schtasks", words.format("echo no; exit 1;"))
    )


NSSM = """#!{python}
import json, pathlib, sys
kept = pathlib.Path({kept!r})
services = json.loads(kept.read_text()) if kept.exists() else {{}}
word, name, *rest = sys.argv[1:]
key = " ".join(rest[:2] if rest[:1] == ["AppExit"] else rest[:1])
if word == {fails!r} and rest[0] == "Start":
    sys.exit("no")
if word == "install":
    services[name] = {{"Application": rest[0], "ObjectName": "LocalSystem"}}
elif name not in services:
    sys.exit(3)
elif word == "set":
    services[name][key] = "\\n".join(rest[2:] if rest[0] == "AppExit" else rest[1:])
elif word == "reset":
    services[name].pop(key, None)
elif word == "get":
    print(services[name].get(key, ""))
elif word == "status":
    print("SERVICE_STOPPED")
elif word == "remove":
    del services[name]
kept.write_text(json.dumps(services))
"""


def of_nssm(folder, there, monkeypatch):
    kept = folder / "kept.json"
    monkeypatch.setattr(nssm, "_become", lambda *_: None)  # it asks Windows

    def program(fails=""):
        (there.folder / "nssm").write_text(NSSM.format(python=sys.executable, kept=str(kept), fails=fails))
        (there.folder / "nssm").chmod(0o755)

    def disable():
        services = json.loads(kept.read_text())
        services["homeport-nssm"]["Start"] = "SERVICE_DISABLED"
        kept.write_text(json.dumps(services))

    program()
    there.program("icacls")
    look = lambda: json.loads(kept.read_text()).get("homeport-nssm") if kept.exists() else None  # noqa: E731 -- a look
    return Machine(nssm.Nssm(), look, None, disable)  # half of what is set may be: NSSM has no one step


MACHINES = (of_systemd, of_cron, of_openrc, of_procd, of_launchd, of_task, of_nssm)
"""Every way but those of which Wine has the real one: tests/peers/test_windows_service.py."""


@pytest.fixture(params=MACHINES, ids=lambda made: made.__name__.removeprefix("of_"))
def machine(request, tmp_path, monkeypatch):
    if sys.platform == "win32":
        pytest.skip("the stand-ins are scripts")
    return request.param(tmp_path, standin.install(tmp_path / "bin", monkeypatch), monkeypatch)


@pytest.fixture
def mine(tmp_path):
    """A job whose program lies in a closed folder: no account has to be made for it."""
    state = tmp_path / "state"
    state.mkdir()
    return Job("run", (str(tmp_path / "homeport"),), state / "homeport.yaml", state, environment={"A": "b"})


def newer(job):
    return replace(job, program=(f"{job.program[0]}-of-tomorrow",), environment={})


def test_what_stood_comes_back(machine, mine):
    """Whatever another one wrote in its place, and removed there is nothing."""
    nothing = machine.look()
    assert not machine.way.keep(mine)
    machine.way.install(mine)
    before, kept = machine.look(), machine.way.keep(mine)
    assert kept
    machine.way.install(newer(mine))
    assert machine.look() != before
    machine.way.put_back(newer(mine), kept)
    assert machine.look() == before
    assert machine.way.keep(newer(mine)) == kept
    machine.way.put_back(newer(mine), NOTHING)
    assert machine.look() == nothing or not machine.look()
    assert not machine.way.keep(mine)


@pytest.mark.parametrize(
    "machine", [made for made in MACHINES if made not in {of_cron, of_task}], indirect=True
)  # cron has no such thing, and a task has it in its text
def test_what_was_switched_off_comes_back_switched_off(machine, mine):
    """Installing switches it on; a new one that fails must not have done that."""
    machine.way.install(mine)
    machine.disable()
    before, kept = machine.look(), machine.way.keep(mine)
    assert not kept.is_enabled
    machine.way.install(newer(mine))
    machine.way.put_back(mine, kept)
    assert machine.look() == before


@pytest.mark.parametrize("machine", [made for made in MACHINES if made is not of_nssm], indirect=True)
def test_what_the_system_refuses_takes_nobodys_place(machine, mine):
    """The words of the system are told, and what stood stands."""
    machine.way.install(mine)
    before = machine.look()
    machine.refuse()
    with pytest.raises(HomeportError, match="no"):
        machine.way.install(newer(mine))
    assert machine.look() == before


@pytest.mark.skipif(sys.platform == "win32", reason="there is no cron on Windows")
def test_putting_back_cron_s_lines_ends_nobody(tmp_path, monkeypatch, mine):
    """By then another way may have started it with the same database."""
    there = of_cron(tmp_path, standin.install(tmp_path / "bin", monkeypatch), monkeypatch)
    before = there.look()
    there.way.install(mine)
    with Lock(mine.state / "agent.db"):  # by this process, which a stop would end
        there.way.put_back(mine, NOTHING)
    assert there.look() == before


@pytest.mark.skipif(sys.platform == "win32", reason="there is no cron on Windows")
def test_cron_s_lines_come_back_as_somebody_edited_them(tmp_path, monkeypatch, mine):
    """And a block whose end somebody removed is whole again."""
    there = of_cron(tmp_path, standin.install(tmp_path / "bin", monkeypatch), monkeypatch)
    there.way.install(mine)
    edited = there.look().replace("*/5", "*/7")
    (tmp_path / "crontab").write_text(edited.replace("# homeport run: end\n", ""))
    kept = there.way.keep(mine)
    there.way.install(mine)
    there.way.put_back(mine, kept)
    assert there.look() == edited


@pytest.mark.skipif(sys.platform == "win32", reason="systemd is Linux's")
def test_a_masked_unit_comes_back_masked(tmp_path, monkeypatch, mine):
    """It is a link to nowhere, and somebody's will."""
    there = of_systemd(tmp_path, standin.install(tmp_path / "bin", monkeypatch), monkeypatch)
    (tmp_path / "units").mkdir()
    unit = tmp_path / "units/homeport.service"
    unit.symlink_to("/dev/null")
    kept = there.way.keep(mine)
    there.way.install(mine)
    assert not unit.is_symlink()
    there.way.put_back(mine, kept)
    assert unit.readlink() == Path("/dev/null")
