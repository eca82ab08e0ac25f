"""SSDP messages, read and written."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.wire import ssdp

ANSWER = (
    b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: upnp:rootdevice\r\n"
    b"SERVER: whatever it likes\r\nLOCATION: http://192.0.2.1:5000/description.xml\r\nEXT:\r\n\r\n"
)


def test_a_search_has_what_routers_look_for():
    """The quotes, the blank in `HOST: `, and the empty line at the end: some routers ignore it otherwise."""
    lines = ssdp.search(ssdp.TARGETS[0], "192.0.2.1").decode().split("\r\n")
    assert lines == [
        "M-SEARCH * HTTP/1.1",
        "HOST: 192.0.2.1:1900",
        'MAN: "ssdp:discover"',
        "MX: 1",
        "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1",
        "",
        "",
    ]


@pytest.mark.parametrize(
    "data",
    [
        ANSWER,
        ANSWER.replace(b"LOCATION: ", b"Location:"),
        ANSWER.replace(b"LOCATION", b"location "),
        ANSWER.replace(b"\r\n", b"\n"),
        ANSWER.replace(b"HTTP/1.1 200 OK", b"HTTP/1.0 200"),
    ],
)
def test_the_location_is_found_however_it_is_written(data):
    """Case, blanks and line ends differ from router to router."""
    assert ssdp.location(data) == "http://192.0.2.1:5000/description.xml"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"M-SEARCH * HTTP/1.1\r\nLOCATION: http://192.0.2.1/\r\n\r\n",
        ANSWER.replace(b"200 OK", b"404 Not Found"),
        ANSWER.replace(b"LOCATION", b"LOCATIONS"),
        ANSWER.replace(b"http://192.0.2.1:5000/description.xml", b" "),
        ANSWER + b"x" * 5000,
    ],
)
def test_what_is_no_answer(data):
    """Another's search, an error, no location, or far too much."""
    with pytest.raises(ValueError, match="SSDP"):
        ssdp.location(data)


@given(st.binary(max_size=300))
def test_any_datagram_is_read_or_refused(data):
    """Nothing that arrives ends in another error."""
    for one in (data, b"HTTP/1.1 200 OK\r\n" + data):
        with contextlib.suppress(ValueError):
            assert ssdp.location(one)
