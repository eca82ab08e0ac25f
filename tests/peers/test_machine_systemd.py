"""A real systemd in a real machine: installed, proven, killed, hung, cut off from power, and removed again.

Every test goes on from one machine in which a server and an agent were just installed by `homeport service install`;
the times in here are the machine's own.
"""

import json
import re
from pathlib import Path

import pytest

from fakes.machine import UP, booted, keep

pytestmark = pytest.mark.timeout(
    1800
)  # a whole machine on a busy one; the machine's own clock bounds what is asserted

costly = pytest.mark.soak  # an emulated machine's minutes: too many to spend on every change
HERE = str(Path("~root").expanduser())  # where commands are run in the machine, whose root lives as ours does
NAME = "nas.home.example.com"
EXPOSURE = 2.0  # of 10, at most
RESTART = 5  # seconds, as the unit says
WATCHDOG = 20  # seconds, instead of five minutes
SERVER = """\
server:
  zones: [{name: home.example.com}]
  gateway: {listen: "127.0.0.1:8053"}
  dns: {listen: "127.0.0.1:53"}
"""
AGENT = """\
agent:
  addresses: {wan: {detect: [{kind: interface}], allow_private: true}}
  records: [{name: nas.home.example.com, types: [A], address: wan, provider: ours}]
  providers: {ours: {kind: homeport, server: "http://127.0.0.1:8053", token: "file:token"}}
"""
OTHER_ADDRESS = (
    "[Match]\nName=e*\n\n[Network]\nAddress=10.0.2.77/24\nGateway=10.0.2.2\nLinkLocalAddressing=no\n"
)
KILLER = """
import os, random, signal, subprocess, sys, time
from pathlib import Path

def shown():
    said = subprocess.run(["systemctl", "show", "homeport", "-pMainPID", "-pActiveState"], capture_output=True, text=True)
    found = dict(line.split("=") for line in said.stdout.split())
    return int(found["MainPID"]), found["ActiveState"]

def agents():
    return [int(p.parent.name) for p in Path("/proc").glob("[0-9]*/cmdline") if b"homeport\\0run\\0" in read(p)]

def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""

chance = random.Random(1)
for _ in range(int(sys.argv[1])):
    time.sleep(chance.uniform(0, 3))
    pid, _ = shown()
    most = 0
    if pid:
        os.kill(pid, signal.SIGKILL)
    begun = time.monotonic()
    while True:
        there = agents()
        most = max(most, len(there))
        # to ask systemd costs an emulated processor more than to look: it is asked once there is another
        if any(each != pid for each in there):
            now, state = shown()
            if now not in (0, pid) and state == "active":
                break
        assert time.monotonic() - begun < 60, there
        time.sleep(0.2)
    print(time.monotonic() - begun, most, flush=True)
"""
OLD_CLOCK = """\
[Unit]
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
ExecStart=/bin/date --set=2015-01-01
"""
ONLINE = """\
[Service]
ExecStart=
ExecStart=/lib/systemd/systemd-networkd-wait-online --timeout=10
"""
WHOLE = """
import sqlite3, sys
for path in sys.argv[1:]:
    said = sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("PRAGMA integrity_check").fetchone()[0]
    assert said == "ok", (path, said)
"""


@pytest.fixture(scope="module")
def running():
    """A machine that has just come up."""
    return booted()


@pytest.fixture(scope="module")
def installed(running, tmp_path_factory):
    """A machine in which a server and an agent were just installed, and what that said."""
    with running.again() as machine:
        machine.write(f"{HERE}/homeport.yaml", SERVER)
        said = [machine.must("homeport", "service", "install")]
        machine.must("homeport", "host", "add", NAME)
        token = json.loads(machine.must("homeport", "token", "create", "--host", NAME, "--json"))
        machine.write(f"{HERE}/token", f"{token['id']}.{token['secret']}", 0o600)
        machine.write(f"{HERE}/homeport.yaml", SERVER + AGENT)
        said.append(machine.must("homeport", "service", "install"))
        published(machine, "10.0.2.15")
        yield keep(machine, tmp_path_factory.mktemp("installed")), said


