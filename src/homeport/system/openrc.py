"""An OpenRC script: Alpine's and Gentoo's way, watched over by supervise-daemon.

Source: openrc-run(8), supervise-daemon(8).
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import ClassVar

from homeport.system import programs
from homeport.system._init_script import NAMES, InitScript
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
        return script(job)

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
        return Standing(
            is_installed=True,
            is_enabled=any(link.exists() for link in self.links(job)),
            is_running=programs.ask(["rc-service", NAMES[job.role], "status"]).status == 0,
            command=shlex.join(job.command),
            account="root",
            places=(str(self.path(job)),),
            notes=("OpenRC runs it as root; systemd would give it an account of its own",),
        )


def script(job: Job) -> str:
    """Return the service script."""
    program, *arguments = job.command
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in job.environment.items())
    return f"""\
#!/sbin/openrc-run
# Written by `homeport service install`.

name="Homeport"
description="Keeps names pointing home"
supervisor=supervise-daemon
command={shlex.quote(program)}
command_args={shlex.quote(shlex.join(arguments))}
directory={shlex.quote(str(job.state))}
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
