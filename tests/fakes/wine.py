"""A Windows of Wine's, and what it takes so that its services live."""

import contextlib
import subprocess

from fakes.programs import PATIENCE

PIPES = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE) | {
    "stderr": subprocess.STDOUT
}  # Wine takes no other


@contextlib.contextmanager
def logged_on(env):
    """Keep somebody logged on for the block.

    Wine shuts Windows down, and every service with it, soon after its last program has ended. Without somebody, each
    command would boot a Windows of its own, and a service would be seen as far as it got by then. It is up when the
    block begins: what starts with Windows holds the output of the program that started it.
    """
    with subprocess.Popen(["wine", "cmd"], env=env, **PIPES) as somebody:
        somebody.stdout.readline()
        yield
        somebody.stdin.close()
        somebody.wait(PATIENCE)
