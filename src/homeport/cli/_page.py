"""How whoever runs an agent starts the page beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homeport.agent import Loaded


def command(loaded: Loaded, level: str, form: str = "console") -> list[str]:
    """Return what starts the page's process: the same program, on the same file, state and log."""
    from homeport.cli.service import program

    assert loaded.path is not None  # noqa: S101 -- whoever runs an agent names the file
    where = ["--config", str(loaded.path.absolute()), "--state", str(loaded.state.absolute())]
    return [*program(), "web", "serve", *where, "--log-level", level, "--log-format", form]
