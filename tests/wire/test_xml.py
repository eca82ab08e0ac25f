"""XML is read by the names of its elements, and nothing in it reaches beyond it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.wire import xml

PAGE = b"""<?xml version="1.0"?>
<n:List xmlns:n="urn:n"><Zone kind="x"><Name> a </Name></Zone><Zone><Name>b&amp;c</Name></Zone></n:List>"""


def test_elements_are_found_by_name():
    """Prefixes and attributes do not count; order and text do."""
    root = xml.parse(PAGE)
    assert root.name == "List"
    assert [zone.first("Name") for zone in root.all("Zone")] == ["a", "b&c"]
    assert root.first("Other") == ""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b"<a><b></a>", "no XML"),
        (b"<a>" * 100, "levels"),
        (b"<a>" + b" " * xml.LARGEST + b"</a>", "bytes"),
    ],
)
def test_what_is_refused(data, why):
    """Half of a document, a bomb, a huge one: refused in a sentence, never expanded."""
    with pytest.raises(ValueError, match=why):
        xml.parse(data)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_text_comes_back(text):
    """What was escaped reads as it was written, but for the space around it."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert xml.parse(f"<a>{escaped}</a>".encode()).text == text.strip()
