"""An ordinary account: a Python program run without root's right to write where the mode forbids it."""

import os
import shutil
import subprocess
import sys

import pytest

_RIGHTS = "-dac_override,-dac_read_search"


def ordinary(program: str, *arguments: str) -> str:
    """Run a program that imports what tests import, and return what it prints; loud about being skipped."""
    command = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{program}", *arguments]
    if sys.platform != "linux":
        pytest.skip("SKIPPED, NOT TESTED: rights are dropped as on Linux")
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("SKIPPED, NOT TESTED: root needs setpriv to drop its rights")
        command = ["setpriv", "--bounding-set", _RIGHTS, "--inh-caps", _RIGHTS, *command]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()
