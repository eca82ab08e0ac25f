"""A systemd unit: started with the machine, told dead or hung and started again, and shut away from everything else.

The machine's units share an account that systemd makes for them (`DynamicUser`), and the state folder
/var/lib/homeport, which it gives to that account, file and secrets included. An account's own units are the user
manager's, which may shut away less. Source: systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.timer(5).
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar

from homeport.errors import HomeportError, Refused
from homeport.system import credentials, programs
from homeport.system.files import is_open, snapshot
from homeport.system.method import FOR_EVERY_ACCOUNT, NOTHING, Job, Kept, Scope, Standing

NAMES = {"run": "homeport", "serve": "homeport-server", "once": "homeport-once"}
TITLES = {
    "run": "Homeport: keeps this machine's names pointing home",
    "serve": "Homeport: names for machines whose address changes",
    "once": "Homeport: one look at this machine's names",
}
ACCOUNT = "homeport"
MACHINE, STATE = Path("/etc/systemd/system"), Path("/var/lib/homeport")
IS_SYSTEMD = Path("/run/systemd/system")  # sd_booted(3)
WATCHDOG = 300  # seconds without a sign of life after which it is started anew
RESTART = 5  # seconds
LOADS_CREDENTIALS = 247  # the version from which on it does

ENCLOSED = """\
NoNewPrivileges=yes
CapabilityBoundingSet={capability}
AmbientCapabilities={capability}
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
{users}ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RemoveIPC=yes
DeviceAllow=
"""
ALWAYS = """\
UMask=0077
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
"""


class Systemd:
    """systemd, the machine's or an account's own."""

    kind: ClassVar[str] = "systemd"
    title: ClassVar[str] = "a systemd unit: starts with the machine, and again when it fails or hangs"

    def why_not(self, scope: Scope) -> str | None:
        if sys.platform != "linux" or not IS_SYSTEMD.is_dir():
            return "systemd does not run this machine; leave --method out to get what fits here"
        if scope == "machine":
            return None if os.geteuid() == 0 else "it takes root; run it with sudo, or choose --scope user"
        if programs.ask(["systemctl", "--user", "show-environment"]).status:
            return "this account has no systemd of its own just now; log in as it, or use sudo"
        return None

    def prepare(self, job: Job) -> Job:
        if job.scope == "user":
            return job
        return replace(job, config=STATE / job.config.name, state=STATE)

    def render(self, job: Job) -> Mapping[str, str]:
        fitting = _fitting(job)
        if fitting.secrets and not self.hands(job):
            fitting = replace(fitting, secrets=())
        return {str(_folder(job) / name): text for name, text in units(fitting, account(job)).items()}

    def install(self, job: Job) -> None:
        kept = self.keep(job)
        try:
            texts = self.render(job)
            self._drop(job, [name for name in names(job) if str(_folder(job) / name) not in texts])
            for place, text in texts.items():
                programs.write(Path(place), text)
            _systemctl(job, "daemon-reload")
            _systemctl(job, "enable", *self._enabled(job))
            self._make_room(job)
        except HomeportError:
            self.put_back(job, kept)
            raise
        if job.scope == "user":
            programs.ask(["loginctl", "enable-linger"])  # where it may not, `standing` says what that means

    def keep(self, job: Job) -> Kept:
        found = [snapshot(_folder(job) / name) for name in names(job)]
        if not any(found):
            return NOTHING
        state = self._properties(job, starts(job)).get("UnitFileState", "")
        return Kept({str(each.path): each for each in found}, state.startswith("enabled"))

    def put_back(self, job: Job, kept: Kept) -> None:
        if not kept:
            return self.uninstall(job)
        self._drop(job, [name for name in names(job) if not kept.parts.get(str(_folder(job) / name))])
        for each in kept.parts.values():
            each.put_back()
        _systemctl(job, "daemon-reload")
        if kept.is_enabled:
            return _systemctl(job, "enable", *self._enabled(job))
        programs.ask([*_words(job), "disable", starts(job)])  # of a masked unit systemd calls that an error
        return None

    def hands(self, job: Job) -> bool:
        """Tell whether systemd reads files with secrets for the job's account: since version 247, and for the machine."""
        return job.scope == "machine" and _version() >= LOADS_CREDENTIALS

    def reaches(self, job: Job, path: Path) -> bool:
        return job.scope == "user" or is_open(path)

    def uninstall(self, job: Job) -> None:
        self._drop(job, names(job))

    def start(self, job: Job) -> None:
        for name in reversed(self._there(job)[1:]):
            _systemctl(job, "start", name)
        self._run(job, "start")

    def restart(self, job: Job) -> None:
        """Stop it and start it again; what systemd listens on stays open, and what comes meanwhile waits there."""
        self._run(job, "restart")

    def _run(self, job: Job, word: str) -> None:
        programs.ask([*_words(job), "reset-failed", names(job)[0]])
        said = programs.ask([*_words(job), word, names(job)[0]])
        if said.status and job.stays:
            raise Refused(f"systemd could not start it: {' '.join(said.errors.split())}")

    def stop(self, job: Job) -> None:
        for name in reversed(names(job)):
            if self._properties(job, name).get("LoadState") == "loaded":
                _systemctl(job, "stop", name)

    def standing(self, job: Job) -> Standing:
        found, starter = self._properties(job, names(job)[0]), self._properties(job, starts(job))
        if found.get("LoadState") in {None, "", "not-found"}:
            return Standing(is_installed=False)
        has_run = found.get("ExecMainExitTimestampMonotonic", "0") not in {"", "0"}
        status = found.get("ExecMainStatus", "")
        return Standing(
            is_installed=True,
            is_enabled=starter.get("UnitFileState", "").startswith("enabled"),
            is_running=starter.get("ActiveState") in {"active", "activating", "reloading"},
            command=_command(found.get("ExecStart", "")),
            account=found.get("User", ""),
            last_exit=int(status) if has_run and status.isdecimal() else None,
            places=[place for place in (found.get("FragmentPath"), *map(str, self._beside(job))) if place],
            handed=_handed(found.get("FragmentPath", "")),
            notes=(*_notes(job, found), *self._deaf(job)),
        )

    def last_words(self, job: Job) -> list[str]:
        """Return what it said last."""
        which = "--unit" if job.scope == "machine" else "--user-unit"
        of = [word for name in names(job) for word in (which, name)]
        said = programs.ask(["journalctl", *of, "--lines=20", "--output=cat", "--no-pager"])
        return said.text.splitlines() if said.status == 0 else []

    def _there(self, job: Job) -> list[str]:
        return [name for name in names(job) if (_folder(job) / name).exists()]

    def _beside(self, job: Job) -> list[Path]:
        return [_folder(job) / name for name in self._there(job)[1:]]

    def _enabled(self, job: Job) -> list[str]:
        """Return what is enabled: everything but a service that a timer starts."""
        return self._there(job) if job.stays else [starts(job)]

    def _drop(self, job: Job, unwanted: Iterable[str]) -> None:
        """Stop units and remove them, those that start others first."""
        dropped = []
        for name in reversed([*unwanted]):
            if self._properties(job, name).get("LoadState") == "loaded":
                _systemctl(job, "disable", "--now", name)
            if (place := _folder(job) / name).exists():
                programs.remove(place)
                dropped.append(name)
        if dropped:
            _systemctl(job, "daemon-reload")
            programs.ask([*_words(job), "reset-failed", *reversed(dropped)])

    def _make_room(self, job: Job) -> None:
        """Stop a server that has opened for itself what systemd is to open from now on; that would be refused."""
        for place in self._beside(job):
            if place.suffix == ".socket" and self._properties(job, place.name).get("ActiveState") != "active":
                _systemctl(job, "stop", names(job)[0])

    def _deaf(self, job: Job) -> Iterable[str]:
        for place in self._beside(job):
            if place.suffix == ".socket" and self._properties(job, place.name).get("ActiveState") != "active":
                yield f"systemd does not listen for it; `systemctl status {place.name}` says why"

    def _properties(self, job: Job, name: str) -> dict[str, str]:
        said = programs.ask([*_words(job), "show", name])
        return dict(line.split("=", 1) for line in said.text.splitlines() if "=" in line)


