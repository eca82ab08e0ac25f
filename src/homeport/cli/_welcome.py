"""What `homeport run` says to a person at a terminal who has not opened the page yet: the log is for later."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from homeport.config.paths import ENVIRONMENT

SSH_PORT = "22"


def welcoming(log_format: str, made: Path | None = None) -> Callable[[], None]:
    """Show the first link so that it can be seen, wherever a person looks on; the returned call ends that.

    Args:
        made: where the page will write the file, which is not there yet.
    """
    from homeport.telemetry.events import Event, listen

    def hear(event: Event, fields: dict[str, Any]) -> None:
        if event is Event.PAGE_UNCLAIMED:
            click.echo(welcome(fields["open"], ENVIRONMENT, made), err=True)

    if log_format == "console" and sys.stderr is not None and sys.stderr.isatty():
        return listen(hear)
    return lambda: None


def welcome(link: str, environment: Mapping[str, str], made: Path | None = None) -> str:
    """Return how to open the page from where this person sits, and where it will write the file."""
    here = f"""
  Open this link in a browser on this machine; it is good once, and `homeport web open` makes another:

    {link}
"""
    saved = f"\n  What you set up there is saved as {made}\n" if made else ""
    return (
        f"{here}\n{_from_elsewhere(link, environment)}{saved}"
        "\n  Homeport runs until this window is closed, or Ctrl+C is pressed.\n"
    )


def _from_elsewhere(link: str, environment: Mapping[str, str]) -> str:
    """Return how to reach loopback from another computer: by the SSH that many are here by."""
    port = urlsplit(link).port
    tunnel = f"ssh -L {port}:127.0.0.1:{port}"
    match environment.get("SSH_CONNECTION", "").split():
        case [_, _, server, at]:
            there = f"{'' if at == SSH_PORT else f'-p {at} '}{getpass.getuser()}@{server}"
            return f"""  You are here by SSH: leave this running, type this on your own computer, and open the link there:

    {tunnel} {there}
"""
        case _:
            return f"  No browser on this machine? Open the link on another computer, after `{tunnel} USER@THIS-MACHINE` there.\n"
