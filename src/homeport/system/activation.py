"""Sockets that whoever started this program opened for it: they outlive it, so that a restart loses no question.

Source: sd_listen_fds(3). What a socket is for is told by the address that it is bound to; the names that systemd gives
are not needed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

from homeport.errors import Refused

FIRST = 3  # SD_LISTEN_FDS_START


def given(variable: Callable[[str], str | None], first: int = FIRST) -> list[socket.socket]:
    """Return the sockets that were opened for this process, none when none were; no child inherits them.

    Args:
        variable: returns one variable of the environment.

    Raises:
        Refused: one is no socket of the internet.
    """
    count = variable("LISTEN_FDS") or ""
    if variable("LISTEN_PID") != str(os.getpid()) or not (count.isascii() and count.isdecimal()):
        return []
    return [_socket(number) for number in range(first, first + int(count))]


def _socket(number: int) -> socket.socket:
    try:
        os.set_inheritable(number, False)
        found = socket.socket(fileno=number)
    except OSError as exc:
        raise Refused(
            f"LISTEN_FDS names file descriptor {number}, which is no socket: {exc.strerror}; look at the socket unit"
        ) from exc
    if found.family not in {socket.AF_INET, socket.AF_INET6}:
        name = found.getsockname()
        found.close()
        raise Refused(
            f"{name} was opened for this program, which listens on addresses with ports alone; "
            "take it out of the socket unit"
        )
    return found
