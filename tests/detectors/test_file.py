"""An address that stands in a file."""

import os
import sys

import pytest

from fakes.tools import toolbox
from homeport.detectors.file import File, Settings
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Unknown


async def said(path, family=Family.V4):
    return await File(Settings(path=path), toolbox()).detect(family)


def found(*texts):
    return Addresses(tuple(map(parse_address, texts)))


async def test_one_address_a_line_of_the_family_that_is_asked(tmp_path):
    """Blank lines, repetitions and a byte order mark are nothing."""
    path = tmp_path / "addresses.txt"
    path.write_bytes(b"\xef\xbb\xbf192.0.2.1\r\n\r\n 2001:db8::1 \n192.0.2.2\n192.0.2.1\n")
    assert await said(path) == found("192.0.2.1", "192.0.2.2")
    assert await said(path, Family.V6) == found("2001:db8::1")


async def test_it_is_read_anew_every_time(tmp_path):
    """What another program writes counts at once, and so does its removal."""
    path = tmp_path / "addresses.txt"
    detector = File(Settings(path=path), toolbox())
    path.write_text("192.0.2.1")
    assert await detector.detect(Family.V4) == found("192.0.2.1")
    path.write_text("192.0.2.2")
    assert await detector.detect(Family.V4) == found("192.0.2.2")
    path.unlink()
    assert await detector.detect(Family.V4) == Unknown(f"{path} cannot be read: No such file or directory")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds nothing"),
        ("\n \n", "holds nothing"),
        ("192.0.2.1\nhome.example.com", "holds 'home.example.com', which is no address"),
        ("192.0.2.1 192.0.2.2", "holds '192.0.2.1 192.0.2.2', which is no address"),
        ("fe80::1%eth0", "holds 'fe80::1%eth0', which is no address"),
        ("2001:db8::1", "holds no IPv4 address"),
        ("192.0.2.1\n" * 10_000, "holds more than 65536 bytes"),
    ],
)
async def test_anything_else_is_unknown_and_says_what_is_there(tmp_path, text, why):
    """One bad line spoils the file: half of it is never believed."""
    path = tmp_path / "addresses.txt"
    path.write_text(text)
    assert await said(path) == Unknown(f"{path} {why}")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
async def test_what_is_no_file_is_not_waited_for(tmp_path):
    """A pipe that nobody writes to would hold the round for ever."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        assert await said(path) == Unknown(f"{path} cannot be read: it is not a file")


def test_it_is_described_by_its_name(tmp_path):
    """The folder is nobody's business."""
    assert File(Settings(path=tmp_path / "ip.txt"), toolbox()).describe() == "file ip.txt"
