"""`homeport serve` as a user runs it."""

import json
import os
import signal
import socket
import sys

import pytest

from fakes.served import HOME, TEMPLATE, configured, homeport, serving


def test_a_life(tmp_path):
    """It starts, hosts are added while it runs, updates count at once, and SIGTERM ends it with status 0."""
    config = configured(tmp_path)
    with serving(config) as server:
        homeport(config, "host", "add", HOME)
        issued = json.loads(homeport(config, "token", "create", "--host", HOME, "--json").stdout)
        token = f"{issued['id']}.{issued['secret']}"
        assert server.get(f"/nic/update?hostname={HOME}&myip=198.51.100.7", token=token) == (
            200,
            "good 198.51.100.7",
        )
        assert HOME in homeport(config, "host", "list").stdout
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    assert "198.51.100.7" in homeport(config, "host", "show", HOME).stdout
    assert not (tmp_path / "server.db.sock").exists()


def test_a_second_one(tmp_path):
    """It is told at once why not, and logs nothing of a server that never started."""
    config = configured(tmp_path)
    with serving(config):
        done = homeport(config, "serve", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{tmp_path / 'server.db'} is in use by another `homeport serve`; stop")
    assert done.stderr.count("\n") == 1


def test_a_port_in_use(tmp_path):
    """One sentence on standard error names address and way out, and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        config = configured(
            tmp_path,
            template=TEMPLATE.replace(
                'gateway: {{listen: ["127.0.0.1:0"', f'gateway: {{{{listen: ["{address}"'
            ),
        )
        done = homeport(config, "serve", check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"{address} is used by another program; stop that one, or change server.gateway.listen"
    )
    assert "server.stopped" not in done.stderr


def test_a_reload_says_what_waits_for_a_restart(tmp_path):
    """`config reload` tells it apart from what changed, in words and in JSON."""
    config = configured(tmp_path)
    with serving(config):
        config.write_text(config.read_text().replace('dns: {listen: ["', 'dns: {listen: ["[::1]:0", "'))
        done = homeport(config, "config", "reload")
        assert "server.dns.listen[1]: 127.0.0.1:" in done.stdout
        assert done.stderr.split(": ")[-1] == "server.dns\n"
        said = json.loads(homeport(config, "config", "reload", "--json").stdout)
        assert said == {"changed": [], "needs_restart": ["server.dns"]}


def test_a_file_without_a_server(tmp_path):
    """A file for an agent alone is no reason to guess: status 2 and the way out."""
    config = configured(tmp_path, template="agent: {{}}\n")
    done = homeport(config, "serve", check=False)
    assert done.returncode == 2
    assert "there is no `server:` in it" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_reload(tmp_path):
    """SIGHUP reads the file again: a new zone is served, and a bad file changes nothing."""
    config = configured(tmp_path)
    with serving(config) as server:
        good = config.read_text()
        config.write_text(good + "  nonsense: 1\n")
        os.kill(server.process.pid, signal.SIGHUP)
        server.wait_for("config.rejected")
        assert server.get("/readyz")[0] == 200
        lab = "    - {name: lab.example.com, nameservers: [{name: ns.example.net}]}\n"
        config.write_text(good.replace("  gateway:", lab + "  gateway:"))
        os.kill(server.process.pid, signal.SIGHUP)
        server.wait_for("config.reloaded")
        assert "lab.example.com" in homeport(config, "zone", "list").stdout
