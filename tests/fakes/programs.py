"""`homeport` itself, as a user starts it: processes of their own, waited for by what they say and not by time."""

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 180.0  # seconds; a bound for machines that are very busy, never what a test measures


@dataclass
class Folder:
    """A folder with a `homeport.yaml`, in which commands are run.

    Attributes:
        python: the interpreter that runs them.
    """

    path: Path
    env: dict | None = None
    python: tuple[str, ...] = (sys.executable,)

    def write(self, name, text):
        (self.path / name).write_text(text, encoding="utf-8")

    def run(self, *words, text=None, check=True):
        """Run one command to its end."""
        done = subprocess.run(
            [*self.python, "-m", "homeport", *words],
            cwd=self.path,
            env=self.env,
            input=text or "",
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(
                f"homeport {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    def json(self, *words, check=True):
        return json.loads(self.run(*words, "--json", check=check).stdout)

    @contextlib.contextmanager
    def running(self, *words, log):
        """Run a long-running command for the block; its JSON log goes to the file `log`."""
        process = subprocess.Popen(  # through pipes, for Wine gives Python no other standard streams
            [*self.python, "-m", "homeport", *words, "--log-format", "json", "--log-level", "debug"],
            cwd=self.path,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        (self.path / log).touch()
        copying = threading.Thread(target=self._copy, args=(process.stdout, log), daemon=True)
        copying.start()
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
            process.stdin.close()
            copying.join(PATIENCE)
        assert not copying.is_alive(), "another process still holds its output"

    def _copy(self, stream, log):
        """Write everything a program says to its log, as it says it."""
        with stream, (self.path / log).open("wb", buffering=0) as out:
            while said := stream.read1(65536):
                out.write(said)

    def events(self, log):
        """Return every event of a log, as far as it is written."""
        lines = (self.path / log).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def wait_for(self, log, event, **fields):
        """Wait until a log tells of an event with these fields, and return it."""

        def found():
            return next(
                (
                    each
                    for each in self.events(log)
                    if each["event"] == event
                    and all(each.get(name) == value for name, value in fields.items())
                ),
                None,
            )

        return wait_until(found, lambda: (self.path / log).read_text(encoding="utf-8"))


def command(*words):
    return [sys.executable, "-m", "homeport", *words]


def wait_until(found, explain=lambda: ""):
    """Return what `found()` returns once that is true."""
    deadline = time.monotonic() + PATIENCE  # noqa: TID251 -- other processes do not run on a FakeClock
    while not (value := found()):
        if time.monotonic() > deadline:  # noqa: TID251 -- as above
            raise AssertionError(f"it never came: {explain()}")
        time.sleep(0.005)  # noqa: TID251 -- as above
    return value


def quick_check(database):
    """Return what SQLite says of a database that nobody has open: `ok`, or what is broken."""
    with contextlib.closing(sqlite3.connect(database)) as opened:
        return opened.execute("PRAGMA quick_check").fetchone()[0]
