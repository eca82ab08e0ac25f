"""What people moved away from: a configuration of another program becomes what ours says, and a list of what cannot.

A reader is pure: text in, `Moved` out. It says of everything in the text that it knows either what it became or why
it was left. What a format looks like is known from each program's own documentation and source, named in its reader.
"""

from __future__ import annotations

from importlib import import_module

from homeport.config.importing.moved import Draft, Moved
from homeport.config.importing.sift import sift
from homeport.errors import ConfigInvalid

TOOLS = {
    "ddns-go": "ddns_go",
    "newfuture": "newfuture",
    "ddclient": "ddclient",
    "inadyn": "inadyn",
    "godns": "godns",
    "ddns-updater": "ddns_updater",
}
"""The reader of each program, by the name that `homeport import` takes."""
TITLES = {"newfuture": "NewFuture/DDNS", "ddclient": "ddclient", "inadyn": "In-a-Dyn", "godns": "GoDNS"}


def tool_of(text: str) -> str:
    """Return the tool a person means: `NewFuture/DDNS` and `ddns_updater` are understood.

    Raises:
        ConfigInvalid: there is no such tool here.
    """
    name = text.strip().lower().replace("_", "-")
    name = "newfuture" if name.startswith("newfuture") or name == "ddns" else name
    if name not in TOOLS:
        raise ConfigInvalid(f"there is nothing here that reads {text!r}; there are: {', '.join(TOOLS)}")
    return name


def read(tool: str, text: str) -> Moved:
    """Return what a configuration of `tool` says.

    Raises:
        ConfigInvalid: it is no configuration of that tool, or nothing of it can be carried over.
    """
    draft = Draft(TITLES.get(tool, tool))
    import_module(f"{__name__}.{TOOLS[tool]}").read(text.removeprefix("\ufeff"), draft)
    return sift(draft.moved())
