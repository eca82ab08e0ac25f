"""Whoever starts it, looked at."""

import sys
from pathlib import Path

import pytest

from fakes import standin
from fakes.patient import FakeWay, agent, findings, ids, patient
from homeport.doctor.mend import mend
from homeport.doctor.service import check, is_program, is_unquoted, words
from homeport.errors import NotAllowed, Refused
from homeport.system import cron, launchd, openrc, procd
from homeport.system.method import Job, Standing
from homeport.system.systemd import Systemd


def standing(path, **others):
    """Return how a sound installation stands, or what is otherwise of it."""
    command = f'"{sys.executable}" -m homeport run --config "{path / "homeport.yaml"}"'
    return Standing(
        **{"is_installed": True, "is_enabled": True, "is_running": True, "command": command, **others}
    )


async def looked(path, *ways, text=None):
    case = patient(path, text or agent(path), methods=ways)
    return await findings(check, case), case


async def test_nothing_installed(tmp_path):
    """It is no fault: somebody may start it himself."""
    found, case = await looked(tmp_path, FakeWay(Standing(is_installed=False)))
    assert ids(found) == ["service.none"]
    assert case.installed == ()


async def test_a_sound_installation(tmp_path):
    """It is told with its command, and kept for the checks that follow."""
    found, case = await looked(tmp_path, FakeWay(standing(tmp_path)))
    assert ids(found) == ["service.ok"]
    assert case.installed[0].job.role == "run"


@pytest.mark.parametrize(
    ("differently", "said", "mended"),
    [
        ({"is_enabled": False}, "service.disabled", "install"),
        ({"is_running": False}, "service.stopped", "start"),
        ({"command": "/gone/homeport run"}, "service.no_program", "install"),
        ({"command": r"C:\Program Files\Homeport\homeport.exe run"}, "service.unquoted", "install"),
    ],
)
async def test_what_can_be_mended(tmp_path, differently, said, mended):
    """Disabled, stopped, a path of yesterday, no quotes: installing or starting it again is the fix."""
    way = FakeWay(standing(tmp_path, **differently), "registry")
    found, _ = await looked(tmp_path, way)
    assert ids(found) == [said]
    assert mend(found)[0].startswith("mended: ")
    assert way.done[0][:2] == (mended, "run")


async def test_installing_anew_keeps_the_file_that_it_has(tmp_path):
    """Whichever file doctor looks at."""
    (tmp_path / "other.yaml").touch()
    command = f"/gone/homeport run --config {tmp_path / 'other.yaml'}"
    way = FakeWay(standing(tmp_path, command=command))
    found, _ = await looked(tmp_path, way)
    assert ids(found) == ["service.no_program", "service.other_file"]
    mend(found)
    assert way.done == [("install", "run", str(tmp_path / "other.yaml"))]


async def test_installing_anew_keeps_the_right_to_low_ports(tmp_path):
    """A server's file says whether it needs them."""
    dns = 'server:\n  zones: [{name: a.example, nameservers: [{name: ns.example.net}]}]\n  dns: {listen: "0.0.0.0:53"}\n'
    command = f"/gone/homeport serve --config {tmp_path / 'homeport.yaml'}"
    way = FakeWay(standing(tmp_path, command=command), role="serve")
    _, case = await looked(tmp_path, way, text=dns)
    assert case.installed[0].job.dns == (("0.0.0.0", 53),)
    assert not case.installed[0].job.binds_low


async def test_a_role_that_a_way_does_not_start(tmp_path):
    """The others are looked at all the same."""

    class Staying(FakeWay):
        def prepare(self, job):
            if job.role == "run":
                raise Refused("not here")
            return job

    found, _ = await looked(tmp_path, Staying(standing(tmp_path), role="serve"))
    assert ids(found) == ["service.ok"]


async def test_a_timer_is_not_installed_anew(tmp_path):
    """Nobody knows any more how often it was to start."""
    found, _ = await looked(tmp_path, FakeWay(standing(tmp_path, is_enabled=False), role="once"))
    assert ids(found) == ["service.disabled"]
    assert found[0].fix is None


async def test_a_task_has_its_program_apart(tmp_path):
    """Its path needs no quotes, so that none are missed."""
    way = FakeWay(standing(tmp_path, command=r"C:\Program Files\h.exe run"), "task-scheduler")
    assert "service.unquoted" not in ids((await looked(tmp_path, way))[0])


