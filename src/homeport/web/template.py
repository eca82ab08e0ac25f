"""The templates: one environment, in which everything is escaped and nothing may be missing."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

FOLDER = Path(__file__).with_name("templates")
_TICKED = re.compile(r"`([^`]+)`")


def template(name: str) -> Template:
    """Return a template."""
    return _environment().get_template(name)


def module(name: str, **fields: Any) -> Any:
    """Return a template's macros, with these fields known in them."""
    return template(name).make_module(fields)


def coded(text: str) -> Markup:
    """Return a text, escaped, with what stands between `backticks` as code."""
    return Markup(_TICKED.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 -- escaped just now


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["coded"] = coded
    return made
