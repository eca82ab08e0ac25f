"""A node is read by the type that is wanted; what cannot be read is told and the rest goes on."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from homeport.config.compose import compose
from homeport.config.convert import BROKEN, Converter, is_read
from homeport.model.address import IPAddress
from homeport.model.secret import Secret


class Colour(StrEnum):
    RED = "red"


class Cat(msgspec.Struct, frozen=True, tag_field="kind", tag="cat"):
    lives: int = 9


class Dog(msgspec.Struct, frozen=True, tag_field="kind", tag="dog"):
    name: str


@pytest.fixture
def read(tmp_path):
    """Read a YAML text as a type; return the value and the messages."""

    def read(text, wanted):
        converter = Converter(tmp_path, Secret.literal)
        value = converter.read(compose(text).root, wanted, "x")
        return value, [f"{fault.path}: {fault.message}" for fault in converter.faults]

    return read


@pytest.mark.parametrize(
    ("text", "wanted", "value"),
    [
        ("0123", str, "0123"),
        ("no", str, "no"),
        ("'a'", tuple[str, ...], ("a",)),
        ("[a, b]", list[str], ["a", "b"]),
        ("~", tuple[str, ...], ()),
        ("~", int | None, None),
        ("red", Colour, Colour.RED),
        ("one", Literal["one", "two"], "one"),
        ("::ffff:192.0.2.1", IPAddress, ip_address("192.0.2.1")),
        (
            "[192.0.2.1, 2001:db8::1]",
            tuple[IPAddress, ...],
            (ip_address("192.0.2.1"), ip_address("2001:db8::1")),
        ),
        ("{a: 1}", dict[str, int], {"a": 1}),
        ("12", str | int | bool, 12),
        ("true", str | int | bool, True),
        ("word", str | int | bool, "word"),
        ("{red: a}", str | dict[Colour, str], {Colour.RED: "a"}),
        ("{kind: dog, name: rex}", Cat | Dog, Dog(name="rex")),
        ("{kind: cat}", Cat | Dog, Cat()),
        ("{a: [1, x, true, ~]}", Any, {"a": [1, "x", True, None]}),
        ("[a, a]", frozenset[str], frozenset({"a"})),
    ],
)
def test_what_is_read(read, text, wanted, value):
    """The wanted type decides what a text means."""
    assert read(text, wanted) == (value, [])


@pytest.mark.parametrize(
    ("text", "wanted", "why"),
    [
        ("[1]", str, ["x: expected a text, found a list"]),
        ("~", str, ["x: expected a text, found nothing"]),
        ("{}", tuple[str, ...], ["x: expected a list, found a mapping"]),
        ("a", tuple[Dog, ...], ["x: expected a list, found a text"]),
        ("a", dict[str, int], ["x: expected a mapping, found a text"]),
        ("blue", Colour, ['x: expected "red", found "blue"']),
        ("three", Literal["one", "two"], ['x: expected "one" or "two", found "three"']),
        ("300.1.1.1", IPAddress, ['x: expected an IP address, found "300.1.1.1"']),
        ("[a, 1]", list[int], ['x[0]: expected a whole number, found "a"']),
        ("{kind: cow}", Cat | Dog, ['x.kind: expected "cat" or "dog", found "cow"']),
        ("{lives: 3}", Cat | Dog, ['x: expected a mapping with kind "cat" or "dog"']),
        ("{name: a, nmae: b}", Dog, ['x.nmae: unknown key; did you mean "name"?']),
        ("{}", Dog, ['x: the key "name" is missing']),
        ("5", Annotated[int, Meta(gt=5)], ["x: expected more than 5, found 5"]),
        ("5", Annotated[int, Meta(lt=5)], ["x: expected less than 5, found 5"]),
        ("[]", Annotated[list[str], Meta(min_length=1)], ["x: expected at least 1, found 0"]),
        ("[a, b]", Annotated[list[str], Meta(max_length=1)], ["x: expected at most 1, found 2"]),
        ("ab", Annotated[str, Meta(pattern="^x")], ["x: expected a text like ^x"]),
        ('"a\\0"', str, ["x: a control character (U+0000); remove it"]),
        ("~no-such-account/x", Path, ["x: there is no such home folder; write the path out"]),
    ],
)
def test_what_is_not(read, text, wanted, why):
    """What was expected and what kind of thing was found is told; a text's own words only where they are safe."""
    assert read(text, wanted)[1] == why


def test_the_rest_goes_on(read):
    """One broken value leaves the others, and its own place is marked."""
    value, why = read("[1, x, 3]", list[int])
    assert value == [1, BROKEN, 3]
    assert [is_read(one) for one in value] == [True, False, True]
    assert len(why) == 1


def test_paths_begin_at_the_folder(read, tmp_path):
    """A relative path is of the file's folder, an absolute one of nothing."""
    assert read("a/b", Path)[0] == tmp_path / "a" / "b"
    assert read("/a", Path)[0] == Path("/a")


def test_a_secret_is_never_quoted(read):
    """Whatever is wrong with a secret, its text is not told."""
    assert read("[hunter2]", Secret)[1] == ["x: expected a secret, found a list"]
