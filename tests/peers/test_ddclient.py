"""Debian's ddclient, unmodified, updates hosts at our gateway."""

import json

import pytest

from fakes.peers import peer
from fakes.served import HOME, ZONE, configured, homeport, serving, with_hosts

NAS = f"nas.{ZONE}"
FILE = """\
daemon=0
ssl=no
use=ip, ip={address}
protocol=dyndns2
server={gateway}
login={id}
password={secret}
{hosts}
"""


@pytest.fixture
def around(tmp_path):
    """A running server with two hosts and their token."""
    config = configured(tmp_path)
    with serving(config) as server:
        yield server, with_hosts(config, HOME, NAS)


def run(folder, server, issued, address, hosts=HOME, *words):
    """Run it once and return what it said."""
    path = folder / "ddclient.conf"
    path.write_text(FILE.format(gateway=server.gateway, address=address, hosts=hosts, **issued))
    path.chmod(0o600)
    files = [
        "-file",
        str(path),
        "-cache",
        str(folder / "ddclient.cache"),
        "-pid",
        str(folder / "ddclient.pid"),
    ]
    done = peer("ddclient").run(*files, "-daemon=0", "-verbose", "-noquiet", *words)
    return done.stdout + done.stderr


def addresses(server, name=HOME):
    return json.loads(homeport(server.config, "host", "show", name, "--json").stdout)["addresses"]


def test_its_whole_life(tmp_path, around):
    """First update, no change, change: ddclient reads each answer as a success and sends no more than it must."""
    server, issued = around
    said = run(tmp_path, server, issued, "198.51.100.7")
    assert f"SUCCESS:  updating {HOME}: good: IP address set to 198.51.100.7" in said
    assert addresses(server) == ["198.51.100.7"]
    said = run(tmp_path, server, issued, "198.51.100.7")
    assert "SENDING" not in said
    said = run(tmp_path, server, issued, "198.51.100.7", HOME, "-force")
    assert "nochg" in said
    assert "FAILED" not in said
    said = run(tmp_path, server, issued, "198.51.100.8", HOME, "-force")
    assert "good: IP address set to 198.51.100.8" in said
    assert addresses(server) == ["198.51.100.8"]
    assert len(json.loads(homeport(server.config, "host", "history", HOME, "--json").stdout)) == 3


def test_two_hosts_are_one_request(tmp_path, around):
    """Both hosts of one request are updated, and both lines are understood."""
    server, issued = around
    said = run(tmp_path, server, issued, "198.51.100.7", f"{HOME},{NAS}")
    assert said.count("good: IP address set to 198.51.100.7") == 2
    assert addresses(server) == addresses(server, NAS) == ["198.51.100.7"]


def test_failures_are_understood(tmp_path, around):
    """A wrong password and an unknown host are told as what they are, and nothing changes."""
    server, issued = around
    said = run(tmp_path, server, issued | {"secret": "wrong"}, "198.51.100.7")
    assert "authorization failed" in said
    (tmp_path / "ddclient.cache").unlink(missing_ok=True)
    said = run(tmp_path, server, issued, "198.51.100.7", f"nobody.{ZONE}")
    assert "nohost" in said
    assert addresses(server) == []
