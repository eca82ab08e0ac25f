"""Which way of being started is the best for this machine, and why; each way is loaded only when it is asked for."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from homeport.errors import ConfigInvalid, NotAllowed
from homeport.system.method import Method, Role, Scope

MODULES = {
    "windows-service": "windows.service",
    "task-scheduler": "windows.task",
    "registry": "windows.registry",
    "nssm": "windows.nssm",
    "systemd": "systemd",
    "launchd": "launchd",
    "openrc": "openrc",
    "procd": "procd",
    "cron": "cron",
}
"""Where each way lies below `homeport.system`: the class of that module whose `kind` it is."""

KINDS = tuple(MODULES)
_ORDER = {
    "win32": ("windows-service", "task-scheduler", "registry"),
    "darwin": ("launchd", "cron"),
    "linux": ("systemd", "openrc", "procd", "cron"),
}  # the best first; nssm only when it is asked for, for it does nothing that the service does not
_OTHERS = ("cron",)  # the BSDs
_ON_REQUEST = {"win32": ("nssm",)}
_STAYS_NOT = frozenset({"windows-service", "registry", "openrc", "procd"})
"""Ways that keep a program running and start none every so often."""

REASONS = {
    "windows-service": "it starts before anybody logs in and again when it fails, and has least rights",
    "task-scheduler": "it starts with Windows or at log-on, and again when it fails",
    "registry": "it needs no administrator; it starts when you log on",
    "nssm": "it was asked for",
    "systemd": "it starts it with the machine, again when it fails or hangs, and shuts everything else away",
    "launchd": "it is how macOS starts programs, and starts it again when it ends",
    "openrc": "it is how this machine starts programs, and watches over it",
    "procd": "it is how OpenWrt starts programs, and starts it again when it ends",
    "cron": "nothing better is here; it starts with the machine, and again within five minutes",
}

LACKS = {
    "task-scheduler": "it waits until you log on, and ends when you log off; as administrator it is a service",
    "registry": "it waits until you log on, and nothing starts it again when it ends; as administrator it is a service",
}
"""What is missing where it is installed for one account alone."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A way that can be used here.

    Attributes:
        reason: a clause that says what speaks for it.
    """

    kind: str
    scope: Scope
    reason: str


def load(kind: str) -> Method:
    """Return a way of being started; only its module is imported.

    Raises:
        ConfigInvalid: there is none of that name.
    """
    if kind not in MODULES:
        near = difflib.get_close_matches(kind, MODULES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(KINDS)}"
        raise ConfigInvalid(f"there is no way of being started {kind!r}; {hint}")
    classes = vars(import_module(f"homeport.system.{MODULES[kind]}")).values()
    made: Method = next(found for found in classes if getattr(found, "kind", None) == kind)()
    return made


def kinds(platform: str = sys.platform) -> tuple[str, ...]:
    """Return the ways that this operating system may have, the best first."""
    return (*_ORDER.get(platform, _OTHERS), *_ON_REQUEST.get(platform, ()))


def best(
    role: Role,
    scope: Scope | None,
    why_not: Callable[[str, Scope], str | None],
    platform: str = sys.platform,
) -> Choice:
    """Return the best way that can be used: for the whole machine if this account may, else for the account.

    Args:
        scope: only this one, or whichever is better.
        why_not: asks a way whether it can be used.

    Raises:
        NotAllowed: none can; the message gives every reason.
    """
    whys: dict[str, str] = {}
    for kind, each in _candidates(role, scope, platform):
        why = why_not(kind, each)
        if why is None:
            return Choice(kind, each, REASONS[kind])
        whys.setdefault(kind, why)
    raise NotAllowed(
        "nothing here starts it by itself: " + "; ".join(f"{k}: {why}" for k, why in whys.items())
    )


def _candidates(role: Role, scope: Scope | None, platform: str) -> Iterator[tuple[str, Scope]]:
    scopes: tuple[Scope, ...] = (scope,) if scope else ("machine", "user")
    for each in scopes:
        for kind in _ORDER.get(platform, _OTHERS):
            if role != "once" or kind not in _STAYS_NOT:
                yield kind, each