def names(job: Job) -> list[str]:
    """Return the units that a job can have, the service first."""
    name = NAMES[job.role]
    beside = {"run": [], "serve": [f"{name}.socket"], "once": [f"{name}.timer"]}[job.role]
    return [f"{name}.service", *beside]


def starts(job: Job) -> str:
    """Return the unit whose being enabled starts a job."""
    return names(job)[0] if job.stays else names(job)[-1]


def units(job: Job, user: str = ACCOUNT) -> dict[str, str]:
    """Return the text of every unit, by name.

    Args:
        user: whom the machine's units run as: systemd's own for this, or somebody whose program it is.
    """
    found = {names(job)[0]: _service(job, user)}
    if not job.stays:
        found[names(job)[1]] = _timer(job)
    if job.dns and job.scope == "machine":
        found[names(job)[1]] = _socket(job)
    return found


def _fitting(job: Job) -> Job:
    """Return a job with ports that systemd listens on, or one that opens them itself where systemd could not.

    At a wildcard systemd takes all addresses or none; we take each. Where another program has one of them, as
    systemd-resolved has 127.0.0.53:53, the server has to have the right to it instead.
    """
    if not job.dns:
        return job
    is_there = (_folder(job) / names(job)[1]).exists()
    if job.scope == "machine" and (is_there or not any(map(_is_taken, job.dns))):
        return job
    return replace(job, dns=(), binds_low=True)


