"""How long a round of 100 names in one zone takes at a host that answers after 20 ms, and how much it asks of it.

At Cloudflare, which has batches, and at a host of single records; from the beginning of the round until the host holds
the last name. The whole program, `homeport once`, is then run beside NewFuture's `ddns` at the same host: each starts,
learns the address without a network, and brings up 100 names that hold another one. ddns-go is quoted, not run: 6.4 s
and 301 requests in the same setting. Prints one JSON object.
"""

import asyncio
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import _results
from _host import NAMES
from _process import homeport

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import _clients  # noqa: E402 -- it needs the tests' peers

from homeport.agent import open_agent  # noqa: E402
from homeport.cli import _agent  # noqa: E402

DELAY = 0.02  # seconds
ROUNDS = 7
ZONE = "example.com"
FILE = """\
agent:
  addresses: {{here: {{detect: [{{kind: file, path: {at}}}], allow_private: true}}}}
  records:
{records}
  providers: {{host: {settings}}}
  state: {state}
"""
HOSTS = [f"h{number}.{ZONE}" for number in range(NAMES)]


class Host:
    """The fake in its process."""

    def __init__(self, process):
        self._process = process
        self.settings = json.loads(process.stdout.readline())

    def await_(self, address):
        """Have the host tell when every name holds this address."""
        self._process.stdin.write(f"{address}\n")
        self._process.stdin.flush()

    def told(self, within=60.0):
        """Return what the host told, `None` when it has not by then."""
        if not select.select([self._process.stdout], [], [], within)[0]:
            return None
        return json.loads(self._process.stdout.readline())


@contextmanager
def host(kind):
    command = [sys.executable, str(ROOT / "bench" / "_host.py"), kind, str(DELAY)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Host(process)
    finally:
        process.terminate()
        process.wait()


def address(number):
    return f"203.0.113.{number}"


def move(folder, number):
    """Let this machine have another address."""
    Path(folder, "address").write_text(address(number))


def configured(folder, kind, settings):
    """Write the file, and return where it lies; name servers that do not exist keep DNS out of it."""
    records = "\n".join(
        f"    - {{name: {name}, types: [A], address: here, provider: host}}" for name in HOSTS
    )
    given = {"kind": kind, "zone": ZONE, "nameservers": ["127.0.0.1:9"], **settings}
    path = Path(folder, "homeport.yaml")
    path.write_text(
        FILE.format(
            records=records,
            at=Path(folder, "address"),
            settings=json.dumps(given),
            state=Path(folder, "state"),
        )
    )
    return path


async def rounds(kind):
    """Return what each round took, seconds, and what the host was asked, once its names are there."""
    took = []
    with tempfile.TemporaryDirectory() as folder, host(kind) as there:
        path = configured(folder, kind, there.settings)
        move(folder, 1)
        async with open_agent(_agent.load(path)) as agent:
            for number in range(1, ROUNDS + 2):
                move(folder, number)
                there.await_(address(number))
                await asyncio.sleep(0.05)  # until the host waits
                begin = time.monotonic()
                going = asyncio.get_running_loop().create_task(agent.once())
                told = await asyncio.to_thread(there.told)
                took.append((told["at"] - begin, told))
                await asyncio.sleep(0.5)  # until it is written down
                going.cancel()  # what is left is asking name servers that do not exist
                await asyncio.gather(going, return_exceptions=True)
    return took[1:]


def program(there, folder, command, environment, number):
    """Return how long a whole program takes until the host holds its names, and what it asked."""
    there.await_(address(number))
    time.sleep(0.05)
    begin = time.monotonic()
    with Path(folder, "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    while not (told := there.told(within=1.0)):
        if process.poll() is not None:
            raise SystemExit(
                f"{command} ended before its names were there:\n{Path(folder, 'log').read_text()[-2000:]}"
            )
    process.kill()
    process.wait()
    return told["at"] - begin, told["requests"]


def side_by_side():
    """Return the seconds and requests of `homeport once` and of `ddns`, by turns at one host."""
    _clients.fetch()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder, host("cloudflare") as there:
        configured(folder, "cloudflare", there.settings)
        url = there.settings["base_url"].removesuffix("/client/v4")
        environment = os.environ | {"PYTHONPATH": str(_clients.FETCHED), "HOME": folder}
        for number in range(1, 12, 2):
            move(folder, number)
            ours.append(program(there, folder, homeport("once"), dict(os.environ), number))
            config = {"dns": "cloudflare", "token": there.settings["token"], "endpoint": url, "ipv4": HOSTS}
            config |= {"index4": f"shell:echo {address(number + 1)}", "index6": False, "cache": False}
            Path(folder, "config.json").write_text(json.dumps(config))
            words = [sys.executable, "-m", "ddns", "-c", "config.json"]
            theirs.append(program(there, folder, words, environment, number + 1))
    return ours[1:], theirs[1:]


def main():
    batch, single = asyncio.run(rounds("cloudflare")), asyncio.run(rounds("digitalocean"))
    ours, theirs = side_by_side()
    middle = statistics.median
    whole, other = middle(seconds for seconds, _ in ours), middle(seconds for seconds, _ in theirs)
    most = max(told["at_once"] for _, told in single)
    _results.show(
        "many_names",
        [
            _results.at_most(
                "cloudflare, 100 names: round, p50", middle(seconds for seconds, _ in batch), 0.3
            ),
            _results.at_most("cloudflare: requests", max(told["requests"] for _, told in batch), 5, ""),
            _results.at_most(
                "single records, 100 names: round, p50", middle(each for each, _ in single), 1.0
            ),
            _results.at_most("single records: requests at once", most, declared("digitalocean"), ""),
            _results.at_most("homeport once, 100 names, whole program", whole, 1.0),
            _results.at_most("the same by ddns 4.2.0 (ddns-go was measured at 6.4 s)", other, 60.0),
            _results.row("times as quick as ddns", other / whole, "", "at least 5", ok=other >= 5 * whole),
            _results.row("requests of ddns", max(each for _, each in theirs), "", "-", ok=True),
        ],
    )


def declared(kind):
    from homeport import providers

    return providers.load(kind).limits.at_once


if __name__ == "__main__":
    main()
