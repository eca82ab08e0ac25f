"""Debian's inadyn, unmodified, updates a host at our gateway, as UniFi and many routers have it."""

import json

import pytest

from fakes.peers import peer
from fakes.served import HOME, configured, homeport, serving, with_hosts

FILE = """\
period = 300
iface = lo
custom homeport {{
    ssl = false
    username = {id}
    password = {secret}
    checkip-command = "/bin/echo {address}"
    ddns-server = {server}
    ddns-path = "/nic/update?hostname=%h&myip=%i"
    hostname = {host}
}}
"""


@pytest.fixture
def around(tmp_path):
    """A running server with a host and its token."""
    config = configured(tmp_path)
    with serving(config) as server:
        yield server, with_hosts(config, HOME)


def run(folder, server, issued, address, *words, host=HOME):
    """Run it once and return its status and what it said."""
    path = folder / "inadyn.conf"
    path.write_text(FILE.format(server=server.gateway, address=address, host=host, **issued))
    path.chmod(0o600)
    cache = folder / "cache"
    cache.mkdir(exist_ok=True)
    done = peer("inadyn").run(
        "-1", "-n", "-l", "debug", "-f", str(path), "--cache-dir", str(cache), *words, timeout=100
    )
    return done.returncode, done.stdout + done.stderr


def addresses(server):
    return json.loads(homeport(server.config, "host", "show", HOME, "--json").stdout)["addresses"]


def test_its_whole_life(tmp_path, around):
    """First update, no change forced, change: status 0 and the address is there each time."""
    server, issued = around
    for address, words in (("198.51.100.7", ()), ("198.51.100.7", ("--force",)), ("198.51.100.8", ())):
        status, said = run(tmp_path, server, issued, address, *words)
        assert status == 0, said
        assert addresses(server) == [address]
    lines = json.loads(homeport(server.config, "host", "history", HOME, "--json").stdout)
    assert [line["addresses"] for line in lines[:2]] == [["198.51.100.8"], ["198.51.100.7"]]


def test_a_wrong_password(tmp_path, around):
    """It says that authentication failed, and ends."""
    server, issued = around
    status, said = run(tmp_path, server, issued | {"secret": "wrong"}, "198.51.100.7")
    assert status != 0
    assert "uthentication" in said
    assert addresses(server) == []


def test_an_unknown_host(tmp_path, around):
    """It is told that there is no such host."""
    server, issued = around
    status, _ = run(tmp_path, server, issued, "198.51.100.7", host="nobody.dyn.example.com")
    assert status != 0