@pytest.fixture
def machine(installed):
    with installed[0].again() as machine:
        yield machine


def published(machine, address):
    """Wait until our name server, asked as any program of the machine asks, says that the name is there."""
    machine.until(f"getent ahostsv4 {NAME} | grep -qx '{address} *STREAM.*'")


def shown(machine, *names, unit="homeport"):
    """Return properties of a unit."""
    said = machine.must("systemctl", "show", unit, *(f"--property={name}" for name in names))
    return dict(line.split("=", 1) for line in said.splitlines())


def nothing_is_installed(machine):
    """No unit, by file or in memory, no link to one, and no process."""
    for words in (("list-unit-files",), ("list-units", "--all")):
        said = machine.run("systemctl", *words, "--no-legend", "homeport*")
        assert (said.out, said.err) == ("", "")
    assert machine.must("find", "/etc/systemd", "/run/systemd/system", "-name", "*homeport*") == ""
    assert machine.run("pgrep", "-f", "homeport (run|serve)").status == 1


def ledger_is_whole(machine):
    folder = "/var/lib/private/homeport"
    machine.must("python3", "-c", WHOLE, f"{folder}/agent.db", f"{folder}/server.db")


def test_it_chooses_systemd_and_proves_it(installed, machine):
    """The way, its reason, the proof; then enabled, running, under an account of its own, and little exposed."""
    for said in installed[1]:
        assert "way: systemd, for the whole machine; it starts it with the machine, again" in said
        assert "proven: systemd started it, and it answers" in said
    for one in json.loads(machine.must("homeport", "service", "status", "--json")):
        assert (one["is_enabled"], one["is_running"], one["account"]) == (True, True, "homeport")
    for unit in ("homeport.service", "homeport-server.service"):
        said = machine.must("systemd-analyze", "security", "--no-pager", unit)
        assert float(re.findall(r"Overall exposure level for \S+: ([\d.]+)", said)[0]) <= EXPOSURE
        found = shown(machine, "StartLimitIntervalUSec", "MainPID", unit=unit)
        assert found["StartLimitIntervalUSec"] == "0"
        status = machine.must("cat", f"/proc/{found['MainPID']}/status")
        assert "\nUid:\t0\t" not in status
        assert "\nCapEff:\t0000000000000000" in status, "the port is systemd's, and the right to it too"
    ledger_is_whole(machine)


@costly
def test_it_is_stopped_started_and_says_so_in_the_journal(machine):
    """`homeport logs` has the journal's words; a restart is another process; stopped it stays stopped."""
    before = shown(machine, "MainPID")
    assert "homeport" in machine.must("homeport", "logs")
    machine.must("homeport", "service", "restart", "--role", "run")
    after = shown(machine, "MainPID", "ActiveState")
    assert after["ActiveState"] == "active"
    assert after["MainPID"] != before["MainPID"]
    machine.must("homeport", "service", "stop", "--role", "run")
    assert shown(machine, "ActiveState")["ActiveState"] == "inactive"
    assert machine.run("pgrep", "-f", "homeport run").status == 1
    machine.must("homeport", "service", "start", "--role", "run")
    assert shown(machine, "ActiveState")["ActiveState"] == "active"


def test_power_that_goes_and_comes_back(machine):
    """The plug is pulled; it is up again by itself, its ledger whole, and publishes the address of today."""
    machine.write("/etc/systemd/network/wan.network", OTHER_ADDRESS)
    machine.must("sync")
    machine.must("systemctl", "kill", "--signal=STOP", "homeport")  # nothing of the new address before
    machine.cut_power()
    machine.until(UP)
    published(machine, "10.0.2.77")
    ledger_is_whole(machine)
    assert "10.0.2.77" in machine.must("homeport", "status")


