"""Changes of the file's text: exactly the change that was asked for, and no other line is touched."""

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.config import edit
from homeport.config.compose import compose
from homeport.config.node import Items, Scalar, Table
from homeport.errors import ConfigInvalid

TEXT = """\
# mine, and it stays
agent:
  addresses:                    # where they come from
    wan:
      detect:
        - {kind: http_echo, url: "https://a.example"}   # one
        - kind: stun
          server: cloudflare
      witnesses: 2
  records:
    # the house
    - name: home.example.com
      types: [A, AAAA]
      provider: cf              # at Cloudflare
      ttl: 60

    - {name: nas.example.com, provider: 'cf'}
  providers:
    cf: {kind: cloudflare, token: "secret:cf"}
  interval: 300                 # seconds
  web:
"""


def plain(node):
    """Return a document without lines and quotes."""
    match node:
        case Table():
            return {key.text: plain(value) for key, value in node.entries}
        case Items():
            return [plain(value) for value in node.items]
        case Scalar():
            return node.text
    return None


def difference(before, after):
    """Return the lines that went and those that came."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return [line[2:] for line in lines if line[0] == "-"], [line[2:] for line in lines if line[0] == "+"]


@pytest.mark.parametrize(
    ("place", "value", "gone", "come"),
    [
        (
            ("agent", "interval"),
            600,
            ["  interval: 300                 # seconds"],
            ["  interval: 600                 # seconds"],
        ),
        (("agent", "debounce"), 0.5, [], ["  debounce: 0.5"]),
        (("agent", "web"), {"names": ["a"]}, ["  web:"], ["  web: {names: [a]}"]),
        (("agent", "web", "listen"), ["[::1]:9"], ["  web:"], ['  web: {listen: ["[::1]:9"]}']),
        (("agent", "heartbeat", "server"), "hp", [], ["  heartbeat: {server: hp}"]),
        (("agent", "records", 0, "ttl"), 120, ["      ttl: 60"], ["      ttl: 120"]),
        (("agent", "records", 0, "adopt"), True, [], ["      adopt: true"]),
        (
            ("agent", "records", 0, "provider"),
            "true",
            ["      provider: cf              # at Cloudflare"],
            ['      provider: "true"              # at Cloudflare'],
        ),
        (
            ("agent", "records", 1, "provider"),
            "it's",
            ["    - {name: nas.example.com, provider: 'cf'}"],
            ["    - {name: nas.example.com, provider: 'it''s'}"],
        ),
        (
            ("agent", "records", 2),
            {"name": "x.example.com", "types": ["A"], "provider": "cf"},
            [],
            ["    - name: x.example.com", "      types: [A]", "      provider: cf"],
        ),
        (
            ("agent", "providers", "duck"),
            {"kind": "duckdns", "token": "secret:d"},
            [],
            ["    duck: {kind: duckdns, token: secret:d}"],
        ),
        (("agent", "addresses", "lan"), {"allow_private": True}, [], ["    lan: {allow_private: true}"]),
        (
            ("agent", "addresses", "wan", "detect", 2),
            {"kind": "router"},
            [],
            ["        - kind: router"],
        ),
    ],
)
def test_one_value_is_put(place, value, gone, come):
    """Where it stands, or behind the last of its neighbours."""
    assert difference(TEXT, edit.put(TEXT, place, value)) == (gone, come)


@pytest.mark.parametrize(
    ("place", "gone", "come"),
    [
        (("agent", "interval"), ["  interval: 300                 # seconds"], []),
        (("agent", "records", 1), ["    - {name: nas.example.com, provider: 'cf'}"], []),
        (("agent", "records", 0, "ttl"), ["      ttl: 60"], []),
        (
            ("agent", "records", 1, "provider"),
            ["    - {name: nas.example.com, provider: 'cf'}"],
            ["    - {name: nas.example.com}"],
        ),
        (
            ("agent", "addresses", "wan", "detect", 1),
            ["        - kind: stun", "          server: cloudflare"],
            [],
        ),
        (("agent", "providers", "cf"), ['    cf: {kind: cloudflare, token: "secret:cf"}'], []),
    ],
)
def test_one_value_is_dropped(place, gone, come):
    """With its own comment, and no other line."""
    assert difference(TEXT, edit.drop(TEXT, place)) == (gone, come)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("agent:\n  a: &x {b: 1}\n  c: *x\n", ("agent", "c", "b")),
        ("agent: &x\n  b: 1\nother: *x\n", ("agent", "b")),
        ("agent: {b: &y 1, c: *y}\n", ("agent", "b")),
        ("agent: {b: 1}\n", ("agent", "b", "c")),
        ("agent: [1]\n", ("agent", 3)),
        ("agent: {b: 1\n", ("agent", "b")),
    ],
)
def test_what_is_shared_is_left_alone(text, place):
    """It would change elsewhere too; a sentence says that the text is the place for it."""
    with pytest.raises(ConfigInvalid) as caught:
        edit.put(text, place, 2)
    assert str(caught.value) in edit.SENTENCES


def test_what_is_merged_in_is_overridden_in_its_own_place():
    """The anchor's own value stays: others may use it."""
    text = "base: &x {b: 1}\nagent:\n  <<: *x\n  c: 1\n"
    assert edit.put(text, ("agent", "b"), 2) == text + "  b: 2\n"


