"""A server of its own to load: its file, what is in its database, and the process that serves it."""

import json
import subprocess
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from _process import homeport

from homeport.jobs.clock import SystemClock
from homeport.model.directory import Origin
from homeport.owner import own

ZONE = "dyn.example.com"


def written(folder, more=""):
    """Write the file of a server, with a further setting perhaps; return its path."""
    path = Path(folder, "homeport.yaml")
    path.write_text(f"""\
server:
  zones: [{{name: {ZONE}, nameservers: [{{name: ns1.{ZONE}, addresses: ["198.51.100.53"]}}]}}]
  gateway: {{listen: ["127.0.0.1:0"]}}
  dns: {{listen: ["127.0.0.1:0"]}}
  {more}
  store: {{kind: sqlite, path: {folder}/server.db}}
""")
    return path


@asynccontextmanager
async def owned(config):
    """Yield the database of a server that does not run."""
    from homeport.cli._server import load

    served = load(config)
    async with own(served.settings, served.database, SystemClock()) as core:
        yield core


async def furnished(config, ops, hosts):
    """Commit what a server shall hold, and return a token for `hosts`."""
    async with owned(config) as core:
        await core.store.commit(ops, origin=Origin())
        return await core.calls()["token.create"]({"hosts": hosts})


@contextmanager
def serving(config):
    """Run `homeport serve` as people do; yield the process and what it told when it started."""
    log = config.with_name("log")
    command = homeport("serve", "--config", str(config), "--log-format", "json")
    with log.open("w") as said:
        process = subprocess.Popen(command, stderr=said)
    try:
        yield process, _started(process, log)
    finally:
        process.terminate()
        process.wait(30)


def _started(process, log):
    while True:
        told = log.read_text()
        for line in told.splitlines(keepends=True):
            if '"server.started"' in line and line.endswith("\n"):
                return json.loads(line)
        if process.poll() is not None:
            raise SystemExit(told)
        time.sleep(0.05)
