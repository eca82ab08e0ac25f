"""The same program on Windows: real Windows CPython, run by Wine, against the same servers.

What Wine cannot show is not claimed here: a real service, a real firewall, a real sleep and wake.
"""

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.neighbourhood import neighbourhood
from fakes.netns import ip, network_namespace, wire
from fakes.programs import Folder

TOP = Path(__file__).resolve().parents[2]
PIPES = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE) | {
    "stderr": subprocess.STDOUT
}  # Wine takes no other


@pytest.fixture
def around(tmp_path, logged_on_windows):
    """The neighbourhood of an agent, and a folder whose commands run on Windows."""
    python, env = logged_on_windows
    with neighbourhood(tmp_path) as there:
        there.folder = replace(there.folder, python=python, env=env)
        yield there


def test_publishes_and_verifies_with_a_secret_under_dpapi(around):
    """`secret set`, `plan`, `once`: the token is sealed by Windows, and the name servers are asked."""
    around.folder.run("secret", "set", "cf", text=around.cloudflare.secret + "\n")
    assert around.cloudflare.secret not in (around.folder.path / "secrets.json").read_text()
    around.configure(changes={"file:token": "secret:cf"})
    assert "new: 8.8.8.8" in around.folder.run("plan").stdout
    [record] = around.folder.json("once")["records"]
    assert (record["state"], record["verified"]) == ("current", "dns")
    assert around.held() == ["8.8.8.8"]


def test_runs_and_answers_on_its_named_pipe(around):
    """`run` in one process; `status`, `once` and `config reload` in others find it by its pipe."""
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "record.verified")
        assert around.folder.json("status")["records"][0]["published"]["rdata"] == ["8.8.8.8"]
        around.say("9.9.9.9")
        assert around.folder.json("once")["records"][0]["published"]["rdata"] == ["9.9.9.9"]
        assert around.folder.run("config", "reload").stdout == "nothing changed\n"
        second = around.folder.run("run", "--no-web", check=False)
        assert "is in use by another homeport process" in second.stderr


def test_learns_the_interface_addresses(around):
    """GetAdaptersAddresses is read as the kernel means it: the same addresses as Linux sees."""
    from homeport.net import interfaces

    around.folder.write(
        "homeport.yaml", "agent: {addresses: {lan: {detect: [{kind: interface}], allow_private: true}}}\n"
    )
    here = {str(one.address) for one in asyncio.run(interfaces.addresses())}
    report = around.folder.json("detect", check=False)
    learned = {address for each in report["addresses"] for address in each["addresses"]}
    assert learned <= here
    assert learned or not [one for one in here if not one.startswith(("127.", "::1", "fe80:"))]


def test_binds_to_an_interface_by_the_name_people_see(windows):
    """The name that `homeport detect` shows is the one that is bound to; another is refused, never ignored.

    IPv4 alone: Wine hands an IPv6 index on in the wrong byte order.
    """
    command, env = windows
    program = (
        "import asyncio, socket\n"
        "from homeport.net import interfaces\n"
        "from homeport.net.dial import bind_to_interface\n"
        "for one in asyncio.run(interfaces.addresses()):\n"
        "    if one.address.version == 4:\n"
        "        bind_to_interface(socket.socket(), one.interface)\n"
        "        print('bound to', one.interface)\n"
        "try:\n"
        "    bind_to_interface(socket.socket(), 'no such line')\n"
        "except OSError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [*command, "-c", program], input="", env=env, capture_output=True, text=True, check=True, timeout=120
    )
    assert "bound to lo" in done.stdout
    assert "there is no interface 'no such line'" in done.stdout


@pytest.fixture
def alone(windows, own_network):
    """A network of its own with one interface, in which Windows is started anew."""
    _, env = windows
    subprocess.run(["wineserver", "-k"], env=env, check=False)  # what runs already lives in another network
    with network_namespace():
        ip("link set lo up")
        wire("wan0")
        ip("addr add 10.1.0.1/24 dev wan0")
        yield
        subprocess.run(["wineserver", "-k"], env=env, check=False)


def test_publishes_a_changed_address_at_once(alone, around):
    """The kernel's change reaches the agent through Windows: no poll is due for five minutes."""
    addresses = "\n        - {kind: interface, name: wan0}\n      allow_private: true"
    witnesses = "".join(f"\n        - {{kind: http_echo, url: '{each.url()}'}}" for each in around.echoes)
    around.configure(changes={witnesses: addresses})
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "record.verified")
        for number in (2, 3):
            ip(f"addr del 10.1.0.{number - 1}/24 dev wan0")
            ip(f"addr add 10.1.0.{number}/24 dev wan0")
            around.folder.wait_for("log", "record.published", after=[f"10.1.0.{number}"])
    heard = [why for event in around.folder.events("log") for why in event.get("why", ())]
    assert [why for why in heard if "on wan0 is" in why], heard
    assert around.held() == ["10.1.0.3"]


def test_every_source_is_heard_and_ends(alone, windows):
    """Registered with Windows, each callback stirs; in the end no thread is left and nothing crashes.

    Wine takes the registrations of the IP helper and of the power service and never calls them: the test does.
    """
    command, env = windows
    ear = subprocess.Popen(
        [*command, str(TOP / "tests/fakes/windows_ear.py")], env=env, **PIPES, text=True, bufsize=1
    )
    told = iter(ear.stdout)
    heard = next(told)
    while "this machine woke up" not in heard:
        heard += next(told)
    assert "a default route is gone" in heard
    ip("addr add 10.1.0.2/24 dev wan0")
    assert next(each for each in told if "10.1.0.2 on wan0 is there" in each)
    out, _ = ear.communicate("\n", timeout=60)
    assert "left: []" in out
    assert ear.returncode == 0


def test_serves_updates_and_dns(tmp_path, logged_on_windows):
    """The server on Windows: an update by HTTP is what its DNS answers, over UDP and TCP."""
    python, env = logged_on_windows
    folder = Folder(tmp_path, env, python)
    folder.write(
        "homeport.yaml",
        """
server:
  zones:
    - {name: dyn.example.com, nameservers: [{name: ns1.dyn.example.com, addresses: ["192.0.2.53"]}]}
  gateway: {listen: "127.0.0.1:0"}
  dns: {listen: "127.0.0.1:0"}
  store: {kind: sqlite, path: server.db}
""",
    )
    folder.run("host", "add", "box.dyn.example.com")
    with folder.running("serve", log="log"):
        started = folder.wait_for("log", "server.started")
        token = folder.json("token", "create", "--host", "box.dyn.example.com")
        assert update(started["gateway"][0], token) == "good 203.0.113.7"
        for ask in ("udp", "tcp"):
            assert answer(started["dns"][0], ask) == "203.0.113.7"


def update(gateway, token):
    query = "hostname=box.dyn.example.com&myip=203.0.113.7"
    command = ["curl", "-s", "-u", f"{token['id']}:{token['secret']}", f"http://{gateway}/nic/update?{query}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def answer(server, way):
    import dns.message
    import dns.query

    host, port = server.rsplit(":", 1)
    query = dns.message.make_query("box.dyn.example.com", "A")
    response = getattr(dns.query, way)(query, host, port=int(port), timeout=20)
    return str(response.answer[0][0])
