"""systemd units: their text, and what systemctl is told."""

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import standin
from homeport.errors import NotAllowed, Refused
from homeport.system import credentials, systemd
from homeport.system.method import Job
from homeport.system.systemd import STATE, Systemd, quoted, units

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")


def job(role="run", **more):
    given = {"program": ("/usr/bin/homeport",), "config": STATE / "homeport.yaml", "state": STATE, **more}
    return Job(role, **given)


def settings(text):
    """Return every `name=value` line of a unit."""
    return [line for line in text.splitlines() if "=" in line]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose units lie in a folder of the test, and whose systemctl writes down what it is told."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    there.program("systemctl", 'case "$*" in *show*) echo LoadState=loaded;; esac')
    there.program("loginctl")
    monkeypatch.setattr(systemd, "MACHINE", tmp_path / "units")
    return there


@pytest.mark.parametrize("role", ["run", "serve"])
def test_what_stays_is_started_again_for_ever_and_watched(role):
    """No number of failures makes systemd give up, and a loop that hangs is noticed."""
    [text] = units(job(role)).values()
    wanted = (
        "Type=notify",
        "Restart=always",
        "StartLimitIntervalSec=0",
        "WatchdogSec=300",
        "WantedBy=multi-user.target",
    )
    assert set(wanted) <= set(settings(text))
    assert f"ExecStart=/usr/bin/homeport {role} --config /var/lib/homeport/homeport.yaml" in text


def test_start_limit_stands_where_systemd_reads_it():
    """In [Service] it would be ignored by every systemd since 230."""
    [text] = units(job()).values()
    assert "StartLimitIntervalSec=0" in text.partition("[Service]")[0]


def test_the_right_to_low_ports_is_given_only_where_it_is_needed():
    """An agent has no capability at all; a server whose gateway listens on port 443 has that one."""
    [plain], [low] = units(job()).values(), units(job("serve", binds_low=True)).values()
    assert "CapabilityBoundingSet=\n" in plain
    assert "PrivateUsers=yes" in plain
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE\n" in low
    assert "PrivateUsers" not in low


DNS = job("serve", dns=(("192.0.2.1", 53), ("::", 53)))


def test_systemd_listens_on_port_53():
    """Over UDP and TCP, told which address was asked, for ever; and the server has no right of its own to it."""
    made = units(DNS)
    service, opener = made["homeport-server.service"], made["homeport-server.socket"]
    listens = [line for line in settings(opener) if line.startswith("Listen")]
    assert listens == [
        "ListenDatagram=192.0.2.1:53",
        "ListenStream=192.0.2.1:53",
        "ListenDatagram=[::]:53",
        "ListenStream=[::]:53",
    ]
    assert {
        "PassPacketInfo=yes",
        "BindIPv6Only=ipv6-only",
        "FreeBind=yes",
        "TriggerLimitIntervalSec=0",
        "WantedBy=sockets.target",
    } <= set(settings(opener))
    assert {"CapabilityBoundingSet=", "PrivateUsers=yes"} <= set(settings(service))
    assert "Wants=network-online.target homeport-server.socket" in settings(service)
    assert "homeport-server.socket" not in units(replace(DNS, scope="user"))


def test_a_port_that_another_program_has_is_opened_by_the_server(machine, tmp_path):
    """Of a wildcard systemd takes all addresses or none, beside systemd-resolved therefore none."""
    with socket.socket() as other:
        other.bind(("127.0.0.53", 0))
        other.listen()
        wild = job("serve", dns=(("0.0.0.0", other.getsockname()[1]),))
        [text] = Systemd().render(wild).values()
        assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in text
        (tmp_path / "units").mkdir()
        (tmp_path / "units" / "homeport-server.socket").touch()
        assert len(Systemd().render(wild)) == 2, "it is systemd's own by now"
        (tmp_path / "units" / "homeport-server.socket").unlink()
    assert len(Systemd().render(wild)) == 2


def test_a_socket_is_installed_enabled_stopped_first_and_removed(machine, tmp_path):
    """A server that runs with sockets of its own is stopped, as systemd opens none beside them."""
    way = Systemd()
    way.install(DNS)
    way.start(DNS)
    way.restart(DNS)
    way.stop(DNS)
    told = [line.removeprefix("--no-pager ") for line in machine.heard("systemctl") if " show " not in line]
    service, opener = "homeport-server.service", "homeport-server.socket"
    assert [line for line in told if not line.startswith("reset-failed")] == [
        "daemon-reload",
        f"enable {service} {opener}",
        f"stop {service}",
        f"start {opener}",
        f"start {service}",
        f"restart {service}",
        f"stop {opener}",
        f"stop {service}",
    ]
    found = way.standing(DNS)
    assert any("does not listen" in note for note in found.notes)
    assert str(tmp_path / "units" / opener) in found.places
    way.install(job("serve"))
    assert [place.name for place in (tmp_path / "units").iterdir()] == [service]
    assert f"--no-pager disable --now {opener}" in machine.heard("systemctl")


def test_a_socket_that_was_not_there_is_taken_away_again(machine, tmp_path):
    """When what was installed before is put back."""
    way = Systemd()
    way.install(job("serve"))
    kept = way.keep(DNS)
    way.install(DNS)
    way.put_back(DNS, kept)
    assert [place.name for place in (tmp_path / "units").iterdir()] == ["homeport-server.service"]
    assert "--no-pager disable --now homeport-server.socket" in machine.heard("systemctl")


