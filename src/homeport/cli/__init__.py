"""One command a file: parse words, call one function, print, choose an exit status.

A command's module is imported when the command is called, and listed once it is there.
"""

from __future__ import annotations

import contextlib
import keyword
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn

import click

from homeport import __version__
from homeport.errors import HomeportError

COMMANDS = (
    "demo",
    "init",
    "run",
    "once",
    "plan",
    "retry",
    "pause",
    "resume",
    "detect",
    "status",
    "history",
    "doctor",
    "web",
    "notify",
    "providers",
    "config",
    "logs",
    "import",
    "state",
    "secret",
    "service",
    "serve",
    "zone",
    "host",
    "token",
)
INTERRUPTED = 130
WHOLE = 1000  # characters, more than any sentence has


class Listing(click.Group):
    """A group whose help gives each command's first sentence whole, over several lines where it takes them."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, one.get_short_help_str(WHOLE)) for name, one in found if one and not one.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class Commands(Listing):
    """The commands there are, imported one by one, and the one place where errors become sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's
        return [name for name in COMMANDS if find_spec(f"{__name__}.{_in_python(name)}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        name = _in_python(cmd_name)
        found: click.Command = getattr(import_module(f"{__name__}.{name}"), name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            self._unknown(ctx, name)
        return super().resolve_command(ctx, args)

    def _unknown(self, ctx: click.Context, name: str) -> NoReturn:
        import difflib

        near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`homeport --help` lists them."
        raise click.UsageError(f"there is no command {name!r}; {hint}", ctx)

    def main(self, *args: Any, **extra: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(AttributeError):
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        if not args and not extra and len(sys.argv) == 1:
            from homeport.cli import _double_click

            if _double_click.is_alone():
                return _double_click.guide()
        return super().main(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except (HomeportError, BaseExceptionGroup) as error:
            found = _ours(error)
            if found is None or ctx.meta.get("homeport.log_level") == "debug":
                _show_traceback(ctx, error)
            click.echo(str(found) if found else _unexpected(error), err=True)
            ctx.exit(found.exit_code if found else 1)
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 -- told in a sentence, and whole at --log-level debug
            _show_traceback(ctx, error)
            click.echo(_unexpected(error), err=True)
            ctx.exit(1)


def _in_python(name: str) -> str:
    """Return what a command's module and function are called: a word of Python's own takes an underscore."""
    return f"{name}_" if keyword.iskeyword(name) else name


def _ours(error: BaseException) -> HomeportError | None:
    """Return the first error of ours, looking into the groups that tasks raise."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for inner in error.exceptions if (found := _ours(inner))), None)
    return error if isinstance(error, HomeportError) else None


def sentence_and_code(error: BaseException) -> tuple[str, int]:
    """Return what a command would say of an error, and what it would end with."""
    found = _ours(error)
    return (str(found), found.exit_code) if found else (_unexpected(error), 1)


def _unexpected(error: BaseException) -> str:
    """Name a fault of ours without its text, for that may quote anything."""
    name = type(error).__name__
    return (
        f"a fault in Homeport itself ({name}); run it again with --log-level debug and report what it prints"
    )


def _show_traceback(ctx: click.Context, error: BaseException) -> None:
    if ctx.meta.get("homeport.log_level") == "debug":
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="homeport")
def main() -> None:
    """Homeport keeps a name pointing home."""