def _is_taken(listen: tuple[str, int]) -> bool:
    """Tell whether a wildcard cannot be had; who may not try takes it for that."""
    if not ip_address(listen[0]).is_unspecified:
        return False
    try:
        with socket.socket(socket.AF_INET6 if ":" in listen[0] else socket.AF_INET) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if ":" in listen[0]:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(listen)
    except OSError:
        return True
    return False


def account(job: Job) -> str:
    """Return the account of a machine's unit: one of its own, or whoever alone can reach the program.

    Raises:
        Refused: only root can.
    """
    closed = [place for part in _parts(job) for place in part.parents if _is_closed(place)]
    if job.scope == "user" or not closed:
        return ACCOUNT
    owner = closed[0].stat().st_uid
    if owner == 0:
        raise Refused(
            f"Homeport, or the Python that runs it, lies in {closed[0]}, which only root may enter; install it for every"
            f" account, with the system's Python (`{FOR_EVERY_ACCOUNT}`), or choose --method cron"
        )
    import pwd

    return pwd.getpwuid(owner).pw_name


def _parts(job: Job) -> tuple[Path, ...]:
    return (Path(job.program[0]), *job.parts)


def _is_closed(folder: Path) -> bool:
    return folder.exists() and not folder.stat().st_mode & 0o001


def quoted(words: Iterable[str]) -> str:
    """Return a command as ExecStart= takes it: specifiers and variables are plain characters."""
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"' if any(mark.isspace() or mark in "\"'\\;" for mark in plain) or not plain else plain


def _service(job: Job, user: str) -> str:
    return "\n".join(
        (
            _unit(job),
            "[Service]",
            _life(job),
            _account(job, user) + _credentials(job) + _enclosure(job, user),
            _installed(job),
        )
    )


def _unit(job: Job) -> str:
    lines = ["[Unit]", f"Description={TITLES[job.role]}"]
    opener = f" {names(job)[1]}" if job.dns else ""
    if job.scope == "machine":
        lines += [
            f"Wants=network-online.target{opener}",
            f"After=network.target network-online.target time-sync.target{opener}",
        ]
    if job.stays:
        lines.append("StartLimitIntervalSec=0")
    return "\n".join(lines) + "\n"


def _life(job: Job) -> str:
    environment = "".join(
        f"Environment={_quoted(f'{name}={value}')}\n" for name, value in job.environment.items()
    )
    if not job.stays:
        return f"Type=oneshot\nExecStart={quoted(job.command)}\nTimeoutStartSec=15min\n{environment}"
    return f"""\
Type=notify
NotifyAccess=main
ExecStart={quoted(job.command)}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec={RESTART}
WatchdogSec={WATCHDOG}
TimeoutStartSec=90
TimeoutStopSec=30
{environment}"""


