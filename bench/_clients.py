"""The clients of `side_by_side.py`: unmodified, each looking as often as it can be told to.

Each is given one host, told where to read this machine's address, and kept running as its makers mean it to.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fakes.peers import peer, surroundings

ROOT = Path(__file__).resolve().parents[1]
FETCHED = ROOT / ".cache" / "bench-clients"
Started = tuple[list[str], dict[str, str]]
"""A command, and its environment."""


@dataclass(frozen=True)
class Place:
    """What a client is told.

    Attributes:
        server: `host:port` of the gateway, whose `/ip` is also the echo.
        interface: the one that carries the address; empty behind a router, where the echo is asked.
        token: id and secret.
    """

    server: str
    interface: str
    token: tuple[str, str]


@dataclass(frozen=True)
class Client:
    """How one client is run.

    Attributes:
        every: seconds between its looks: the fewest it allows.
        start: makes its files in a folder and says how it is started there for a host.
    """

    name: str
    every: float
    start: Callable[[Path, Place, str], Started]


def ddclient(folder: Path, place: Place, host: str) -> Started:
    """Debian's; shorter intervals than 60 s become 60 s.

    With `usev4` in place of `use`, 3.10 takes each success of this protocol for a failure and skips the next change.
    """
    look = f"use=if, if={place.interface}" if place.interface else f"use=web, web=http://{place.server}/ip"
    user, password = place.token
    conf = folder / "ddclient.conf"
    conf.write_text(
        f"daemon=60\nssl=no\n{look}\nprotocol=dyndns2\nserver={place.server}\nlogin={user}\npassword={password}\n{host}\n"
    )
    conf.chmod(0o600)
    files = [f"-{name}={folder / name}" for name in ("cache", "pid")]
    program = peer("ddclient")
    return [*program.command, "-foreground", f"-file={conf}", *files], dict(program.environment)


def inadyn(folder: Path, place: Place, host: str) -> Started:
    """Debian's; shorter periods than 30 s become 30 s."""
    user, password = place.token
    look = (
        f"iface = {place.interface}"
        if place.interface
        else f'checkip-server = {place.server}\n checkip-path = "/ip"\n checkip-ssl = false'
    )
    conf = folder / "inadyn.conf"
    conf.write_text(f"""period = 30
custom bench {{
 {look}
 ssl = false
 username = {user}
 password = {password}
 ddns-server = {place.server}
 ddns-path = "/nic/update?hostname=%h&myip=%i"
 hostname = {host}
}}
""")
    program = peer("inadyn")
    words = ["-n", "-f", str(conf), "--cache-dir", str(folder), "-P", str(folder / "pid")]
    return [*program.command, *words], dict(program.environment)


def ddns(folder: Path, place: Place, host: str) -> Started:
    """NewFuture's, with its own timer, which counts whole minutes."""
    network = r"regex:93\.184\.216\..*"
    settings = {
        "dns": "callback",
        "id": f"http://{place.server}/update?hostname=__DOMAIN__&token={'.'.join(place.token)}&ip=__IP__",
        "ipv4": [host],
        "index4": [network if place.interface else f"url:http://{place.server}/ip"],
        "index6": False,
        "cache": str(folder / "cache"),
    }
    (folder / "config.json").write_text(json.dumps(settings))
    words = ["web", "--interval", "1", "--port", "0", "-c", str(folder / "config.json")]
    environment = surroundings() | {"PYTHONPATH": str(FETCHED), "HOME": str(folder)}
    return [sys.executable, "-m", "ddns", *words], environment


OTHERS = (Client("ddclient", 60, ddclient), Client("inadyn", 30, inadyn), Client("ddns", 60, ddns))


def fetch() -> None:
    """Install what comes from the package index where nothing else sees it."""
    wanted = ROOT / "bench" / "clients.txt"
    stamp = FETCHED / "clients.txt"
    if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
        return
    words = ["--no-deps", "--require-hashes", "--target", str(FETCHED), "-r", str(wanted)]
    subprocess.run([*_installer(), "--quiet", "--upgrade", *words], check=True, stdout=sys.stderr)
    stamp.write_bytes(wanted.read_bytes())


def _installer() -> list[str]:
    """Return pip, or uv where that has made the virtual environment and left pip out."""
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    return ["uv", "pip", "install", "--python", sys.executable]
