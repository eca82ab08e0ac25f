"""A text that is read once tells all that was ever asked of it."""

import pytest
from ruamel.yaml import YAML

from homeport.config import reading
from homeport.config.compose import compose

TEXT = """\
# mine: {not: this}
base: &base {token: 'env:A', other: 1}   # kept
list: [first, &it "sec # ond", *it]
joined: {<<: *base, other: 2}   # and "this"
both:
  <<: [*base, {more: 3}]
'<<': no merge
block: |
  # a text
last: env:C # end"""


def test_it_tells_what_the_parser_tells():
    """The same nodes as `compose`, and of every value that stands there itself the parser's own marks."""
    read = reading.read(TEXT)
    assert read.composed == compose(TEXT)
    root = {key.value: value for key, value in YAML(typ="safe", pure=True).compose(TEXT).value}
    for place in ("block", "last", "<<"):
        assert read.spans[place] == (root[place].start_mark.index, root[place].end_mark.index)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("base.token", "'env:A'"),
        ("list[0]", "first"),
        ("list[1]", '&it "sec # ond"'),
        ("list[2]", '&it "sec # ond"'),
        ("joined.token", "'env:A'"),
        ("joined.other", "2"),
        ("both.more", "3"),
        ("both.other", "1"),
        ("<<", "no merge"),
    ],
)
def test_every_value_has_its_span(place, said):
    """What an alias or a merge brings in stands where its anchor is."""
    start, end = reading.read(TEXT).spans[place]
    assert TEXT[start:end].strip() == said


def test_comments_are_what_is_neither_key_nor_value():
    """A # within quotes or a text block is none."""
    told = [TEXT[start:end] for start, end in reading.read(TEXT).comments]
    assert told == ["# mine: {not: this}", "# kept", '# and "this"', "# end"]


@pytest.mark.parametrize(
    "text", ["a: [", "a: *nothing", "a: &a [*a]", "a: 1\n---\nb: 2", "\x00", "? [x]\n: y"]
)
def test_what_cannot_be_read_has_its_faults_and_no_spans(text):
    """The faults are those of `compose`."""
    assert reading.read(text) == (compose(text), {}, ())


def test_a_text_is_parsed_once(monkeypatch):
    """However often it is asked for."""
    parsed = []
    events_of = reading.events_of
    monkeypatch.setattr(reading, "events_of", lambda text: parsed.append(text) or events_of(text))
    text = "never: seen before"
    assert reading.read(text).spans == {"never": (7, 18)}
    assert reading.composed(text) is reading.read(text).composed
    assert parsed == [text]
