"""The commands there are, imported one by one, and errors that are sentences with an exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

from homeport import cli, errors
from homeport.cli._options import logging_options


@pytest.fixture
def run(monkeypatch):
    """Run a command that raises what it is given."""

    def run(error, *words):
        @click.command()
        @logging_options
        def plan():
            """Raise."""
            raise error

        module = ModuleType("homeport.cli.plan")
        module.__spec__ = ModuleSpec("homeport.cli.plan", None)
        module.plan = plan
        monkeypatch.setitem(sys.modules, "homeport.cli.plan", module)
        return CliRunner().invoke(cli.main, ["plan", *words])

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigInvalid("f:1: a\nf:2: b"), 2),
        (errors.NotAllowed("no"), 4),
        (errors.CredentialsRefused("no"), 4),
        (errors.Abused("no"), 4),
        (errors.Unavailable("no"), 5),
        (errors.Unconfirmed("no"), 5),
        (errors.Throttled("no", retry_after=1), 5),
        (errors.SecretUnreadable("no"), 2),
        (errors.InUse("no"), 2),
        (ExceptionGroup("tasks", [ExceptionGroup("more", [errors.Unavailable("no")])]), 5),
    ],
)
def test_our_errors(run, error, code):
    """An error of ours is its own sentence on standard error and a status that says its kind, never a traceback."""
    done = run(error)
    told = "no\n" if isinstance(error, ExceptionGroup) else f"{error}\n"
    assert (done.exit_code, done.stderr, done.stdout) == (code, told, "")


def test_a_fault_of_ours(run):
    """Anything else is named without its text, which may quote a secret; --log-level debug shows it whole."""
    done = run(ValueError("token=hunter2"))
    assert done.exit_code == 1
    assert "(ValueError)" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr
    whole = run(ValueError("boom"), "--log-level", "debug")
    assert "Traceback" in whole.stderr
    assert "boom" in whole.stderr


def test_interrupted(run):
    """Ctrl-C ends quietly with the status shells know."""
    done = run(KeyboardInterrupt())
    assert (done.exit_code, done.output) == (130, "")


def test_a_misspelt_command():
    """An unknown command names the nearest."""
    done = CliRunner().invoke(cli.main, ["confgi"])
    assert done.exit_code == 2
    assert "there is no command 'confgi'; did you mean 'config'?" in done.stderr
    assert "`homeport --help` lists them" in CliRunner().invoke(cli.main, ["qqqq"]).stderr


def test_only_what_is_there_is_listed(monkeypatch):
    """A command without a module is no command."""
    monkeypatch.setattr(cli, "COMMANDS", ("config", "nothing_yet"))
    listed = CliRunner().invoke(cli.main, ["--help"]).stdout
    assert "config" in listed
    assert "nothing_yet" not in listed
    assert CliRunner().invoke(cli.main, ["nothing_yet"]).exit_code == 2


def leaves(command):
    """Return the commands below one that are for people; itself where it is no group."""
    if not isinstance(command, click.Group):
        return [] if command.hidden else [command]
    return [leaf for one in command.commands.values() for leaf in leaves(one)]


@pytest.mark.parametrize("name", cli.Commands().list_commands(None))
def test_every_command_explains_itself(name):
    """Each command for people has help and takes the options every command takes; what the system starts is hidden."""
    help_text = CliRunner().invoke(cli.main, [name, "--help"])
    assert help_text.exit_code == 0
    for command in leaves(cli.main.get_command(None, name)):
        options = {option for one in command.params for option in one.opts}
        assert {"--log-level", "--log-format"} <= options, command.name
        assert command.help


def test_a_command_is_imported_when_it_is_called():
    """Neither the program's start nor its version imports a command or anything heavy."""
    script = (
        "import sys; from homeport.cli import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: pass\n"
        "print(*sorted(m for m in sys.modules if m.startswith('homeport.cli.') or m in {'structlog', 'msgspec'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["homeport, version 0.1.0", ""]


def test_a_closed_pipe_is_quiet():
    """`homeport ... | true` says nothing on standard error."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "homeport", "config", "schema"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("words", [(), ("config",), ("secret",), ("zone",), ("host",), ("token",)])
def test_no_sentence_of_a_list_is_cut(words):
    """Help on a narrow terminal gives every command's first sentence to its end."""
    help_text = CliRunner().invoke(cli.main, [*words, "--help"], terminal_width=60).output
    assert "Commands:" in help_text
    assert "..." not in help_text.partition("Commands:")[2]