async def test_a_text_of_another_version(tmp_path):
    """It is worth a note, for a person may have changed it; one that is as it would be is not."""
    unit = tmp_path / "homeport.service"
    unit.write_text("of today")
    way = FakeWay(standing(tmp_path, places=(str(unit),)))
    way.texts = {str(unit): "of today"}
    assert ids((await looked(tmp_path, way))[0]) == ["service.ok"]
    unit.write_text("of yesterday")
    assert ids((await looked(tmp_path, way))[0]) == ["service.stale", "service.ok"]


async def test_the_end_of_what_does_not_stay(tmp_path):
    """A timer goes on while what it starts fails."""
    way = FakeWay(standing(tmp_path, last_exit=5), role="once")
    assert "service.ended" in ids((await looked(tmp_path, way))[0])


def test_a_program_whose_path_has_a_blank(tmp_path):
    """As systemd tells a command: without its quotes."""
    (tmp_path / "a b").touch()
    assert is_program([*f"{tmp_path}/a b".split(), "run"])
    assert not is_program(["/gone/homeport", "run"])


async def test_who_may_not_install_may_look(tmp_path):
    """A refusal of a way that cannot be used here anyway is not worth a word."""

    class Closed(FakeWay):
        def why_not(self, scope):
            return "it takes root"

    found, _ = await looked(tmp_path, Closed(standing(tmp_path, is_enabled=False)))
    assert ids(found) == ["service.disabled"]
    found, _ = await looked(tmp_path, Closed(NotAllowed("not for you")))
    assert ids(found) == ["service.none"]


async def test_two_at_once(tmp_path):
    """Two that would both start the agent are named; one that is disabled does not count."""
    both = FakeWay(standing(tmp_path)), FakeWay(standing(tmp_path), "cron")
    found, _ = await looked(tmp_path, *both)
    assert ids(found)[0] == "service.twice"
    assert "systemd, cron" in found[0].sentence
    off = FakeWay(standing(tmp_path, is_enabled=False), "cron")
    assert "service.twice" not in ids((await looked(tmp_path, both[0], off))[0])


async def test_one_is_not_taken_for_two(tmp_path):
    """A crontab is the machine's and the account's at once; a Windows service has one role, whichever is asked about."""

    class Crontab(FakeWay):
        def standing(self, job):
            return (
                standing(tmp_path, command=f"{sys.executable} {job.scope}", places=("crontab",))
                if job.role == "run"
                else Standing(is_installed=False)
            )

    class Service(FakeWay):
        def standing(self, job):
            return standing(tmp_path, places=("service",))

    for way in (Crontab(None), Service(None)):
        found, _ = await looked(tmp_path, way)
        assert ids(found) == ["service.ok"]


async def test_the_last_exit_code_is_explained(tmp_path):
    """In words, with the way out."""
    way = FakeWay(standing(tmp_path, is_running=False, last_exit=2))
    found, _ = await looked(tmp_path, way)
    assert ids(found) == ["service.stopped", "service.ended"]
    assert "the configuration cannot be honoured" in found[1].sentence
    assert "homeport config check" in found[1].remedy


async def test_the_file_it_names(tmp_path):
    """One that is not there is wrong; another one than was looked at is worth knowing."""
    gone = FakeWay(standing(tmp_path, command=f"{sys.executable} -m homeport run --config /gone.yaml"))
    assert "service.no_file" in ids((await looked(tmp_path, gone))[0])
    (tmp_path / "other.yaml").touch()
    command = f"{sys.executable} -m homeport run --config {tmp_path / 'other.yaml'}"
    assert ids((await looked(tmp_path, FakeWay(standing(tmp_path, command=command))))[0]) == [
        "service.other_file",
        "service.ok",
    ]


async def test_what_cannot_be_seen_is_told(tmp_path):
    """A service manager that refuses is no fault of the service."""
    found, _ = await looked(tmp_path, FakeWay(NotAllowed("only an administrator may ask")))
    assert ids(found) == ["service.unknown", "service.none"]


