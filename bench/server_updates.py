"""Durable, authenticated updates a second through HTTP, each a real change that DNS answers when it is acknowledged.

One server process as `homeport serve` runs it, and one process that sends: 64 connections, each waiting for
its answer before it sends again. Both share this machine's cores. Afterwards DNS is asked for the last
acknowledged address of every tenth host.
"""

import asyncio
import gc
import random
import socket
import statistics
import sys
import tempfile
import time
from base64 import b64encode
from ipaddress import IPv4Address
from pathlib import Path

from _home import question
from _results import percentile, row, show
from _serving import ZONE, furnished, serving, written

from homeport.model.directory import Host, PutHost
from homeport.model.name import Fqdn

HOSTS = 10_000
CONNECTIONS = 64
SECONDS = 8.0
WARM_UP = 1.0


class Client(asyncio.Protocol):
    """One connection: sends, waits for the answer, sends again, until the time is over."""

    def __init__(self, load: "Load") -> None:
        self.load = load

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.host, self.address, request = self.load.next()
        self.sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        if not data.endswith(self.address):
            self.load.failed.append(data)
        self.load.took.append((now, now - self.sent))
        self.load.acknowledged[self.host] = self.address
        if now < self.load.end:
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, exc) -> None:  # noqa: ARG002 -- asyncio's signature
        self.load.left -= 1
        if not self.load.left:
            self.load.done.set_result(None)


class Load:
    """What all connections share."""

    def __init__(self, told) -> None:
        login = b64encode(f"{told['id']}:{told['secret']}".encode()).decode()
        self.request = b"GET /nic/update?hostname=h%d." + ZONE.encode() + b"&myip=%b HTTP/1.1\r\nHost: x\r\n"
        self.request += f"Authorization: Basic {login}\r\nUser-Agent: bench\r\n\r\n".encode()
        self.count = random.randrange(1 << 24)
        self.took, self.failed, self.acknowledged = [], [], {}
        self.left = CONNECTIONS
        self.end = time.perf_counter() + SECONDS
        self.done = asyncio.get_running_loop().create_future()

    def next(self):
        self.count += 1
        host = self.count % HOSTS
        address = socket.inet_ntoa((0x0B000000 + self.count).to_bytes(4, "big")).encode()
        return host, address, self.request % (host, address)


async def load(told) -> Load:
    loop, made = asyncio.get_running_loop(), Load(told)
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Client(made), "127.0.0.1", told["gateway"])
    await made.done
    return made


def wrong_in_dns(told, acknowledged) -> int:
    """Return how many of every tenth host DNS answers otherwise than acknowledged."""
    wrong = 0
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", told["dns"]))
        sock.settimeout(2)
        for host in range(0, HOSTS, 10):
            sock.send(question(f"h{host}.{ZONE}"))
            answer = sock.recv(2048)
            wrong += host in acknowledged and IPv4Address(acknowledged[host].decode()).packed not in answer
    return wrong


def run(work):
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


def main() -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        config = written(folder)
        names = [Fqdn.parse(f"h{n}.{ZONE}") for n in range(HOSTS)]
        hosts = [PutHost(Host(name)) for name in names]
        issued = run(furnished(config, hosts, list(map(str, names))))
        with serving(config) as (_, started):
            ports = {what: int(started[what][0].rpartition(":")[2]) for what in ("gateway", "dns")}
            gc.disable()  # of this process: its pauses are not the server's
            made = run(load(ports | issued))
            wrong = wrong_in_dns(ports, made.acknowledged)
    begin = made.end - SECONDS + WARM_UP
    took = sorted(took for at, took in made.took if begin <= at <= made.end)
    rate, p99 = len(took) / (SECONDS - WARM_UP), percentile(took, 99) * 1000
    bad = len(made.failed) + wrong
    print(f"p50 {statistics.median(took) * 1000:.1f} ms, not as asked: {made.failed[:3]}", file=sys.stderr)
    rows = [
        row("durable updates, 64 connections", round(rate), "1/s", ">= 5000", ok=rate >= 5000),
        row("p99 of an update", round(p99, 1), "ms", "<= 50", ok=p99 <= 50),
        row("answers or DNS not as acknowledged", bad, "", "0", ok=bad == 0),
    ]
    show("server_updates", rows)


if __name__ == "__main__":
    main()