words = st.text(st.sampled_from("abxyz09 :#-'\"{}[]&*!|>%@`é中"), min_size=1, max_size=8)
scalars = st.one_of(
    words, st.integers(0, 999), st.booleans(), st.sampled_from(["true", "null", "12", "~", ""])
)
names = st.text("abcdefg", min_size=1, max_size=4)
comments = st.sampled_from(["", "", "  # kept", " # a: b"])


@st.composite
def blocks(draw, depth=0):
    """Return lines of a block mapping, and every place in it."""
    lines, places = [], []
    for name in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
        if draw(st.booleans()):
            lines.append("# " + draw(names))
        kind = draw(st.sampled_from(["scalar", "flow", "list", "map"] if depth < 2 else ["scalar", "flow"]))
        places.append((name,))
        if kind == "scalar":
            lines.append(f"{name}: {edit._flow(draw(scalars))}{draw(comments)}")
        elif kind == "flow":
            lines.append(f"{name}: {{k: 1, l: [2, 3]}}{draw(comments)}")
            places += [(name, "k"), (name, "l"), (name, "l", 0), (name, "new"), (name, "l", 2)]
        elif kind == "map":
            below, found = draw(blocks(depth=depth + 1))
            lines += [f"{name}:{draw(comments)}", *(f"  {line}" for line in below)]
            places += [(name, *place) for place in found] + [(name, "new")]
        else:
            lines.append(f"{name}:")
            for number in range(draw(st.integers(1, 3))):
                below, found = draw(blocks(depth=2))
                below = [line for line in below if not line.startswith("#")]
                lines += [f"  - {below[0]}", *(f"    {line}" for line in below[1:])]
                places += [(name, number), *((name, number, *place) for place in found)]
            places.append((name, number + 1))
    return lines, places


@settings(deadline=None)
@given(st.data())
def test_a_change_is_that_change_and_no_other(data):
    """The document is as before but for one value, and lines that are not of it are the same to the byte."""
    lines, places = data.draw(blocks())
    ends = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = ends.join(lines) + ends
    place, value = data.draw(st.sampled_from(places)), data.draw(scalars)
    is_dropped = data.draw(st.booleans())
    try:
        said = edit.drop(text, place) if is_dropped else edit.put(text, place, value)
    except ConfigInvalid:
        return
    wanted = plain(compose(text).root)
    above = wanted
    for key in place[:-1]:
        above = above[key]
    if is_dropped:
        del above[place[-1]]
    elif isinstance(above, list) and place[-1] == len(above):
        above.append(value if isinstance(value, str) else str(value).lower())
    else:
        above[place[-1]] = value if isinstance(value, str) else str(value).lower()
    assert loose(plain(compose(said).root)) == loose(wanted)
    gone, come = difference(text, said)
    assert len(come) <= 1
    if not is_dropped and come and not gone:
        assert len(said.splitlines()) == len(text.splitlines()) + 1
    kept = [line for line in text.splitlines(keepends=True) if line.lstrip().startswith("#")]
    if not is_dropped:
        assert [line for line in said.splitlines(keepends=True) if line.lstrip().startswith("#")] == kept


def loose(value):
    """What lost its last entry may be nothing."""
    if isinstance(value, dict):
        return {key: loose(each) for key, each in value.items()} or ""
    if isinstance(value, list):
        return [loose(each) for each in value] or ""
    return value
