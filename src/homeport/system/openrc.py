"""An OpenRC script: Alpine's and Gentoo's way, watched over by supervise-daemon.

supervise-daemon is told its words by `eval`, so that a word which is more than one to a shell is quoted twice.
Source: openrc-run(8), supervise-daemon(8).
"""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from homeport.system import _own_account, programs
from homeport.system._init_script import ACCOUNT, AS_ROOT, NAMES, InitScript
from homeport.system.method import Job, Scope, Standing

IS_OPENRC = Path("/run/openrc")
RUNLEVELS = Path("/etc/runlevels")
RESPAWN = 5  # seconds


class OpenRc(InitScript):
    """OpenRC, which starts services for the whole machine alone."""

    kind: ClassVar[str] = "openrc"
    maker: ClassVar[str] = "OpenRC"
    title: ClassVar[str] = "an OpenRC service: starts with the machine, and again when it ends"

    def why_not(self, scope: Scope) -> str | None:
        if sys.platform != "linux" or not IS_OPENRC.is_dir():
            return "OpenRC does not run this machine; leave --method out to get what fits here"
        if scope == "user":
            return "OpenRC's services are the machine's; for one account choose --method cron"
        return None if os.geteuid() == 0 else "it takes root; run it with sudo or doas"

    def script(self, job: Job) -> str:
        return script(job, self.account(job))

    def account(self, job: Job) -> str:
        may_run = _own_account.may_run(job) and (not job.needs_low or _knows_capabilities())
        return ACCOUNT if may_run else _own_account.ROOT

    def make_account(self, job: Job) -> None:
        home = ["--home-dir", str(job.state), "--shell", "/sbin/nologin", ACCOUNT]
        if programs.find("useradd"):
            programs.tell(["useradd", "--system", "--user-group", "--no-create-home", *home])
            return
        programs.tell(["addgroup", "-S", ACCOUNT])
        programs.tell(
            ["adduser", "-S", "-D", "-H", "-h", str(job.state), "-s", "/sbin/nologin", "-G", ACCOUNT, ACCOUNT]
        )

    def enable(self, job: Job) -> None:
        programs.tell(["rc-update", "add", NAMES[job.role], "default"])

    def disable(self, job: Job) -> None:
        self.stop(job)
        programs.ask(["rc-update", "del", NAMES[job.role], "default"])

    def links(self, job: Job) -> list[Path]:
        return [level / NAMES[job.role] for level in sorted(RUNLEVELS.glob("*"))]

    def start(self, job: Job) -> None:
        programs.tell(["rc-service", NAMES[job.role], "start"])

    def stop(self, job: Job) -> None:
        programs.tell(["rc-service", "--ifexists", "--ifstarted", NAMES[job.role], "stop"])

    def standing(self, job: Job) -> Standing:
        if not self.path(job).exists():
            return Standing(is_installed=False)
        told = variables(self.path(job).read_text("utf-8"))
        account = told.get("command_user", _own_account.ROOT).partition(":")[0]
        return Standing(
            is_installed=True,
            is_enabled=any(link.exists() for link in self.links(job)),
            is_running=programs.ask(["rc-service", NAMES[job.role], "status"]).status == 0,
            command=" ".join(filter(None, (told.get("command"), told.get("command_args")))),
            account=account,
            places=(str(self.path(job)),),
            notes=(AS_ROOT,) if account == _own_account.ROOT else (),
        )


def variables(text: str) -> dict[str, str]:
    """Return the variables that a script sets, as a shell would have them; what no shell could read is left out."""
    found = {}
    for line in text.splitlines():
        name, is_set, _ = line.partition("=")
        if is_set and name.isidentifier():
            with suppress(ValueError):
                found[name] = " ".join(shlex.split(line, comments=True)).removeprefix(f"{name}=")
    return found


def _knows_capabilities() -> bool:
    """Tell whether supervise-daemon can give a right to an account; not every one was built so."""
    if programs.find("supervise-daemon") is None:
        return False
    said = programs.ask(["supervise-daemon", "--help"])
    return "--capabilities" in said.text + said.errors


def script(job: Job, account: str = ACCOUNT) -> str:
    """Return the service script."""
    program, *arguments = job.command
    rights = "" if account == _own_account.ROOT else f'command_user="{account}:{account}"\n'
    if rights and job.needs_low:
        rights += 'capabilities="^cap_net_bind_service"\n'
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in job.environment.items())
    return f"""\
#!/sbin/openrc-run
# Written by `homeport service install`.

name="Homeport"
description="Keeps names pointing home"
supervisor=supervise-daemon
command={shlex.quote(shlex.quote(program))}
command_args={shlex.quote(shlex.join(arguments))}
{rights}directory={shlex.quote(shlex.quote(str(job.state)))}
umask=0077
respawn_delay={RESPAWN}
respawn_max=0
extra_started_commands="reload"
{exports}
depend() {{
	use net dns logger
	after firewall ntp-client ntpd
}}

reload() {{
	ebegin "Reloading $name"
	supervise-daemon "$RC_SVCNAME" --signal HUP
	eend $?
}}
"""
