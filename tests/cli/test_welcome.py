"""What a person at a terminal is told at the first start."""

import os
import subprocess
import sys

import pytest

from fakes.netns import ip, network_namespace
from fakes.programs import command
from homeport.cli._welcome import welcome

LINK = "http://127.0.0.1:9876/enter?link=abc"


def test_the_link_stands_on_a_line_of_its_own():
    """So that it can be copied whole, and is good in a browser here or at the end of a tunnel."""
    said = welcome(LINK, {})
    assert f"    {LINK}" in said.splitlines()
    assert "ssh -L 9876:127.0.0.1:9876 USER@THIS-MACHINE" in said
    assert "saved as" not in said


@pytest.mark.parametrize(("port", "option"), [("22", ""), ("2222", "-p 2222 ")])
def test_who_is_here_by_ssh_is_told_the_tunnel(monkeypatch, port, option):
    """The whole command: this machine's address as they reached it, and their name here."""
    monkeypatch.setenv("LOGNAME", "pi")
    said = welcome(LINK, {"SSH_CONNECTION": f"192.0.2.7 50000 192.0.2.1 {port}"})
    assert f"    ssh -L 9876:127.0.0.1:9876 {option}pi@192.0.2.1" in said.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal of Linux, in a network of its own")
def test_it_is_told_at_a_terminal_alone(tmp_path, monkeypatch):
    """A log that is read by machines is not for greetings."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    with network_namespace():
        ip("link set lo up")
        ours, theirs = os.openpty()
        process = subprocess.Popen(
            command("run"), cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        said = b""
        try:
            while b"Ctrl+C is pressed" not in said:
                said += os.read(ours, 4096)
        finally:
            process.terminate()
            process.wait(60)
            os.close(ours)
    assert b"    http://127.0.0.1:9876/enter?link=" in said
    assert f"saved as {tmp_path / 'homeport.yaml'}\r\n".encode() in said
    assert b"Ctrl+C" not in (tmp_path / "state" / "homeport.log").read_bytes()
