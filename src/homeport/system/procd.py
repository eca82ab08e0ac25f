"""A procd script: OpenWrt's way. Source: OpenWrt's documentation, "procd init scripts", and its /lib/functions.sh."""

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

ENABLED = Path("/etc/rc.d")
PROCD = Path("/sbin/procd")
START, STOP = 95, 10  # after the network (20) and the firewall (19); before they go
RESPAWN = (
    3600,
    5,
    0,
)  # seconds it must last to count as well, seconds until it is started again, 0: for ever


MAKE_ACCOUNT = """\
. /lib/functions.sh
user_exists "$1" || user_add "$1" "" "$(group_add_next "$1")" "$1" "$2" /bin/false
"""


class Procd(InitScript):
    """procd, OpenWrt's first process."""

    kind: ClassVar[str] = "procd"
    maker: ClassVar[str] = "procd"
    title: ClassVar[str] = "a procd service of OpenWrt: starts with the router, and again when it ends"

    def why_not(self, scope: Scope) -> str | None:
        if sys.platform != "linux" or not PROCD.exists():
            return "this is not OpenWrt; leave --method out to get what fits here"
        if scope == "user":
            return "procd's services are the machine's; leave --scope out"
        return None if os.geteuid() == 0 else "it takes root; log in as root"

    def script(self, job: Job) -> str:
        return script(job, self.account(job))

    def account(self, job: Job) -> str:
        return ACCOUNT if _own_account.may_run(job) and not job.needs_low else _own_account.ROOT

    def make_account(self, job: Job) -> None:
        programs.tell(["sh", "-c", MAKE_ACCOUNT, "sh", ACCOUNT, str(job.state)])

    def enable(self, job: Job) -> None:
        programs.tell([str(self.path(job)), "enable"])

    def disable(self, job: Job) -> None:
        for word in ("stop", "disable"):
            programs.ask([str(self.path(job)), word])

    def links(self, job: Job) -> list[Path]:
        return [ENABLED / f"{mark}{NAMES[job.role]}" for mark in (f"S{START}", f"K{STOP}")]

    def start(self, job: Job) -> None:
        programs.tell([str(self.path(job)), "start"])

    def stop(self, job: Job) -> None:
        if self.path(job).exists():
            programs.tell([str(self.path(job)), "stop"])

    def standing(self, job: Job) -> Standing:
        if not self.path(job).exists():
            return Standing(is_installed=False)
        told = parameters(self.path(job).read_text("utf-8"))
        account = told.get("user", [_own_account.ROOT])[0]
        return Standing(
            is_installed=True,
            is_enabled=programs.ask([str(self.path(job)), "enabled"]).status == 0,
            is_running=programs.ask([str(self.path(job)), "running"]).status == 0,
            command=shlex.join(told.get("command", [])),
            account=account,
            places=(str(self.path(job)), str(ENABLED / f"S{START}{NAMES[job.role]}")),
            notes=(AS_ROOT,) if account == _own_account.ROOT else (),
        )

    def last_words(self, job: Job) -> list[str]:
        """Return what it said last."""
        said = programs.ask(["logread", "-e", NAMES[job.role], "-l", "20"])
        return said.text.splitlines() if said.status == 0 else []


def parameters(text: str) -> dict[str, list[str]]:
    """Return what a script tells procd; what no shell could read is left out."""
    found = {}
    for line in text.splitlines():
        with suppress(ValueError):
            words = shlex.split(line, comments=True)
            if words[:1] == ["procd_set_param"] and words[2:]:
                found[words[1]] = words[2:]
    return found


def script(job: Job, account: str = ACCOUNT) -> str:
    """Return the service script."""
    user = "" if account == _own_account.ROOT else f"\tprocd_set_param user {account}\n"
    environment = " ".join(shlex.quote(f"{name}={value}") for name, value in job.environment.items())
    variables = f"\tprocd_set_param env {environment}\n" if environment else ""
    return f"""\
#!/bin/sh /etc/rc.common
# Written by `homeport service install`.

# shellcheck disable=SC2034
USE_PROCD=1
# shellcheck disable=SC2034
START={START}
# shellcheck disable=SC2034
STOP={STOP}

start_service() {{
	procd_open_instance {NAMES[job.role]}
	procd_set_param command {shlex.join(job.command)}
{variables}{user}	procd_set_param respawn {" ".join(map(str, RESPAWN))}
	procd_set_param stdout 1
	procd_set_param stderr 1
	procd_set_param term_timeout 30
	procd_close_instance
}}

reload_service() {{
	procd_send_signal {NAMES[job.role]} '*' HUP
}}
"""
