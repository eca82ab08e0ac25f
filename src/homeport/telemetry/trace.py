"""W3C trace context: the id that goes with an update from agent to server to DNS.

Source: https://www.w3.org/TR/trace-context/ section 3.2.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
current: ContextVar[str] = ContextVar("homeport_trace", default="")
"""The trace id of what is being done now, 32 hexadecimal digits; empty outside of a trace."""


def new() -> str:
    """Return a fresh trace id."""
    return secrets.token_hex(16)


def parent(trace: str) -> str:
    """Return the `traceparent` header that carries `trace` on one request."""
    return f"00-{trace}-{secrets.token_hex(8)}-01"


def read(header: str) -> str:
    """Return the trace id of a `traceparent` header, empty when it is not one."""
    found = _TRACEPARENT.fullmatch(header)
    return found[1] if found and found[1].strip("0") and found[2].strip("0") else ""


@contextmanager
def begun() -> Iterator[None]:
    """Give what is done inside a trace id of its own."""
    token = current.set(new())
    try:
        yield
    finally:
        current.reset(token)
