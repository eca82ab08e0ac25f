"""What several commands take as words: a record's name, and a length of time."""

from __future__ import annotations

import re
from typing import Any

import click

from homeport.errors import ConfigInvalid
from homeport.model.name import Fqdn

UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 7 * 86_400.0}  # seconds each
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)")
LONGEST = 366 * 86_400.0  # seconds


class Span(click.ParamType[float]):
    """A length of time in seconds, written as `90s`, `15m`, `2h`, `1h30m`, `7d` or `2w`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip().lower()
        parts = _SPAN.findall(text)
        seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
        if _SPAN.sub("", text).strip() or not 0 < seconds <= LONGEST:
            self.fail(f"{value!r} is no time such as 15m, 2h or 7d, of a year at most", param, ctx)
        return seconds


SPAN = Span()


def record_name(text: str | None) -> Fqdn | None:
    """Return the name that a person typed, `None` when they typed none.

    Raises:
        ConfigInvalid: it is no domain name.
    """
    try:
        return Fqdn.parse(text) if text else None
    except ValueError as exc:
        raise ConfigInvalid(f"{exc}; give the name of a record, such as home.example.com") from exc