def _account(job: Job, user: str) -> str:
    if job.scope == "user":
        return ""
    dynamic = "DynamicUser=yes\n" if user == ACCOUNT else ""
    return (
        f"User={user}\n{dynamic}StateDirectory=homeport\nStateDirectoryMode=0700\nWorkingDirectory={STATE}\n"
    )


def _credentials(job: Job) -> str:
    """Return what has systemd read files of secrets; specifiers are plain characters of a path."""
    handed = job.secrets if job.scope == "machine" else ()
    lines = (f"LoadCredential={credentials.name(path)}:{str(path).replace('%', '%%')}\n" for path in handed)
    return "".join(lines)


def _handed(unit: str) -> list[str]:
    """Return the files that a unit has systemd read, nothing when it cannot be read."""
    try:
        lines = Path(unit).read_text("utf-8").splitlines() if unit else []
    except (OSError, UnicodeError):
        return []
    told = [line.partition(":")[2] for line in lines if line.startswith("LoadCredential=")]
    return [path.replace("%%", "%") for path in told]


def _version() -> int:
    """Return systemd's version, 0 when it does not say."""
    words = programs.ask(["systemctl", "--version"]).text.split()[:2]
    return int(words[1]) if words[:1] == ["systemd"] and words[1].isdecimal() else 0


def _enclosure(job: Job, user: str) -> str:
    if job.scope == "user":
        return "NoNewPrivileges=yes\n" + ALWAYS
    capability = "CAP_NET_BIND_SERVICE" if job.binds_low else ""
    homes = ("/home", Path("~root").expanduser())
    is_at_home = user != ACCOUNT or any(part.is_relative_to(home) for part in _parts(job) for home in homes)
    return ALWAYS + ENCLOSED.format(
        capability=capability,
        users="" if job.binds_low else "PrivateUsers=yes\n",  # in users of its own it may bind nothing low
        home="read-only" if is_at_home else "yes",
    )


def _installed(job: Job) -> str:
    if not job.stays:
        return ""
    target = "multi-user.target" if job.scope == "machine" else "default.target"
    return f"[Install]\nWantedBy={target}\n"


def _timer(job: Job) -> str:
    return f"""\
[Unit]
Description={TITLES[job.role]}, every {job.every:.0f} s

[Timer]
OnBootSec=30
OnUnitActiveSec={job.every:.0f}
AccuracySec=1
Persistent=yes

[Install]
WantedBy=timers.target
"""


def _socket(job: Job) -> str:
    listens = "".join(
        f"ListenDatagram={where}\nListenStream={where}\n"
        for where in (f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in job.dns)
    )
    return f"""\
[Unit]
Description=Homeport: DNS is listened for while the server starts anew

[Socket]
{listens}BindIPv6Only=ipv6-only
FreeBind=yes
PassPacketInfo=yes
ReceiveBuffer=4M
Backlog=256
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
"""


def _folder(job: Job) -> Path:
    return MACHINE if job.scope == "machine" else Path("~/.config/systemd/user").expanduser()


def _words(job: Job) -> list[str]:
    return ["systemctl", "--no-pager", *(["--user"] if job.scope == "user" else [])]


def _systemctl(job: Job, *words: str) -> None:
    programs.tell([*_words(job), *words])


def _command(exec_start: str) -> str:
    """Return the command of `{ path=... ; argv[]=... ; ignore_errors=... }`."""
    return exec_start.partition("argv[]=")[2].partition(" ;")[0]


def _notes(job: Job, found: Mapping[str, str]) -> Iterable[str]:
    if (restarts := found.get("NRestarts", "0")) not in {"", "0"}:
        yield f"systemd started it again {restarts} times; `homeport logs` says why"
    if job.scope == "user":
        said = programs.ask(["loginctl", "show-user", str(os.getuid()), "--property=Linger"])
        if "yes" not in said.text:
            yield "it runs only while you are logged in; `sudo loginctl enable-linger $USER` changes that"
    if found.get("NeedDaemonReload") == "yes":
        yield "the unit was edited; `systemctl daemon-reload` makes it count"
    if found.get("LoadState") == "masked":
        yield "the unit is masked; `systemctl unmask` frees it"
