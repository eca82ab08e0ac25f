"""An address on an interface."""

import pytest

from homeport.model.address import parse_address
from homeport.model.interface import InterfaceAddress
from homeport.model.line import ANY_LINE, Line

HERE = parse_address("192.0.2.1")


@pytest.mark.parametrize(
    ("line", "is_on"),
    [
        (ANY_LINE, True),
        (Line("eth0"), True),
        (Line("eth1"), False),
        (Line(source=HERE), True),
        (Line("eth0", parse_address("192.0.2.2")), False),
    ],
)
def test_an_address_is_on_the_lines_it_may_leave_by(line, is_on):
    """Both what a line names must fit; what it does not name always does."""
    assert InterfaceAddress("eth0", 2, HERE, 24).is_on(line) is is_on
