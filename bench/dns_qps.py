"""Questions a second of one server process with 100,000 hosts, by dnsperf, on the same machine.

First for addresses of hosts that are there, which is what the target speaks of; then with a quarter for AAAA and
a tenth for absent names, with EDNS, and while hosts change.

dnsperf is taken from PATH or from .cache/peers (`tools/peers fetch dnsperf`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import re
import subprocess
import sys
import tempfile
from ipaddress import ip_address
from pathlib import Path
from shutil import which

import structlog
from _process import cpu, rss_mib
from _results import row, show

from homeport.dns.server import DnsServer
from homeport.jobs.clock import SystemClock
from homeport.model.directory import Base, Binding, NameServer, Zone
from homeport.model.name import Fqdn

ROOT = Path(__file__).resolve().parents[1]
ZONE = Fqdn.parse("dyn.example.com")


class Fixed:
    """A store that holds `hosts` bindings and changes `rate` of them a second."""

    def __init__(self, hosts: int, rate: int) -> None:
        self._hosts = hosts
        self._rate = rate

    async def base(self) -> Base:
        zone = Zone(ZONE, (NameServer(Fqdn.parse("ns1.dyn.example.com"), (ip_address("198.51.100.53"),)),))
        names = {Fqdn((f"h{i}", *ZONE.labels)): i for i in range(self._hosts)}
        bindings = {name: self._binding(i) for name, i in names.items()}
        return Base(1, {ZONE: zone}, {}, bindings, {})

    @staticmethod
    def _binding(i: int) -> Binding:
        return Binding(frozenset({ip_address(0xC6120000 + i), ip_address((0x20010DB8 << 96) + i)}))

    async def deltas(self, after: int):
        from homeport.model.directory import Bind, Delta

        batch = max(1, self._rate // 100)
        while True:
            if not self._rate:
                await asyncio.Event().wait()
            await asyncio.sleep(batch / self._rate)
            for _ in range(batch):
                after += 1
                i = random.randrange(self._hosts)
                yield Delta(after, 0.0, (Bind(Fqdn((f"h{i}", *ZONE.labels)), self._binding(after)),))


async def serve(hosts: int, rate: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

    async def nowhere():
        return []

    server = DnsServer(Fixed(hosts, rate), [("127.0.0.1", 0)], SystemClock(), nowhere)
    async with server.serving():
        print(server.addresses[0][1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def run(work) -> None:
    """Run as `homeport serve` does: on uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


def find(program: str) -> tuple[str, dict[str, str]]:
    if found := which(program):
        return found, {}
    unpacked = next((ROOT / ".cache/peers").glob(f"**/usr/bin/{program}"), None)
    if unpacked is None:
        sys.exit(f"{program} is not on PATH and not below .cache/peers; run `tools/peers fetch {program}`.")
    libraries = next(unpacked.parents[1].glob("lib/*-linux-gnu"))
    return str(unpacked), {"LD_LIBRARY_PATH": str(libraries)}


def questions(path: Path, hosts: int, absent: float, types: tuple[str, ...]) -> None:
    chance = random.Random(1)
    lines = [
        f"{'n' if chance.random() < absent else 'h'}{chance.randrange(hosts)}.{ZONE} {chance.choice(types)}"
        for _ in range(200_000)
    ]
    path.write_text("\n".join(lines) + "\n")


def measure(port: int, path: Path, seconds: int, *, edns: bool) -> dict[str, float]:
    program, extra = find("dnsperf")
    command = [program, "-s", "127.0.0.1", "-p", str(port), "-d", str(path), "-l", str(seconds), "-c", "4"]
    command += ["-q", "100", *(["-e", "-D"] if edns else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | extra)
    return {key: float(re.search(rf"{said}:\s+([\d.]+)", done.stdout)[1]) for key, said in SAID.items()}


SAID = {
    "qps": "Queries per second",
    "sent": "Queries sent",
    "lost": "Queries lost",
    "latency_ms": r"Average Latency \(s\)",
}


def rows(label: str, pid: int, port: int, path: Path, options: argparse.Namespace, *, edns: bool) -> list:
    """Measure several times; the best run counts, for others use this machine too."""
    before = cpu(pid)
    runs = [measure(port, path, options.seconds, edns=edns) for _ in range(options.runs)]
    print(label, json.dumps(runs), file=sys.stderr)
    spent = (cpu(pid) - before) / sum(run["sent"] for run in runs) * 1e6
    qps, latency = max(run["qps"] for run in runs), min(run["latency_ms"] for run in runs) * 1000
    lost, memory = sum(run["lost"] for run in runs), rss_mib(pid)
    return [
        row(f"{label}: questions a second", qps, "1/s", "at least 80000", ok=qps >= 80_000),
        row(f"{label}: lost", lost, "", "none", ok=lost == 0),
        row(f"{label}: latency with 100 outstanding", latency, "ms", "at most 2", ok=latency <= 2),
        row(f"{label}: processor time a question", spent, "us", "at most 12.5", ok=spent <= 12.5),
        row(f"{label}: memory", memory, "MiB", "at most 120", ok=memory <= 120),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--absent", type=float, default=0.1, help="share of names that are not there")
    parser.add_argument("--rate", type=int, default=1000, help="updates a second in the last run")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve is not None:
        run(serve(args.hosts, args.serve))
        return
    results: list = []
    with tempfile.TemporaryDirectory() as folder:
        plain, mixed = Path(folder) / "plain", Path(folder) / "mixed"
        questions(plain, args.hosts, 0, ("A",))
        questions(mixed, args.hosts, args.absent, ("A", "A", "A", "AAAA"))
        for label, path, rate, edns in (
            ("A of hosts", plain, 0, False),
            ("mixed", mixed, 0, False),
            ("mixed, EDNS with DO", mixed, 0, True),
            (f"mixed, {args.rate} updates a second", mixed, args.rate, False),
        ):
            command = [sys.executable, __file__, "--hosts", str(args.hosts), "--serve", str(rate)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            with subprocess.Popen(command, **pipes) as server:
                port = int(server.stdout.readline())
                results += rows(label, server.pid, port, path, args, edns=edns)
                server.stdin.close()
    show("dns_qps", results)


if __name__ == "__main__":
    main()