@costly
def test_an_agent_that_hangs_is_started_anew(machine):
    """Stopped in the middle, it gives no sign of life, and systemd ends it; asked to wait less than it would."""
    assert shown(machine, "WatchdogUSec")["WatchdogUSec"] == "5min"
    machine.write("/run/systemd/system/homeport.service.d/soon.conf", f"[Service]\nWatchdogSec={WATCHDOG}\n")
    machine.must("systemctl", "daemon-reload")
    machine.must("systemctl", "restart", "homeport")
    before = shown(machine, "MainPID")["MainPID"]
    machine.must("kill", "-STOP", before)
    machine.until(
        f"! test -e /proc/{before} && systemctl is-active homeport",
        within=WATCHDOG + 90 + RESTART + 5,  # a process that is stopped lets systemd's own abort wait, too
    )
    assert int(shown(machine, "NRestarts")["NRestarts"]) == 1


@pytest.mark.parametrize(
    "times",
    [
        20,
        pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(0)]),
    ],
)
def test_killed_at_random_moments(machine, times):
    """Up again within its own delay and five seconds, never two at once, and the ledger is whole."""
    lines = machine.must("python3", "-c", KILLER, times, timeout=times * 30).splitlines()
    assert len(lines) == times
    for line in lines:
        took, most = line.split()
        assert float(took) <= RESTART + 5, lines
        assert int(most) <= 1
    assert int(shown(machine, "NRestarts")["NRestarts"]) >= times * 0.8, "a kill before a start hits nobody"
    ledger_is_whole(machine)
    published(machine, "10.0.2.15")


def test_uninstalled_it_leaves_nothing_but_state(machine):
    """No unit, no socket, no process, no link; configuration and state stay."""
    said = machine.must("homeport", "service", "uninstall")
    assert said.count("removed: systemd") == 2
    nothing_is_installed(machine)
    machine.must("test", "-e", "/var/lib/homeport/homeport.yaml")
    assert machine.run("homeport", "service", "status").status == 1


@costly
def test_a_rehearsal_that_fails_is_undone(running):
    """Its port is taken: the installation says so, and no unit stays."""
    with running.again() as machine:
        machine.write(f"{HERE}/homeport.yaml", SERVER)
        machine.shell("cd /srv && systemd-run --unit taken python3 -m http.server --bind 127.0.0.1 8053")
        machine.until("python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 8053))'")
        done = machine.run("homeport", "service", "install")
        assert done.status not in {0, 1}
        assert "was removed again" in done.err
        assert "8053" in done.err
        nothing_is_installed(machine)


@costly
def test_the_doctor_finds_what_keeps_it_from_starting(machine):
    """Disabled, and its file shut away from its account: found, and mended."""
    machine.must("systemctl", "disable", "homeport.service")
    machine.shell("chown root: /var/lib/homeport/homeport.yaml; chmod 0 /var/lib/homeport/homeport.yaml")
    file = ("--config", "/var/lib/homeport/homeport.yaml")
    found = machine.run("homeport", "doctor", *file).out
    assert "systemd is installed and disabled: it would not start at the next boot" in found
    assert "which may not read /var/lib/homeport/homeport.yaml" in found
    machine.run("homeport", "doctor", "--fix", *file)
    again = machine.run("homeport", "doctor", *file).out
    assert "disabled" not in again
    assert "may not read" not in again
    machine.must("systemctl", "restart", "homeport")
    assert shown(machine, "UnitFileState", "ActiveState") == {
        "ActiveState": "active",
        "UnitFileState": "enabled",
    }


