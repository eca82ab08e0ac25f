"""A Windows of Wine's, and what it takes so that its services live."""

import contextlib
import json
import os
import re
import shutil
import subprocess

from fakes.programs import PATIENCE

PIPES = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE) | {
    "stderr": subprocess.STDOUT
}  # Wine takes no other
LONGEST = 300.0  # seconds; NSSM is asked some fifty times in an installation, each time a program
WAYS = "tests/fakes/windows_ways.py"
EVENT = re.compile(r'(err|warn|trace):eventlog:ReportEventW L"(.*)"')  # its kind as Wine has it, and its text


@contextlib.contextmanager
def logged_on(env, errors=subprocess.STDOUT):
    """Keep somebody logged on for the block.

    Wine shuts Windows down, and every service with it, soon after its last program has ended. Without somebody, each
    command would boot a Windows of its own, and a service would be seen as far as it got by then. It is up when the
    block begins: what starts with Windows holds the output of the program that started it.

    Args:
        errors: a file for what Wine itself says of all that starts with Windows.
    """
    with subprocess.Popen(["wine", "cmd"], env=env, **PIPES | {"stderr": errors}) as somebody:
        somebody.stdout.readline()
        yield
        somebody.stdin.close()
        somebody.wait(PATIENCE)


class Machine:
    """A Windows machine with one account."""

    def __init__(self, windows, top):
        (wine, python), self.env = windows
        self.python = (wine, python)
        self.top = top
        self.drive = top / ".cache/windows/prefix/drive_c"
        self.folder = self.drive / "ProgramData/Homeport"
        self.tasks = self.drive / "windows/system32/tasks"
        self.said = top / ".cache/windows/said"

    @contextlib.contextmanager
    def running(self):
        """Let it run for the block, with nothing in the machine's folder; what runs on it ends with the block."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            with (
                self.said.open("w") as said,
                logged_on(self.env | {"WINEDEBUG": "-all,+eventlog"}, said),
            ):
                yield
        finally:
            subprocess.run(["wineserver", "-k"], env=self.env, check=False)

    def run(self, *words):
        """Run a program, and return what it said by its end: what it leaves running holds the pipe open."""
        with subprocess.Popen(["wine", *words], env=self.env, cwd=self.top, **PIPES) as process:
            process.stdin.close()
            process.wait(LONGEST)
            os.set_blocking(process.stdout.fileno(), False)
            return (process.stdout.read() or b"").decode("utf-8", "replace")

    def homeport(self, *words):
        return self.run(self.python[1], "-m", "homeport", *words)

    def way(self, kind, scope, file, *words, role="run"):
        """Return what one way of being started answers to each word."""
        said = self.run(self.python[1], str(self.top / WAYS), kind, scope, role, file, *words)
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]

    def log(self):
        found = [each.read_text("utf-8") for each in sorted(self.folder.glob("*.log"))]
        return "".join(found)

    def journal(self):
        """Return what services told the Event Log: Wine keeps none, and says on request what it is given."""
        return EVENT.findall(self.said.read_text("utf-8", "replace"))
