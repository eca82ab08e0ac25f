"""A whole machine, run by QEMU from what `tools/machine` made: commands in it, its reset button, its plug, its cables.

A disk of its own lies over the one that was made, so that every machine begins alike and the next finds nothing of it.
Commands go over a serial port to `fakes/machine_ear.py`, whatever the machine's first process is.

An emulated machine counts its time in instructions (`-icount`): it is as fast as a small computer by its own clock
however busy this one is, and between two commands time stands still. (`sleep=off` would let its waiting pass in a
moment; but then so does the time in which it waits for its disk, and what it starts is late by its own clock.) One
that KVM runs lives in real time.
"""

import contextlib
import fcntl
import hashlib
import inspect
import itertools
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.peers import TOP, peer
from homeport.config.paths import ENVIRONMENT

HOME = TOP / ".cache" / "machine"
PATIENCE = 240.0  # seconds; a bound for an emulated machine on a busy one, never what a test measures
SLOWER = 5  # an emulated machine's second lasts this long on a busy one, at most
MEMORY = 512  # MiB
EMULATED = ("-accel", "tcg", "-cpu", "Nehalem", "-icount", "shift=1")  # two ns for an instruction
GENUINE = ("-accel", "kvm", "-cpu", "host")
UP = "systemctl is-system-running"  # succeeds when everything that starts with the machine has started


@dataclass(frozen=True)
class Done:
    """How a command in the machine ended."""

    status: int
    out: str
    err: str


