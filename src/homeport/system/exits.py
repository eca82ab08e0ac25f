"""What the exit code of a service says: ours, the shell's, systemd's and those of Windows."""

from __future__ import annotations

from typing import NamedTuple


class Meaning(NamedTuple):
    """Why it ended, and the way out."""

    text: str
    remedy: str


_LOOK = "look at what `homeport logs` says"
_OURS: dict[int, Meaning] = {
    1: Meaning("some records failed, or a fault of ours", _LOOK),
    2: Meaning(
        "the configuration cannot be honoured", "run `homeport config check` as the service's account"
    ),
    3: Meaning("no address was learned", "run `homeport detect`"),
    4: Meaning("the host refused the credentials, or the system this account", "run `homeport doctor` as it"),
    5: Meaning("nobody could be reached", "wait for the network, or look at the findings about it"),
}
_SHELL: dict[int, Meaning] = {
    126: Meaning("the program may not be executed", "let the account execute it"),
    127: Meaning("the program is not there", "install the service again"),
}
_SYSTEMD: dict[int, Meaning] = {
    200: Meaning("the working directory cannot be entered", "make it, or let the account enter it"),
    203: Meaning("the program cannot be executed", "install the service again: its path changed"),
    216: Meaning("the group is not known", "make the group, or correct the unit"),
    217: Meaning("the account is not known", "make the account, or correct the unit"),
    226: Meaning("the sandbox could not be set up", "make the folders that the unit names"),
    238: Meaning("the state folder could not be made", "look at the owner of /var/lib/homeport"),
    243: Meaning("the credentials could not be loaded", "put the file where the unit says it is"),
}
_WINDOWS: dict[int, Meaning] = {
    2: Meaning("the program or the configuration was not found", "install the service again"),
    3: Meaning("the path was not found", "install the service again"),
    5: Meaning("access was denied to the service's account", "let it read the program and the file"),
    1053: Meaning(
        "it did not answer the service manager in time", "start it by hand and look what it waits for"
    ),
    1067: Meaning("the process ended unexpectedly", _LOOK),
    1068: Meaning("a service that it depends on did not start", "start Tcpip and Dnscache"),
    1069: Meaning(
        "its account could not log on: a changed password, or no right to",
        'give the password anew, and the right "Log on as a service" (SeServiceLogonRight)',
    ),
    1072: Meaning("it is marked for deletion", "close the Services window, or restart Windows"),
    1326: Meaning("its account could not log on: the password is wrong", "give its password anew"),
    1385: Meaning(
        "its account lacks the right to log on as a service or a batch job",
        'give it "Log on as a service" (SeServiceLogonRight) or "as a batch job" in secpol.msc',
    ),
    0x800710E0: Meaning("the task was refused: a condition was not met", "look at its conditions"),
    0xC000013A: Meaning("it was ended by Ctrl-C or at log-off", "let it run whether logged on or not"),
    0xC0000135: Meaning("a DLL is missing", "install the program again"),
}
_NORMAL = {0x41300, 0x41301, 0x41303}  # ready, running, has not run yet
_HRESULT_OF_WIN32 = 0x80070000


def meaning(code: int, platform: str) -> Meaning:
    """Return what a code means.

    Args:
        platform: `nt` or `posix`: the same number means other things there.
    """
    if platform == "nt":
        return _windows(code & 0xFFFFFFFF)
    if code < 0 or 128 < code < 160:
        return _killed(-code if code < 0 else code - 128)
    return dict(known("posix")).get(code, Meaning(f"exit code {code}", _LOOK))


def known(platform: str) -> list[tuple[int, Meaning]]:
    """Return every code that has a meaning of its own, in order."""
    return sorted((_OURS | _WINDOWS if platform == "nt" else _SYSTEMD | _SHELL | _OURS).items())


def is_failure(code: int | None, platform: str) -> bool:
    """Tell whether a last run failed; the Task Scheduler has codes for what has not run yet, or runs."""
    return bool(code) and not (platform == "nt" and code in _NORMAL)


def _windows(code: int) -> Meaning:
    if code in _NORMAL:
        return Meaning("it is ready, and has not failed", "start it")
    meanings = dict(known("nt"))
    if code not in meanings and code & 0xFFFF0000 == _HRESULT_OF_WIN32:
        code &= 0xFFFF
    return meanings.get(code, Meaning(f"Windows calls it {code:#x}", f"`net helpmsg {code}` explains it"))


def _killed(signal: int) -> Meaning:
    if signal == 9:
        return Meaning("it was killed: by a person, or for want of memory", "look at the system's own log")
    return Meaning(f"signal {signal} ended it", _LOOK)
