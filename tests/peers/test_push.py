"""Real update clients push to a running agent, whose page nobody has open, and a real server publishes what they said."""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.peers import peer
from fakes.programs import Folder, wait_until
from fakes.served import HOME, ZONE, Served, configured, in_dns, serving, with_hosts

NAS = f"nas.{ZONE}"
AGENT = """\
agent:
  push:
    fritz: {{password: fritz-secret}}
  addresses:
    router: {{detect: [{{kind: push, from: fritz}}], allow_private: true}}
  records:
    - {{name: {home}, types: [A, AAAA], address: router, provider: ours}}
    - {{name: {nas}, types: [A], address: router, provider: ours}}
  providers:
    ours: {{kind: homeport, server: "http://{gateway}", token: "{token}", nameservers: ["{dns}"]}}
  web: {{listen: ["127.0.0.1:0"]}}
  state: state
"""
DDCLIENT = """\
daemon=0
ssl=no
use=ip, ip={address}
protocol=dyndns2
server={place}
login=fritz
password={password}
{hosts}
"""
INADYN = """\
period = 300
iface = lo
custom homeport {{
    ssl = false
    username = fritz
    password = {password}
    checkip-command = "/bin/echo {address}"
    ddns-server = {place}
    ddns-path = "/nic/update?hostname=%h&myip=%i"
    hostname = {host}
}}
"""


@dataclass
class Pushed:
    """An agent that waits for a router, and the server that it publishes at."""

    folder: Folder
    server: Served
    place: str = ""

    @contextlib.contextmanager
    def running(self, log="agent.log"):
        """Keep the agent running, and know where its page is."""
        with self.folder.running("run", log=log) as process:
            self.place = self.folder.wait_for(log, "listener.opened", listener="page")["address"]
            yield process

    def published(self, name, address):
        """Wait until DNS answers it, with what the agent told if it never does."""
        log = self.folder.path / "agent.log"
        wait_until(lambda: in_dns(self.server.dns, name) == address, lambda: log.read_text("utf-8"))

    def ddclient(self, address, *words, hosts=HOME, password="fritz-secret"):
        """Run ddclient once and return what it said."""
        path = self.folder.path / "ddclient.conf"
        path.write_text(DDCLIENT.format(place=self.place, address=address, hosts=hosts, password=password))
        path.chmod(0o600)
        files = ["-file", str(path)]
        for kind in ("cache", "pid"):
            files += [f"-{kind}", str(self.folder.path / f"ddclient.{kind}")]
        done = peer("ddclient").run(*files, "-daemon=0", "-verbose", "-noquiet", *words)
        return done.stdout + done.stderr

    def inadyn(self, address, *words, host=HOME, password="fritz-secret"):
        """Run inadyn once and return its status and what it said."""
        path = self.folder.path / "inadyn.conf"
        path.write_text(INADYN.format(place=self.place, address=address, host=host, password=password))
        path.chmod(0o600)
        cache = self.folder.path / "cache"
        cache.mkdir(exist_ok=True)
        files = ["-f", str(path), "--cache-dir", str(cache)]
        done = peer("inadyn").run("-1", "-n", "-l", "debug", *files, *words, timeout=100)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def around(tmp_path):
    """A server with two hosts, and an agent that would publish there."""
    config = configured(tmp_path)
    with serving(config) as server:
        token = "{id}.{secret}".format(**with_hosts(config, HOME, NAS))
        (tmp_path / "agent").mkdir()
        folder = Folder(tmp_path / "agent")
        dns = "{}:{}".format(*server.dns)
        text = AGENT.format(home=HOME, nas=NAS, gateway=server.gateway, token=token, dns=dns)
        folder.write("homeport.yaml", text)
        (folder.path / "homeport.yaml").chmod(0o600)
        yield Pushed(folder, server)


def test_ddclient(around):
    """First push, no change, change, two names in one request: each answer is understood, and each address is in DNS."""
    with around.running():
        said = around.ddclient("198.51.100.7")
        assert f"SUCCESS:  updating {HOME}: good: IP address set to 198.51.100.7" in said
        around.published(HOME, "198.51.100.7")
        assert "nochg" in around.ddclient("198.51.100.7", "-force")
        said = around.ddclient("198.51.100.8", "-force", hosts=f"{HOME},{NAS}")
        assert said.count("good: IP address set to 198.51.100.8") == 2
        around.published(HOME, "198.51.100.8")
        around.published(NAS, "198.51.100.8")
        assert "nohost" in around.ddclient("198.51.100.9", hosts=f"nobody.{ZONE}")
        assert "authorization failed" in around.ddclient("198.51.100.9", "-force", password="wrong")
        around.folder.wait_for("agent.log", "address.refused", source="127.0.0.1", by="fritz")
        assert in_dns(around.server.dns, HOME) == "198.51.100.8"
    assert "fritz-secret" not in (around.folder.path / "agent.log").read_text("utf-8")


def test_inadyn(around):
    """As UniFi and many routers have it: it ends with 0 for what was taken, and else not."""
    with around.running():
        for address, words in (("198.51.100.7", ()), ("198.51.100.7", ("--force",)), ("198.51.100.8", ())):
            status, said = around.inadyn(address, *words)
            assert status == 0, said
            around.published(HOME, address)
        status, said = around.inadyn("198.51.100.9", "--force", password="wrong")
        assert status != 0
        assert "uthentication" in said
        assert around.inadyn("198.51.100.9", host=f"nobody.{ZONE}")[0] != 0
        assert in_dns(around.server.dns, HOME) == "198.51.100.8"


def test_a_url_as_openwrt_calls_it(around):
    """BusyBox's wget with user and password in the URL, and with both in the query."""
    with around.running():
        query = f"hostname={HOME}&myip=198.51.100.7"
        url = f"http://fritz:fritz-secret@{around.place}/nic/update?{query}"
        assert peer("busybox").run("wget", "-q", "-O", "-", url).stdout == "good 198.51.100.7"
        url = f"http://{around.place}/update?user=fritz&pass=fritz-secret&{query}"
        assert peer("busybox").run("wget", "-q", "-O", "-", url).stdout == "nochg 198.51.100.7"
        around.published(HOME, "198.51.100.7")


def test_a_word_outlives_the_power(around):
    """Killed right after it said `good`, and before it could publish: the next start does, without another push."""
    with around.running() as process:
        around.folder.wait_for("agent.log", "record.held", record=f"{NAS} A")
        said = around.ddclient("198.51.100.7")
        process.kill()
        process.wait()
        assert "good: IP address set to 198.51.100.7" in said
    found = around.folder.json("detect", "router", check=False)
    assert found["addresses"][0]["addresses"] == ["198.51.100.7"]
    with around.running("again.log"):
        around.published(NAS, "198.51.100.7")
        status = around.folder.json("status")
    assert [word["addresses"] for word in status["pushed"]] == [["198.51.100.7"]]


def test_nobody_has_the_page_open(around):
    """A push starts the page's process; until then the agent has none."""
    with around.running() as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        assert children.read_text("ascii") == ""
        assert "good: IP address" in around.ddclient("198.51.100.7")
        assert re.fullmatch(r"\d+ ", children.read_text("ascii"))
        around.published(HOME, "198.51.100.7")
