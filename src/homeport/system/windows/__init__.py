"""Being started by Windows: a service, a task, the Run key, or NSSM.

Every module imports everywhere: what is installed is text and structures, and only what calls Windows needs it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

NAME = "homeport"  # of the service, the task and the value; Windows tells no capitals from small letters
TITLE = "Homeport"
ABOUT = "Keeps a name pointing home: notices when this machine's address changes, and publishes it."


def command_line(words: Sequence[str]) -> str:
    """Return the words as one line, as Windows and the C runtime take it apart again.

    The program is quoted even where it holds no space: an unquoted path with one lets Windows try the shorter
    paths first. Source: Microsoft Learn, `CreateProcessW`, "Security Remarks".
    """
    program, *rest = words
    return f'"{program}"' + (" " + subprocess.list2cmdline(rest) if rest else "")
