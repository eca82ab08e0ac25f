"""Being started by Windows: a service, a task, the Run key, or NSSM.

Every module imports everywhere: what is installed is text and structures, and only what calls Windows needs it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from homeport.system.method import Role

NAME = "homeport"  # of the service; Windows tells no capitals from small letters
TITLE = "Homeport"
ABOUT = "Keeps a name pointing home: notices when this machine's address changes, and publishes it."


def name_of(role: Role) -> str:
    """Return the service's name: the server has one of its own, so that a machine can have both."""
    return f"{NAME}-server" if role == "serve" else NAME


def title_of(role: Role) -> str:
    """Return the same for people: of the task, and of the value of the Run key."""
    return f"{TITLE} server" if role == "serve" else TITLE


def command_line(words: Sequence[str]) -> str:
    """Return the words as one line, as Windows and the C runtime take it apart again.

    The program is quoted even where it holds no space: an unquoted path with one lets Windows try the shorter
    paths first. Source: Microsoft Learn, `CreateProcessW`, "Security Remarks".
    """
    program, *rest = words
    return f'"{program}"' + (" " + subprocess.list2cmdline(rest) if rest else "")
