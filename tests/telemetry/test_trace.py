"""A trace id goes out in a `traceparent` and is read from one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.telemetry import trace


def test_there_and_back():
    """What is sent is what is read, and each request has a parent of its own."""
    new = trace.new()
    assert trace.read(trace.parent(new)) == new
    assert trace.parent(new) != trace.parent(new)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00-" + "0" * 32 + "-" + "1" * 16 + "-01",
        "00-" + "1" * 32 + "-" + "0" * 16 + "-01",
        "00-" + "A" * 32 + "-" + "1" * 16 + "-01",
    ],
)
def test_what_is_none(header):
    """Zeroes, capitals and nothing are no trace (section 3.2.2)."""
    assert trace.read(header) == ""


@given(st.text(max_size=80))
def test_any_header(header):
    """No header raises, and what is read is 32 digits or nothing."""
    assert len(trace.read(header)) in {0, 32}
