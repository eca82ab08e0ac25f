"""Vendors' own clients, run in the environment that `tools/sdks` makes, so that a fake is shown to believe them.

Without that environment a test is skipped with the reason; with HOMEPORT_PEERS=required, as in CI, it fails.
"""

import asyncio
import os
import ssl
import subprocess
import textwrap
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trustme

from fakes.peers import Peer, free_port, surroundings

NOWHERE = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
CACHE = Path(__file__).resolve().parents[2] / ".cache"
HOME = CACHE / "sdks"


def interpreter(name="sdks"):
    """Return the Python of an environment that `tools/sdks NAME` makes; skip or fail the test when there is none."""
    python = CACHE / name / "bin" / "python"
    if (CACHE / name / "ready").exists() and python.exists():
        return python
    reason = (
        f"SDKS MISSING: .cache/{name} is not ready: `tools/sdks {name}` was not run, or could not install it"
    )
    if os.environ.get("HOMEPORT_PEERS") == "required":  # noqa: TID251 -- CI's word to the tests
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def run(script, *args, timeout=90, **environment):
    """Run a script with an SDK and return what it printed; fail the test with its words when it fails.

    It blocks: beside a fake in the same loop, `drive` it. It reaches this machine and nothing else.
    """
    command = [str(interpreter()), "-W", "ignore", "-c", textwrap.dedent(script), *map(str, args)]
    done = subprocess.run(
        command,
        env={**surroundings(), "HOME": "/nonexistent", **NOWHERE, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"the SDK's script failed:\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


async def drive(script, *args, **environment):
    """Run a script as `run` does, while this loop goes on and the fakes in it answer."""
    return await asyncio.to_thread(partial(run, script, *args, **environment))


@asynccontextmanager
async def secured(host):
    """Let a fake be reached over TLS too; yield its URL there, and the file of the authority to trust."""
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    listener = await asyncio.start_server(host.serve, "127.0.0.1", 0, ssl=context)
    with authority.cert_pem.tempfile() as path:
        try:
            yield f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}", path
        finally:
            listener.close()


@asynccontextmanager
async def moto():
    """Run moto's server, which stands in for Amazon's; yield its URL."""
    python, port = interpreter(), free_port()
    server = Peer((str(python), "-W", "ignore", "-m", "moto.server"), surroundings(), HOME)
    with server.running("-H", "127.0.0.1", "-p", str(port)) as running:
        await asyncio.to_thread(running.wait_for, "Running on")
        yield f"http://127.0.0.1:{port}"