@costly
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"clock": "2015-01-01T00:00:00"}, id="clock of 2015"),
        pytest.param({"has_link": False}, id="no cable"),
    ],
)
def test_boot_in_trouble(machine, trouble):
    """It starts all the same, and when the cable is plugged in what is to be published is."""
    if "clock" in trouble:  # and systemd would put that forward to the day when it was built itself
        machine.write("/etc/systemd/system/old-clock.service", OLD_CLOCK)
        machine.must("systemctl", "add-wants", "sysinit.target", "old-clock.service")
    else:  # systemd gives a network two minutes before it lets anything start that is after network-online.target
        machine.write("/etc/systemd/system/systemd-networkd-wait-online.service.d/soon.conf", ONLINE)
    machine.must("systemctl", "kill", "--signal=KILL", "homeport")
    machine.must("sync")
    machine.cut_power(**trouble)
    machine.until("systemctl is-active homeport homeport-server")
    if "has_link" in trouble:
        # `ahostsv4` asks nobody as long as the machine has no address
        assert machine.must("getent", "hosts", NAME).startswith("10.0.2.15 "), "the last that was known"
        machine.plug(is_in=True)
    else:
        assert machine.must("date", "+%Y") == "2015\n"
    machine.until("homeport status | grep -q 10.0.2.15")
    published(machine, "10.0.2.15")
    assert shown(machine, "NRestarts")["NRestarts"] == "0"


@costly
def test_a_disk_that_is_read_only_at_boot_is_waited_for(machine):
    """Both say what they wait for, and are there again by themselves when the disk can be written.

    systemd shows a service its folder as it was at the start, so that it takes a start anew: five minutes at most.
    """
    machine.shell(  # systemd itself starts nothing with PrivateDevices= where it can write nothing in /tmp
        "cp /usr/share/systemd/tmp.mount /etc/systemd/system; systemctl enable tmp.mount; sync"
    )
    machine.cut_power(root="ro")
    for unit in ("homeport", "homeport-server"):
        machine.until(f"journalctl --quiet -b -u {unit} -o cat | grep 'takes a disk that is writable'")
    machine.must("mount", "-o", "remount,rw", "/")
    machine.until("systemctl is-active homeport homeport-server", within=600)
    published(machine, "10.0.2.15")
    ledger_is_whole(machine)
    assert "10.0.2.15" in machine.must("homeport", "status")


@costly
def test_dns_that_is_dead_at_boot_holds_up_nothing(machine):
    """The machine's name server does not answer; what needs no name of elsewhere is published all the same."""
    ours = machine.must("cat", "/etc/resolv.conf")
    machine.write("/etc/resolv.conf", "nameserver 10.0.2.99\n")
    machine.write("/etc/systemd/network/wan.network", OTHER_ADDRESS)
    machine.must("sync")
    machine.must("systemctl", "kill", "--signal=STOP", "homeport")
    machine.cut_power()
    machine.until("systemctl is-active homeport homeport-server")
    machine.write("/run/resolv.conf", ours)
    asked = f"mount --bind /run/resolv.conf /etc/resolv.conf; getent ahostsv4 {NAME} | grep -x '10.0.2.77 *STREAM.*'"
    machine.write("/run/asked", asked)
    machine.until("unshare --mount sh -e /run/asked")
    assert shown(machine, "NRestarts")["NRestarts"] == "0"


@costly
def test_an_accounts_own_timer_goes_on_after_a_reboot(running):
    """`once` as a timer of an account that lingers: it runs again and again, logged in or not."""
    own = {"account": "tester", "environment": {"HOME": "/home/tester", "XDG_RUNTIME_DIR": "/run/user/1000"}}
    runs = "journalctl --quiet -b -o cat USER_UNIT=homeport-once.service | grep -c '^Starting'"
    with running.again() as machine:
        machine.shell("chown -R tester: /home/tester; loginctl enable-linger tester")
        machine.until("test -S /run/user/1000/systemd/private")
        machine.write("/home/tester/homeport.yaml", AGENT)
        machine.write("/home/tester/token", "1.none", 0o644)
        said = machine.must(
            *("sh", "-c", "cd && homeport service install --role once --every 60"), **own, timeout=600
        )
        assert "way: systemd, for this account" in said
        machine.until(f"[ $({runs}) -ge 2 ]", within=200)
        machine.must("sync")
        machine.cut_power()
        machine.until(f"[ $({runs}) -ge 2 ]", within=200)
