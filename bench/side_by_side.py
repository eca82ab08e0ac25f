"""How long a changed address takes to be answered, ours beside ddclient, inadyn and NewFuture's ddns in one run.

Three places at once: a machine whose own interface changes, and two behind a NAT router whose WAN address does. One
router speaks (miniupnpd) and ours hears it, one tells nothing and ours has its heartbeat; the others ask an echo at
both. At a place all update one server of ours and see the same changes. The others look as often as they can be told
to, and several of each, started evenly over their interval, stand for every moment at which a change may come. Ours is
then measured again by itself where it is quick. Prints one JSON object; run as root. It takes five minutes.
"""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import _results
from _home import asking, ip, question
from _process import homeport
from _serving import furnished

from homeport.model.directory import Host, PutHost
from homeport.model.name import Fqdn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import _clients  # noqa: E402 -- it needs the tests' peers

from fakes.nat import FIRST, WORLD, at_router, home  # noqa: E402 -- the tests' home stands in tests/

CHANGES = int(os.environ.get("HOMEPORT_BENCH_CHANGES", "3"))
QUICK = 20  # changes that ours alone is measured at
EACH = 6  # of every client that looks now and then
BEAT = 10  # seconds
ZONE = "dyn.example.com"
PATIENCE = 200.0  # seconds
NETWORK = WORLD.rpartition(".")[0]
SERVER = """\
server:
  zones: [{{name: {zone}, nameservers: [{{name: ns1.{zone}, addresses: ["{at}"]}}]}}]
  gateway: {{listen: "{at}:8053"}}
  dns: {{listen: "{at}:5300"}}
  heartbeat: {{listen: "{at}:8054"}}
  store: {{kind: sqlite, path: server.db}}
"""
AGENT = """\
agent:
  addresses: {{here: {{detect: [{detect}], witnesses: 1}}}}
  records: [{{name: {host}, types: [A], address: here, provider: ours}}]
  providers: {{ours: {{kind: homeport, server: "http://{server}", token: "file:token"}}}}
  {more}
  state: agent
"""