def test_agent_and_server_share_account_and_folder():
    """Administration by root finds one state folder, whichever of them made it."""
    texts = [text for role in ("run", "serve") for text in units(job(role)).values()]
    for text in texts:
        assert {"User=homeport", "DynamicUser=yes", "StateDirectory=homeport"} <= set(settings(text))


def test_once_is_a_timer():
    """The service has no place in the boot; the timer has."""
    made = units(job("once", every=600))
    service, timer = made["homeport-once.service"], made["homeport-once.timer"]
    assert "Type=oneshot" in service
    assert "[Install]" not in service
    assert {"OnBootSec=30", "OnUnitActiveSec=600", "Persistent=yes", "WantedBy=timers.target"} <= set(
        settings(timer)
    )


def test_an_accounts_own_unit_asks_for_nothing_its_manager_cannot_do():
    """A user manager makes no accounts and has no state folder of the machine."""
    [text] = units(job(scope="user")).values()
    assert "DynamicUser" not in text
    assert "ProtectSystem" not in text
    assert "WantedBy=default.target" in text


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["/opt/my programs/homeport", "run"], '"/opt/my programs/homeport" run'),
        (["/opt/100%/h", "$HOME"], "/opt/100%%/h $$HOME"),
        (['a"b', "c\\d", ""], '"a\\"b" "c\\\\d" ""'),
    ],
)
def test_a_command_means_itself(words, wanted):
    """Blanks, percents, dollars and quotes are plain characters of a path."""
    assert quoted(words) == wanted


def test_an_interpreter_at_home_is_not_hidden():
    """A virtual environment in /opt whose Python lies below /home needs both."""
    [there], [here] = units(job(parts=(Path("/home/ana/python3"),))).values(), units(job()).values()
    assert "ProtectHome=read-only" in there
    assert "ProtectHome=yes" in here


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives a folder away")
def test_a_program_in_a_closed_home_runs_as_its_owner(tmp_path, monkeypatch):
    """An account of its own could not enter; root's home is refused with the way out."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setattr(Path, "parents", property(lambda _: [home]))
    with pytest.raises(Refused, match=r"only root may enter.*PIPX_HOME=/opt"):
        systemd.account(job(program=(str(home / "homeport"),)))
    os.chown(home, 1, 1)
    assert systemd.account(job(program=(str(home / "homeport"),))) == "daemon"


def test_installing_writes_enables_and_removing_leaves_nothing(machine, tmp_path):
    """The unit lies there, systemd has read it and enabled it; afterwards it is as before."""
    way = Systemd()
    for _ in range(2):
        way.install(job())
    assert (tmp_path / "units" / "homeport.service").exists()
    assert machine.heard("systemctl")[:2] == [
        "--no-pager daemon-reload",
        "--no-pager enable homeport.service",
    ]
    way.uninstall(job())
    way.uninstall(job())
    assert list((tmp_path / "units").iterdir()) == []
    assert "--no-pager disable --now homeport.service" in machine.heard("systemctl")


def test_what_systemd_does_not_take_is_undone(machine, tmp_path):
    """Its own words are told and no unit is left."""
    machine.program("systemctl", 'case "$*" in *enable*) echo Access denied >&2; exit 1;; esac')
    with pytest.raises(NotAllowed, match="Access denied"):
        Systemd().install(job())
    assert list((tmp_path / "units").iterdir()) == []


def test_standing_says_what_systemd_says(machine):
    """Enabled, running, whose account, with which command, and how often it was started again."""
    machine.program(
        "systemctl",
        """cat <<'X'
LoadState=loaded
ActiveState=active
UnitFileState=enabled
User=homeport
FragmentPath=/etc/systemd/system/homeport.service
ExecStart={ path=/usr/bin/homeport ; argv[]=/usr/bin/homeport run --config /var/lib/homeport/homeport.yaml ; ignore_errors=no ; }
ExecMainStatus=0
ExecMainExitTimestampMonotonic=0
NRestarts=3
X""",
    )
    found = Systemd().standing(job())
    assert (found.is_installed, found.is_enabled, found.is_running, found.account) == (
        True,
        True,
        True,
        "homeport",
    )
    assert found.command == "/usr/bin/homeport run --config /var/lib/homeport/homeport.yaml"
    assert found.last_exit is None
    assert found.places == ["/etc/systemd/system/homeport.service"]
    assert "again 3 times" in found.notes[0]


def test_what_systemd_does_not_know_is_not_installed(machine):
    """And nothing is missed."""
    machine.program("systemctl", "echo LoadState=not-found")
    assert not Systemd().standing(job()).is_installed


def test_files_with_secrets_are_read_by_systemd(machine, tmp_path):
    """By a version that does it, and for an account that could not; what stands there says which."""
    secret = Path("/etc/100% mine/token")
    mine = job(secrets=(secret,))
    line = f"LoadCredential={credentials.name(secret)}:/etc/100%% mine/token"
    for version, is_there in (("systemd 252 (252.38)", True), ("systemd 239", False), ("", False)):
        machine.program("systemctl", f'case "$*" in --version) echo "{version}";; esac')
        [text] = Systemd().render(mine).values()
        assert (line in text.splitlines()) is is_there
    [text] = units(replace(mine, scope="user")).values()
    assert "LoadCredential" not in text
    (tmp_path / "unit").write_text(next(iter(units(mine).values())))
    machine.program("systemctl", f'echo LoadState=loaded; echo "FragmentPath={tmp_path}/unit"')
    assert Systemd().standing(mine).handed == [str(secret)]
