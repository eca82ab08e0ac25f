"""What happens when somebody double-clicks homeport.exe: no help that flashes by, but questions and a way on.

Everything is done by the commands that a person would type, with the file that counts on this machine.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import click

from homeport.cli import sentence_and_code
from homeport.errors import HomeportError
from homeport.system.windows._place import only_windows, why_not_machine

REFUSED = 4  # the exit code of a token that the host does not take

windows: Any = ctypes  # what only Windows has is looked up there when it is called


class Choice(NamedTuple):
    """A line of the menu, and the command behind it."""

    title: str
    words: tuple[str, ...]


CHOICES = (
    Choice("how it stands", ("status",)),
    Choice("update now", ("once",)),
    Choice("find what is wrong", ("doctor",)),
    Choice("the log", ("logs",)),
    Choice("keep it running after every restart", ("service", "install")),
    Choice("open the page in a browser", ("web", "open")),
)
"""In the order of the menu; the first is what most come for."""


def is_alone() -> bool:
    """Tell whether nobody typed a command: the console was made for this program, and goes when it ends."""
    if only_windows() or sys.__stdin__ is None or not sys.__stdin__.isatty():
        return False
    seen = (ctypes.c_ulong * 2)()
    return bool(windows.WinDLL("kernel32").GetConsoleProcessList(seen, 2) == 1)


def guide() -> None:
    """Lead from nothing to a published name that stays, or show how it stands; the window waits for Enter."""
    click.echo("Homeport keeps a name pointing home.\n")
    try:
        _lead()
    except (click.Abort, KeyboardInterrupt):  # the person wants to leave
        pass
    except Exception as error:  # noqa: BLE001 -- a window that closes over it would say nothing
        click.echo(sentence_and_code(error)[0])
    with suppress(click.Abort):
        click.prompt("\nPress Enter to close this window", default="", show_default=False, prompt_suffix="")


def _lead() -> None:
    path = _file()
    if path is None:
        _set_up(_new_file())
    elif not _taken_over(path):
        _menu(path)


def _file() -> Path | None:
    """Return the file that counts: of what Windows starts by itself, else the one that is found."""
    from homeport.config import paths

    return next(iter(_started()), None) or paths.find()


def _started() -> list[Path]:
    """Return the files of what this machine starts by itself."""
    from homeport.cli.service import installed

    return [one.job.config for one in installed(None, None, None)]


def _new_file() -> Path:
    """Return where the new file belongs: where every window looks, whichever folder the program lies in."""
    from homeport.config import paths

    return paths.Places().user_config() / paths.FILE


def _set_up(path: Path) -> None:
    """Ask, publish once, and have it kept running."""
    click.echo("Nothing is set up yet. A few questions first; Ctrl-C ends them, and nothing is written.\n")
    if not _interviewed(path, force=False):
        return
    while (code := _published(path)) == REFUSED:
        if not click.confirm("\nAnswer the questions again?", default=True) or not _interviewed(
            path, force=True
        ):
            break
    if code is None or not click.confirm("\nKeep it running after every restart?", default=True):
        click.echo(
            f"\nIt does not run by itself. `homeport run --config {path}` keeps the name while it runs."
        )
        return
    _keep(path)
    click.echo("\nThis is how it stands:\n")
    _call("service", "status")
    _call("status", "--config", str(_file() or path))


def _interviewed(path: Path, *, force: bool) -> bool:
    """Ask what `homeport init` asks; tell whether there is a file now."""
    from homeport.cli._interview import hold

    try:
        hold(path, force=force)
    except (HomeportError, BaseExceptionGroup) as error:
        click.echo(sentence_and_code(error)[0])
        return False
    return True


def _published(path: Path) -> int | None:
    """Show what would change, and do it if the person wants; return its exit code, `None` where it was not wanted."""
    click.echo("\nThis would change:\n")
    if code := _call("plan", "--config", str(path)):
        return code
    if not click.confirm("\nPublish it now?", default=True):
        return None
    return _call("once", "--config", str(path))


def _keep(path: Path) -> None:
    """Install what starts with Windows, as administrator where the person may; else for this account alone."""
    from homeport.cli.service import program
    from homeport.system.windows import elevate

    words = ("service", "install", "--config", str(path))
    if why_not_machine() is None:
        _call(*words)
        return
    click.echo(
        "Windows asks for an administrator now: only one may install what starts before anybody logs on.\n"
        "If you answer no, it can be installed for your account alone."
    )
    code = elevate.run(*elevate.held_open((*program(), *words)))
    if code == 0:
        return
    click.echo("Nobody allowed it." if code is None else "It could not be installed as administrator.")
    if click.confirm("Install it for your account alone, to start when you log on?", default=True):
        _call(*words, "--scope", "user")


def _taken_over(path: Path) -> bool:
    """Let a window of an administrator take over where only one may look; tell whether it did."""
    from homeport.cli.service import program
    from homeport.config import paths
    from homeport.system.windows import elevate

    if only_windows() or path.parent != paths.Places().machine_config() or why_not_machine() is None:
        return False
    click.echo("Homeport is a service of this computer; Windows asks for an administrator to look into it.")
    first, *rest = program()
    return elevate.run(first, subprocess.list2cmdline(rest)) is not None


def _menu(path: Path) -> None:
    """Show how it stands, and do what is chosen until the person leaves."""
    _call("status", "--config", str(path))
    while True:
        click.echo()
        for number, choice in enumerate(CHOICES, 1):
            click.echo(f"  {number}  {choice.title}")
        click.echo("  q  leave")
        answer = click.prompt(
            "\nYour choice", type=click.Choice([*map(str, range(1, len(CHOICES) + 1)), "q"])
        )
        if answer == "q":
            return
        chosen = CHOICES[int(answer) - 1]
        if chosen.words[0] == "service":
            _keep(path)
        else:
            _call(*chosen.words, "--config", str(path))


def _call(*words: str) -> int:
    """Run a command as if it was typed, its errors told in its own words; return its exit code."""
    from homeport.cli import main

    try:
        main(list(words), prog_name="homeport")
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
