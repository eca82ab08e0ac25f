"""A fake DNS host in a process of its own that answers after a while; it says when it holds what is waited for.

`_host.py KIND SECONDS` prints its URL, then answers each line on standard input, an address, with one JSON object once
every name of the zone holds that address: the moment on the clock that all processes share, and what was asked of it.
"""

import asyncio
import json
import sys
import time
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
NAMES = 100


async def main(kind: str, delay: float) -> None:
    host = import_module(f"fakes.{kind}").Fake()
    host.delay, host.page = delay, 5000
    async with host.running():
        settings = host.settings()
        print(json.dumps(settings), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            await until(host, line.strip())


async def until(host, address: str) -> None:
    host.requests.clear()
    host.at_once = 0
    while sum(row.content == address for row in host.rows.values()) < NAMES:  # noqa: ASYNC110 -- nobody tells
        await asyncio.sleep(0.0005)
    asked = {"at": time.monotonic(), "requests": len(host.requests), "at_once": host.at_once}
    print(json.dumps(asked), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
