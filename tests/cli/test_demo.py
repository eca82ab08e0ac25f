"""`homeport demo`: what a stranger sees first."""

import io
import os
import signal
import subprocess
import sys

import pytest
from rich.console import Console

from fakes.programs import command, wait_until
from homeport.cli.demo import picture
from homeport.demo import demonstrate


def test_prints_what_to_try_and_what_happens(tmp_path):
    """Without a terminal it prints lines: the name, what to type, each change with its milliseconds."""
    with (tmp_path / "out").open("wb") as out:
        demo = subprocess.Popen(command("demo"), stdout=out, stderr=out, cwd=tmp_path)
        try:
            text = wait_until(
                lambda: said if " ms after it was noticed" in (said := read(tmp_path)) else None
            )
            assert "follows this machine" in text
            assert "dig @127.0.0.1 -p" in text
            assert "curl -u " in text
            assert "Traceback" not in text
            demo.send_signal(signal.SIGINT)
            assert demo.wait(60) == 0
        finally:
            demo.kill()


def read(folder):
    return (folder / "out").read_text(encoding="utf-8")


async def test_the_picture_shows_name_addresses_and_what_to_try():
    """What a terminal shows fits it, whatever is known so far."""
    async with demonstrate(lambda: None) as demo:
        console = Console(width=120, record=True, file=io.StringIO())
        console.print(picture(demo))
        text = console.export_text()
    assert str(demo.name) in text
    assert "Ctrl-C ends it" in text


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal on Windows")
def test_what_is_to_be_copied_is_whole_on_a_narrow_terminal(tmp_path):
    """The curl line is longer than a terminal is wide: it is left to the terminal to wrap, and never cut."""
    ours, theirs = os.openpty()
    environment = os.environ | {"COLUMNS": "80", "TERM": "xterm"}  # noqa: TID251 -- the environment of another process
    demo = subprocess.Popen(command("demo"), stdout=theirs, stderr=theirs, cwd=tmp_path, env=environment)
    try:
        text = b""
        while b"Ctrl-C" not in text:
            text += os.read(ours, 4096)
        [line] = [each for each in text.decode().splitlines() if "curl -u" in each]
        assert 'myip=203.0.113.7"' in line
    finally:
        demo.kill()
        demo.wait()
        os.close(ours)
        os.close(theirs)
