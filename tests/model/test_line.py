"""Which way something leaves."""

import pytest

from homeport.model.address import parse_address
from homeport.model.line import ANY_LINE, Line


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (ANY_LINE, "any"),
        (Line("eth0"), "eth0"),
        (Line(source=parse_address("192.0.2.1")), "192.0.2.1"),
        (Line("eth0", parse_address("192.0.2.1")), "eth0 from 192.0.2.1"),
    ],
)
def test_a_line_is_shown_in_few_words(line, text):
    """People see the interface and the address it was given, or that any will do."""
    assert str(line) == text