class Machine:
    """A machine that can be switched on and off; its disk outlives its power.

    Attributes:
        folder: where its disk, sockets and console log lie.
    """

    def __init__(self, folder, disk, state=None):
        self.folder, self.state = folder, state
        self._numbers = itertools.count(1)
        self._process = self._ear = self._qmp = None
        below = ("-F", disk.suffix.replace(".ext4", ".raw")[1:], "-b", disk)
        made = peer("qemu-img").run("create", "-q", "-f", "qcow2", *map(str, below), str(self.disk))
        assert made.returncode == 0, made.stderr

    @property
    def disk(self):
        return self.folder / "disk.qcow2"

    @property
    def console(self):
        """Return what kernel and system said on the console since it was switched on."""
        return (self.folder / "console").read_text(errors="replace")

    def start(self, *, clock="utc", root="rw", has_link=True):
        """Switch it on, and wait until its ear hears.

        Args:
            clock: what the battery-backed clock says, `2015-01-01T00:00:00` or `utc` for the right time.
            root: `ro` for a disk that may not be written.
            has_link: the network card's cable is plugged in.
        """
        qemu, share = peer("qemu-system-x86_64"), "usr/share"
        state = () if self.state is None else ("-incoming", f"exec:cat {self.state}")
        self.state = None  # it is in the middle of its life once
        how = GENUINE if (HOME / "accelerator").read_text() == "kvm" else EMULATED
        command = [
            *(*qemu.command, "-L", str(qemu.root / share / "qemu"), "-L", str(qemu.root / share / "seabios")),
            *("-M", "pc", *how, "-m", str(MEMORY)),
            *("-nodefaults", "-display", "none", "-serial", f"file:{self.folder / 'console'}"),
            *("-qmp", f"unix:{self.folder / 'qmp'},server=on,wait=off", "-rtc", f"base={clock},clock=vm"),
            *("-kernel", str(HOME / "kernel"), "-initrd", str(HOME / "initrd.img")),
            *(
                "-append",
                f"console=ttyS0 quiet panic=-1 mitigations=off nokaslr audit=0 apparmor=0 homeport.root={root}",
            ),
            *("-drive", f"file={self.disk},format=qcow2,if=virtio", "-device", "virtio-serial-pci"),
            *("-chardev", f"socket,id=ear,path={self.folder / 'ear'},server=on,wait=off"),
            *("-device", "virtserialport,chardev=ear,name=ear", "-device", "virtio-rng-pci"),
            *("-netdev", "user,id=wan,restrict=on", "-device", "virtio-net-pci,netdev=wan,id=card"),
            *state,
        ]
        for name in ("qmp", "ear"):
            (self.folder / name).unlink(missing_ok=True)
        with (self.folder / "qemu.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=qemu.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._qmp = self._connected("qmp")
        self._qmp_line()  # its greeting
        self.qmp("qmp_capabilities")
        if state:
            while self.qmp("query-status")["status"] == "inmigrate":
                time.sleep(0.02)  # noqa: TID251 -- the emulator has no word for it
        if not has_link:
            self.plug(is_in=False)
        self._ear = self._connected("ear")
        self.run("true", timeout=PATIENCE)

    def _connected(self, name):
        """Return a socket of the emulator's, which makes it a moment after it begins."""
        deadline = time.monotonic() + PATIENCE  # noqa: TID251 -- other processes do not run on a FakeClock
        while True:
            ear = socket.socket(socket.AF_UNIX)
            try:
                ear.connect(str(self.folder / name))
            except OSError:
                ear.close()
                is_late = time.monotonic() > deadline  # noqa: TID251 -- as above
                assert not is_late, self._why()
                assert self._process.poll() is None, self._why()
                time.sleep(0.02)  # noqa: TID251 -- as above
            else:
                return ear.makefile("rwb", buffering=0), ear

    def _why(self):
        return (self.folder / "qemu.log").read_text(errors="replace") + self.console[-3000:]

    def qmp(self, command, **arguments):
        """Tell the emulator something, and return its answer."""
        self._qmp[0].write(json.dumps({"execute": command, "arguments": arguments}).encode())
        while "return" not in (said := self._qmp_line()):
            assert "error" not in said, said
        return said["return"]

    def _qmp_line(self):
        return json.loads(self._qmp[0].readline())

    def run(self, *words, text="", timeout=PATIENCE, account=None, environment=None):
        """Run a command in the machine to its end, as root or another account."""
        if account:
            words = ("runuser", "-u", account, "--", *words)
        number = next(self._numbers)
        wanted = {
            "id": number,
            "words": [str(word) for word in words],
            "text": text,
            "timeout": timeout,
            "environment": environment or {},
        }
        stream, connection = self._ear
        connection.settimeout(PATIENCE + SLOWER * timeout)
        try:
            self.qmp("cont")
            stream.write(json.dumps(wanted).encode() + b"\n")
            while (answer := json.loads(stream.readline()))["id"] != number:
                pass  # of a command that was cut off by a reset
            self.qmp("stop")
        except (OSError, ValueError) as error:
            raise AssertionError(f"{' '.join(wanted['words'])}: {error}\n{self._why()}") from error
        return Done(answer["status"], answer["out"], answer["err"])

    def must(self, *words, **options):
        """Run a command that must succeed; return what it printed."""
        done = self.run(*words, **options)
        assert done.status == 0, f"{' '.join(map(str, words))}: {done.status}\n{done.out}{done.err}"
        return done.out

    def shell(self, script, **options):
        return self.must("sh", "-euc", script, **options)

    def write(self, path, text, mode=0o644):
        self.must("install", "-D", "-m", f"{mode:o}", "/dev/stdin", path, text=text)

    def until(self, script, within=PATIENCE):
        """Wait until a shell command succeeds in the machine, within so many of its seconds; return what it printed."""
        waiting = """
            script=$1 end=$(($(cut -d. -f1 /proc/uptime) + $2))
            until said=$(sh -c "$script" 2>&1); do
                [ "$(cut -d. -f1 /proc/uptime)" -lt "$end" ] || { echo "$said"; exit 1; }
                sleep 0.5
            done
            echo "$said"
        """
        done = self.run("sh", "-c", waiting, "sh", script, f"{within:.0f}", timeout=2 * within + 60)
        assert done.status == 0, f"it never came: {script}\n{done.out}{done.err}\n{self.console[-2000:]}"
        return done.out

    def plug(self, *, is_in):
        """Plug the network's cable in, or out."""
        self.qmp("set_link", name="card", up=is_in)

    def reset(self):
        """Press the reset button."""
        self.qmp("system_reset")
        self._hear_again()

    def reboot(self):
        """Have the system end everything and begin again."""
        self.run("sh", "-c", "(sleep 1; reboot) >/dev/null 2>&1 &")
        self.qmp("cont")
        while self._qmp_line().get("event") != "RESET":
            pass
        self._hear_again()

    def _hear_again(self):
        """Open the ear anew: what was said to the machine before is said to nobody."""
        self._close(self._ear)
        self._ear = self._connected("ear")
        self.run("true")

    def cut_power(self, **options):
        """Pull the plug, and switch it on again."""
        self.stop()
        self.start(**options)

    def stop(self):
        """Pull the plug."""
        if self._process:
            self._process.kill()
            self._process.wait()
            for each in (self._ear, self._qmp):
                self._close(each)
            self._process = self._ear = self._qmp = None

    def _close(self, end):
        if end:
            for each in end:
                each.close()

    def keep(self, state):
        """Write down what it is doing, for another to go on from; this one ends."""
        self.qmp("migrate", uri=f"exec:cat > {state}")
        while (said := self.qmp("query-migrate"))["status"] != "completed":
            assert said["status"] in {"setup", "active", "device"}, said
            time.sleep(0.05)  # noqa: TID251 -- the emulator has no word for it
        self.qmp("quit")
        self._process.wait()
        self.stop()


@dataclass(frozen=True)
class Kept:
    """A machine that was written down in the middle of its life: any number go on from there."""

    disk: Path
    state: Path

    @contextlib.contextmanager
    def again(self):
        """Run a machine from there for the block."""
        with tempfile.TemporaryDirectory(prefix="machine") as folder:
            machine = Machine(Path(folder), self.disk, self.state)
            try:
                machine.start()
                yield machine
            finally:
                machine.stop()


def keep(machine, folder):
    """Write a machine down; it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    machine.keep(folder / "state")
    shutil.move(machine.disk, folder / "disk.qcow2")
    return Kept(folder / "disk.qcow2", folder / "state")


def booted():
    """Return a machine that has come up; loud about being skipped where none can be had."""
    made = subprocess.run(
        [sys.executable, TOP / "tools" / "machine"], capture_output=True, text=True, check=False
    )
    if made.returncode:
        why = f"SKIPPED, NOT TESTED IN A MACHINE: {made.stderr.strip() or made.stdout.strip()}"
        if ENVIRONMENT.get("HOMEPORT_PEERS") == "required":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)
    disk = HOME / f"disk-{(HOME / 'disk.stamp').read_text()}" / "debian.ext4"
    how = hashlib.sha256(inspect.getsource(Machine.start).encode() + repr(EMULATED).encode()).hexdigest()
    folder = disk.with_name(f"booted-{how[:16]}")
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _boot(disk, folder)
    return Kept(folder / "disk.qcow2", folder / "state")


def _boot(disk, folder):
    """Switch one on for the first time, and write it down when all that starts with it is there."""
    with tempfile.TemporaryDirectory(prefix="machine") as first:
        machine = Machine(Path(first), disk)
        try:
            machine.start()
            machine.until(UP)
            machine.run("homeport", "--version")  # once, so that all that follow have it in memory
            fresh = folder.with_name(f"{folder.name}.new")
            keep(machine, fresh)
            fresh.rename(folder)
        finally:
            machine.stop()
