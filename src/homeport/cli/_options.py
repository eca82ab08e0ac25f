"""What every command takes: `--config`, `--log-level`, `--log-format`, and `--json` where it prints data."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

LEVELS = ("debug", "info", "warning", "error")
LEVEL_KEY = "homeport.log_level"
FORMAT_KEY = "homeport.log_format"
LONG_RUNNING = frozenset({"run", "serve"})

F = TypeVar("F", bound=Callable[..., Any])

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, readable=False),
    help="The configuration file; else it is looked for.",
)
idle_config_option = click.option("--config", hidden=True, expose_value=False)
"""Every command takes `--config`: this is for those whose other words say it all, so that a script need not know which."""
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def logging_options(function: F) -> F:
    """Give a command the log options; logs are set up before it runs.

    What runs for long tells what it does; what ends soon tells only what is wrong.
    """
    level = "info" if function.__name__ in LONG_RUNNING else "warning"

    @functools.wraps(function)
    def run(*args: Any, log_level: str, log_format: str, **words: Any) -> Any:
        from homeport.cli._log import output
        from homeport.telemetry import logs

        meta = click.get_current_context().find_root().meta
        meta[LEVEL_KEY], meta[FORMAT_KEY] = log_level, log_format
        logs.configure(log_level, *output(log_format, stays=function.__name__ in LONG_RUNNING))
        return function(*args, **words)

    run = click.option(
        "--log-format",
        type=click.Choice(["console", "json"]),
        default="console",
        show_default=True,
        help="How to log.",
    )(run)
    return click.option(  # type: ignore[return-value]
        "--log-level", type=click.Choice(LEVELS), default=level, show_default=True, help="What to log."
    )(run)


def print_json(value: Any) -> None:
    """Print data as JSON; anything unknown is its text, and a secret's text is `***`."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
