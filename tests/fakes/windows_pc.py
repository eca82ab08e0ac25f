"""A new Windows of Wine's, as a person meets it: the package to install, consoles to type in, and a restart."""

import contextlib
import os
import re
import select
import shutil
import struct
import subprocess
import time
from pathlib import Path

from fakes.programs import PATIENCE
from fakes.wine import logged_on
from homeport.config.paths import ENVIRONMENT

TOP = Path(__file__).resolve().parents[2]
LENT = TOP / ".cache" / "windows" / "make" / "bcryptprimitives.dll"  # what Wine lacks, made by tools/windows
PROGRAM = r"C:\Program Files\Homeport\homeport.exe"
ROWS, COLUMNS = 50, 250
_BLANK = re.compile(rb"\x1b\[K\x1b\[1C")  # how Wine's console says a blank at the end of a line
_SKIP = re.compile(rb"\x1b\[(\d+)C")
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
_CONTROL = re.compile(rb"\x1b\[[?0-9;]*[A-Za-ln-z]")  # all but colours


class Console:
    """A console with one program in it, as it was started: nobody else shares it."""

    def __init__(self, words, env, folder, columns=COLUMNS):
        import fcntl
        import termios
        import tty

        mine, its = os.openpty()
        tty.setraw(its)  # Wine does so, too, but later than the first question
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("4H", ROWS, columns, 0, 0))
        streams = {"stdin": its, "stdout": its, "stderr": its}
        self.process = subprocess.Popen(words, env=env, cwd=folder, start_new_session=True, **streams)
        os.close(its)
        self._terminal = mine
        self._raw = b""
        self._read_to = 0

    @property
    def said(self):
        """Everything on it so far."""
        return shown(_COLOUR.sub(b"", self._raw))

    @property
    def coloured(self):
        """The same with what sets its colours."""
        return shown(self._raw)

    def expect(self, text):
        """Wait until this is said, after what was waited for before."""
        deadline = time.monotonic() + PATIENCE  # noqa: TID251 -- another process does not run on a FakeClock
        while (found := self.said.find(text, self._read_to)) < 0:
            assert self._hear(deadline), f"{text!r} was not said:\n{self.said}"
        self._read_to = found + len(text)

    def type(self, text):
        os.write(self._terminal, text.encode() + b"\r")

    def answer(self, question, text):
        self.expect(question)
        self.type(text)

    def ended(self):
        """Wait for the program's end; return its exit code."""
        deadline = time.monotonic() + PATIENCE  # noqa: TID251 -- as above
        while self._hear(deadline):
            pass
        os.close(self._terminal)
        return self.process.wait(PATIENCE)

    def _hear(self, deadline):
        """Take in what comes; tell whether there may be more."""
        left = deadline - time.monotonic()  # noqa: TID251 -- as above
        if left <= 0 or not select.select([self._terminal], [], [], left)[0]:
            return False
        try:
            heard = os.read(self._terminal, 65536)
        except OSError:  # EIO: nobody has the other end any more
            return False
        self._raw += heard
        return bool(heard)


def shown(raw):
    """Return what a console showed, without what moves its cursor."""
    text = _SKIP.sub(lambda found: b" " * int(found[1]), _BLANK.sub(b" ", raw))
    return _CONTROL.sub(b"", text).decode("utf-8", "replace").replace("\r", "")


class Computer:
    """A Windows computer.

    Attributes:
        drive: its C:.
        home: the folder in which a person's console opens.
    """

    def __init__(self, prefix):
        self.drive = prefix / "drive_c"
        self.home = self.drive / "users" / ENVIRONMENT.get("USER", "root")
        self.env = dict(ENVIRONMENT) | {
            "WINEPREFIX": str(prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
        }
        self._session = contextlib.ExitStack()

    def run(self, *words, check=True):
        """Run a program to its end, and return what it said; Wine takes no streams but pipes."""
        done = subprocess.run(
            ["wine", *words],
            env=self.env,
            cwd=self.home if self.home.exists() else None,
            input="",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=300,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout
        return done.stdout

    def typed(self, *words, columns=COLUMNS):
        """Type a command into a command prompt."""
        return Console(["wine", "cmd", "/c", *words], self.env, self.home, columns)

    def double_clicked(self, program=PROGRAM, columns=COLUMNS):
        """Start a program as Explorer does: in a console of its own."""
        return Console(["wine", program], self.env, self.home, columns)

    def switch_on(self):
        """Boot, with somebody logged on: Wine would soon shut down without."""
        self._session.enter_context(logged_on(self.env))
        self.home = next(path for path in (self.drive / "users").iterdir() if path.name != "Public")

    def switch_off(self):
        subprocess.run(["wineserver", "-k"], env=self.env, check=False)
        with contextlib.suppress(BrokenPipeError):
            self._session.close()
        subprocess.run(["wineserver", "-w"], env=self.env, check=False)

    def install(self, msi):
        self._msiexec("/i", msi)

    def remove(self, msi):
        self._msiexec("/x", msi)

    def _msiexec(self, verb, msi):
        self.run("msiexec", verb, "Z:" + str(msi).replace("/", "\\"), "/qn")

    @property
    def program(self):
        return self.drive / "Program Files" / "Homeport" / "homeport.exe"

    def in_start_menu(self):
        """Return our entries. For Windows they are for every account; Wine gives them to the one who installed."""
        return [path for path in self.drive.rglob("Homeport*.lnk") if "Start Menu" in path.parts]


@contextlib.contextmanager
def computer(prefix):
    """Set a new computer up for the block, and switch it on."""
    shutil.rmtree(prefix, ignore_errors=True)
    prefix.mkdir(parents=True)
    made = Computer(prefix)
    try:
        made.run("wineboot", "-i")
        shutil.copy(LENT, made.drive / "windows" / "system32")
        made.run("winecfg", "/v", "win10")
        made.switch_on()
        yield made
    finally:
        made.switch_off()
        shutil.rmtree(prefix, ignore_errors=True)