async def test_its_own_notes_are_told(tmp_path):
    """What a way knows of itself is handed on."""
    found, _ = await looked(tmp_path, FakeWay(standing(tmp_path, notes=("it starts at log-on only",))))
    assert found[0].sentence == "systemd: it starts at log-on only"


@pytest.mark.parametrize(
    ("command", "is_bad"),
    [
        (r"C:\Program Files\Homeport\homeport.exe run", True),
        (r'"C:\Program Files\Homeport\homeport.exe" run', False),
        (r"C:\Homeport\homeport.exe run --config C:\a b.yaml", False),
        ("/usr/bin/homeport run", False),
    ],
)
def test_quoting_as_windows_reads_it(command, is_bad):
    """A blank in the program's path needs quotes around it; the same of an argument is another matter."""
    assert is_unquoted(command) is is_bad


def test_words_of_each_system():
    """Backslashes are no escapes on Windows; a quote that is not closed is no command."""
    assert words(r'"C:\a b\h.exe" run', "win32") == [r"C:\a b\h.exe", "run"]
    assert words("'/a b/h' run", "linux") == ["/a b/h", "run"]
    assert words("'/a", "linux") == []


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
async def test_a_unit_as_systemd_tells_it(tmp_path, monkeypatch):
    """The real way, before a systemctl that tells of a unit that an upgrade broke."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    told = (
        "LoadState=loaded",
        "UnitFileState=disabled",
        "ActiveState=failed",
        "ExecStart={ path=/gone/homeport ; argv[]=/gone/homeport run --config /gone/homeport.yaml ; ignore_errors=no }",
        "User=homeport",
        "ExecMainExitTimestampMonotonic=5",
        "ExecMainStatus=203",
        "FragmentPath=/etc/systemd/system/homeport.service",
    )
    lines = "".join(f"echo '{line}';" for line in told)
    there.program(
        "systemctl",
        f'case "$*" in *--user*) echo LoadState=not-found;; *show*homeport.service*) {lines} ;; esac',
    )
    found, _ = await looked(tmp_path, Systemd())
    assert ids(found) == ["service.no_program", "service.no_file", "service.disabled", "service.ended"]
    assert "203: the program cannot be executed" in found[3].sentence


GONE = Job("run", ("/gone by now/homeport",), Path("/gone/homeport.yaml"), Path("/gone"))


def by_launchd(there, folder, monkeypatch):
    monkeypatch.setattr(launchd, "DAEMONS", folder)
    monkeypatch.setattr(launchd, "_log", lambda job: job.state / "log")
    there.program("launchctl", 'case "$1" in print) echo "	pid = 7";; esac')
    (folder / "homeport.run.plist").write_text(launchd.plist(GONE))
    return launchd.Launchd()


def by_openrc(there, folder, monkeypatch):
    monkeypatch.setattr(openrc.OpenRc, "folder", folder)
    monkeypatch.setattr(openrc, "RUNLEVELS", folder / "runlevels")
    there.program("rc-service")
    (folder / "homeport").write_text(openrc.script(GONE))
    (folder / "runlevels/default").mkdir(parents=True)
    (folder / "runlevels/default/homeport").touch()
    return openrc.OpenRc()


def by_procd(_there, folder, monkeypatch):
    monkeypatch.setattr(procd.Procd, "folder", folder)
    text = procd.script(GONE).replace("/etc/rc.common", "-c true")
    (folder / "homeport").write_text(text)
    (folder / "homeport").chmod(0o755)
    return procd.Procd()


def by_cron(there, folder, _monkeypatch):
    (folder / "crontab").write_text(cron.block(GONE))
    there.program("crontab", f'cat "{folder}/crontab"')
    return cron.Cron()


@pytest.mark.skipif(sys.platform == "win32", reason="these are Unix's")
@pytest.mark.parametrize("by", [by_launchd, by_openrc, by_procd, by_cron])
async def test_a_path_of_before_an_upgrade(tmp_path, monkeypatch, by):
    """Read from what lies there, by the real way, and not from what would be written today."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    (tmp_path / "etc").mkdir()
    way = by(there, tmp_path / "etc", monkeypatch)
    found, _ = await looked(tmp_path, way)
    told = {finding.said.id: finding.sentence for finding in found}
    assert "would start /gone by now/homeport, which is not there" in told["service.no_program"]
    assert "/gone/homeport.yaml" in told["service.no_file"]
