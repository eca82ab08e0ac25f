"""The templates: one environment, in which everything is escaped and nothing may be missing."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

FOLDER = Path(__file__).with_name("templates")


def template(name: str) -> Template:
    """Return a template."""
    return _environment().get_template(name)


def module(name: str, **fields: Any) -> Any:
    """Return a template's macros, with these fields known in them."""
    return template(name).make_module(fields)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
