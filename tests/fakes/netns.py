"""A network of one's own: an empty network namespace of Linux, in which a test may do as it likes."""

import contextlib
import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

_CLONE_NEWNET = 0x40000000


@contextlib.contextmanager
def network_namespace():
    """Move this thread into a fresh namespace for the block; loud about being skipped without the right to."""
    if sys.platform != "linux":
        pytest.skip("SKIPPED, NOT TESTED: network namespaces are Linux's")
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open("rb") as home:
        if libc.unshare(_CLONE_NEWNET):
            pytest.skip(
                f"SKIPPED, NOT TESTED: a network namespace needs root: {os.strerror(ctypes.get_errno())}"
            )
        try:
            yield ip
        finally:
            if libc.setns(home.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "cannot go back to the network this test came from")


def ip(command: str) -> None:
    """Run `ip` with these arguments, in the namespace of this thread."""
    done = subprocess.run(["ip", *command.split()], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"ip {command}: {done.stderr}"


def wire(name: str = "wan0") -> None:
    """Add an interface with carrier; pulling `<name>p`, the other end, takes the carrier away."""
    ip(f"link add {name} type veth peer name {name}p")
    ip(f"link set {name}p up")
    ip(f"link set {name} up")