@dataclass
class Scene:
    """Where everybody is, and what was measured there: seconds by client.

    Attributes:
        serve: words before a command that make it run where the server is.
        change: gives this machine, or its router, another address.
        is_told: kernel or router tell of it.
    """

    folder: Path
    at: str
    interface: str
    serve: tuple[str, ...]
    change: Callable[[str], None]
    dns: socket.socket
    is_told: bool = True
    hosts: dict[str, list[str]] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=dict)
    running: list[subprocess.Popen] = field(default_factory=list)
    count: int = 100

    def start(self, name: str, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        self.running.append(process)

    def end(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait()


def measure(scene: Scene) -> None:
    scene.hosts = {
        client.name: [f"{client.name}{n}.{ZONE}" for n in range(EACH)] for client in _clients.OTHERS
    }
    scene.hosts["homeport"] = [f"homeport{n}.{ZONE}" for n in range(1 if scene.is_told else EACH)]
    try:
        start_all(scene, furnish(scene))
        await_all(scene, list(scene.hosts), FIRST)
        for _ in range(CHANGES):
            time.sleep(2 + secrets.randbelow(10_000) / 1000)
            change(scene, list(scene.hosts))
        for _ in range(QUICK if scene.is_told else 0):
            time.sleep(1.2 + secrets.randbelow(1000) / 1000)
            change(scene, ["homeport"])
    except SystemExit:
        for log in sorted(scene.folder.glob("*.log")):
            print(f"--- {log.stem}\n{log.read_text()[-1500:]}", file=sys.stderr)
        raise
    finally:
        scene.end()


def furnish(scene: Scene) -> tuple[str, str]:
    """Make the server with all hosts and start it; return the token that everybody has."""
    folder = scene.folder / "server"
    folder.mkdir()
    (folder / "homeport.yaml").write_text(SERVER.format(zone=ZONE, at=scene.at))
    hosts = [host for hosts in scene.hosts.values() for host in hosts]
    ops = [PutHost(Host(Fqdn.parse(host))) for host in hosts]
    token = asyncio.run(furnished(folder / "homeport.yaml", ops, hosts))
    scene.start("server", [*scene.serve, *homeport("serve")], folder, dict(os.environ))
    return token["id"], token["secret"]


def start_all(scene: Scene, token: tuple[str, str]) -> None:
    """Start every client, those of a kind evenly over the interval at which they look."""
    place = _clients.Place(f"{scene.at}:8053", scene.interface, token)
    clients = [*_clients.OTHERS, _clients.Client("homeport", BEAT, ours if scene.is_told else beating)]
    starts = [
        (client.every * n / EACH, client.name, client.start, host)
        for client in clients
        for n, host in enumerate(scene.hosts[client.name])
    ]
    begin = time.perf_counter() + 2  # until the server is there
    for number, (at, name, start, host) in enumerate(sorted(starts, key=lambda each: each[0])):
        time.sleep(max(0.0, begin + at - time.perf_counter()))
        folder = scene.folder / f"{number}-{name}"
        folder.mkdir()
        command, environment = start(folder, place, host)
        scene.start(folder.name, command, folder, environment)


def ours(folder: Path, place: _clients.Place, host: str) -> _clients.Started:
    detect = f"{{kind: interface, name: {place.interface}}}" if place.interface else "{kind: router}"
    return agent(folder, place, host, detect, "")


def beating(folder: Path, place: _clients.Place, host: str) -> _clients.Started:
    """Return an agent that asks our server, as its heartbeat does."""
    detect = f'{{kind: server, server: "http://{place.server}"}}'
    return agent(folder, place, host, detect, f"heartbeat: {{server: ours, every: {BEAT}}}")


def agent(folder: Path, place: _clients.Place, host: str, detect: str, more: str) -> _clients.Started:
    text = AGENT.format(detect=detect, host=host, server=place.server, more=more)
    (folder / "homeport.yaml").write_text(text)
    (folder / "token").write_text(".".join(place.token))
    return homeport("run", "--no-web"), dict(os.environ)


def change(scene: Scene, clients: list[str]) -> None:
    """Change the address once, and note how long each of these clients took."""
    scene.count += 1
    address = f"{NETWORK}.{scene.count}"
    begin = time.perf_counter()
    scene.change(address)
    slowest = {}
    for name, seconds in await_all(scene, clients, address, begin):
        scene.took.setdefault(name, []).append(seconds)
        slowest[name] = round(seconds, 2)
    print(f"{address} from {scene.interface or 'the router'}, slowest: {slowest}", file=sys.stderr)


def await_all(scene: Scene, clients: list[str], address: str, begin: float | None = None):
    """Ask for every host until all are at `address`; return client and seconds of each."""
    begin = begin or time.perf_counter()
    waiting = [(name, host) for name in clients for host in scene.hosts[name]]
    took = []
    while waiting:
        for name, host in list(waiting):
            if is_at(scene.dns, host, address):
                took.append((name, time.perf_counter() - begin))
                waiting.remove((name, host))
        passed = time.perf_counter() - begin
        if passed > PATIENCE:
            raise SystemExit(f"never at {address}: {waiting}")
        time.sleep(0.0005 if passed < 2 else 0.02)
    return took


def is_at(dns: socket.socket, host: str, address: str) -> bool:
    asked = question(host)
    dns.send(asked)
    try:
        while (answer := dns.recv(512))[:2] != asked[:2]:
            pass
    except (TimeoutError, ConnectionRefusedError):
        time.sleep(0.01)
        return False
    return answer.endswith(socket.inet_aton(address))


@contextlib.contextmanager
def own_interface(folder: Path):
    """Yield a machine with a public address, the server on it; this process is in a network of its own."""
    now = FIRST

    def change(address: str) -> None:
        nonlocal now
        ip(f"addr del {now}/24 dev v0", f"addr add {address}/24 dev v0")
        now = address

    ip("link set lo up", "link add v0 type veth peer name v1", "link set v0 up", "link set v1 up")
    ip(f"addr add {FIRST}/24 dev v0")
    yield Scene(folder, "127.0.0.1", "v0", (), change, asking())


@contextlib.contextmanager
def behind_router(folder: Path):
    """Yield a machine behind a router that speaks UPnP, the server in the world."""
    with home(folder) as around:
        yield Scene(folder, WORLD, "", around.world, around.change, asking(WORLD, around.world[2]))


@contextlib.contextmanager
def behind_silence(folder: Path):
    """Yield a machine behind a router that tells nothing."""
    with home(folder) as around:
        os.kill(around.program, signal.SIGKILL)
        now = FIRST

        def change(address: str) -> None:
            nonlocal now
            at_router(around.router, f"addr del {now}/24 dev wan0")
            at_router(around.router, f"addr add {address}/24 dev wan0")
            now = address

        yield Scene(folder, WORLD, "", around.world, change, asking(WORLD, around.world[2]), is_told=False)


PLACES = {
    "own interface": own_interface,
    "behind a router": behind_router,
    "behind a silent one": behind_silence,
}


def inside(place: str) -> None:
    """Measure at one place and print what everybody took."""
    with tempfile.TemporaryDirectory() as folder, PLACES[place](Path(folder)) as scene:
        measure(scene)
    print(json.dumps(scene.took))


def main() -> None:
    if len(sys.argv) > 1:
        inside(sys.argv[1])
        return
    _clients.fetch()
    commands = {place: ["unshare", "-n", sys.executable, __file__, place] for place in PLACES}
    started = {place: subprocess.Popen(words, stdout=subprocess.PIPE) for place, words in commands.items()}
    answers = {place: process.communicate()[0] for place, process in started.items()}
    if failed := [place for place, process in started.items() if process.returncode]:
        raise SystemExit(f"not measured: {', '.join(failed)}")
    results = [row for place, answer in answers.items() for row in rows(place, json.loads(answer))]
    _results.show("side_by_side", results)


TARGETS = {
    ("own interface", "homeport"): (0.45, 0.8),
    ("behind a router", "homeport"): (1.0, 1.5),
    ("behind a silent one", "homeport"): (6.5, 12.5),
}


def rows(place: str, took: dict[str, list[float]]):
    """Yield p50 and p95 of each client, and how many times as long as ours the others take."""
    quickest = statistics.median(took["homeport"])
    for name, seconds in took.items():
        seconds.sort()
        found = statistics.median(seconds), _results.percentile(seconds, 95)
        targets = TARGETS.get((place, name), (None, None))
        for what, value, target in zip(("p50", "p95"), found, targets, strict=True):
            yield row(f"{place}: {name}, {what}", value, "s", target)
        if name != "homeport":
            times = found[0] / quickest
            yield row(f"{place}: {name} to homeport, p50", times, "times", None)


def row(what: str, value: float, unit: str, target: float | None):
    if target is None:
        return _results.row(what, value, unit, "to compare", ok=True)
    return _results.at_most(what, value, target, unit)


if __name__ == "__main__":
    main()
