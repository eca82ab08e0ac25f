"""What every command takes is taken by all in one way."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from homeport.cli import _options, main
from homeport.model.secret import Secret


def command(name):
    """Return a command of that name that prints what it was given."""

    def function(config, *, as_json):
        click.echo(f"{config!r} {as_json} {logging.getLogger().level}")

    function.__name__ = name
    for option in (_options.logging_options, _options.json_option, _options.config_option):
        function = option(function)
    return click.command()(function)


@pytest.mark.parametrize(("name", "level"), [("plan", logging.WARNING), ("run", logging.INFO)])
def test_levels(name, level):
    """What runs for long tells what it does; what ends soon tells only what is wrong."""
    assert CliRunner().invoke(command(name), []).stdout == f"None False {level}\n"


def test_what_is_given():
    """The file is a path, and the level is set before the command runs."""
    words = ["--config", "a.yaml", "--json", "--log-level", "debug", "--log-format", "json"]
    assert CliRunner().invoke(command("plan"), words).stdout == f"{Path('a.yaml')!r} True {logging.DEBUG}\n"


def test_json_has_no_secret(capsys):
    """What JSON does not know is its text, and a secret's text is no secret."""
    _options.print_json({"名": Secret.literal("hunter2"), "at": Path("x")})
    told = capsys.readouterr().out
    assert json.loads(told) == {"名": "***", "at": "x"}
    assert "名" in told


def every_command(one, words=()):
    """Yield each command of a tree, with the words that call it."""
    if not isinstance(one, click.Group):
        yield " ".join(words), one
        return
    for name in one.list_commands(click.Context(one)):
        yield from every_command(one.get_command(click.Context(one), name), (*words, name))


@pytest.mark.parametrize(("words", "one"), [pytest.param(*each, id=each[0]) for each in every_command(main)])
def test_every_command_takes_the_file_and_the_log_level(words, one):
    """A script gives all of them the same words, also those that find out nothing from the file."""
    assert {"--config", "--log-level"} <= {word for option in one.params for word in option.opts}, words


def test_a_file_that_says_nothing_here_is_taken_all_the_same(tmp_path):
    """The schema is the same whatever file is named, and the help does not speak of it."""
    there = CliRunner().invoke(main, ["config", "schema", "--config", str(tmp_path / "none.yaml")])
    assert json.loads(there.stdout) == json.loads(CliRunner().invoke(main, ["config", "schema"]).stdout)
    assert "--config" not in CliRunner().invoke(main, ["config", "schema", "--help"]).stdout
