"""What it costs that the host of many names is down: every one of them fails in one pass, and waits for its next try.

The agent follows a static address at a host that refuses every connection. What is measured is the processor time of
the round, and how much of it was spent at one stretch: the watchdog, the page and every other host wait for that.
Prints one JSON object.
"""

import asyncio
import os
import tempfile
import time
from pathlib import Path

import _results

from homeport.agent import open_agent
from homeport.cli import _agent
from homeport.telemetry import logs

NAMES = 1000
FILE = """\
agent:
  addresses: {{here: {{detect: [{{kind: static, address: 203.0.113.1}}], allow_private: true}}}}
  records:
{records}
  providers: {{host: {{kind: cloudflare, zone: example.com, token: t, base_url: "http://127.0.0.1:1",
    nameservers: ["127.0.0.1:9"]}}}}
  state: {state}
"""


def configured(folder):
    path = Path(folder, "homeport.yaml")
    records = "\n".join(
        f"    - {{name: h{number}.example.com, types: [A], address: here, provider: host}}"
        for number in range(NAMES)
    )
    path.write_text(FILE.format(records=records, state=Path(folder, "state")))
    return path


async def turns(stretches):
    """Keep the processor seconds that passed from each turn of this task to its next."""
    while True:
        begin = time.thread_time()
        await asyncio.sleep(0.001)
        stretches.append(time.thread_time() - begin)


async def round_of(path):
    """Return the processor seconds of a round that fails, the longest stretch of them, and how many names failed."""
    stretches = []
    async with open_agent(_agent.load(path)) as agent:
        watching = asyncio.get_running_loop().create_task(turns(stretches))
        await asyncio.sleep(0.05)
        before = time.process_time()
        await agent.once()
        spent = time.process_time() - before
        watching.cancel()
        failed = sum(record["state"] == "retrying" for record in agent.status()["records"])
    return spent, max(stretches), failed


def main():
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nobody:
        logs.configure(stream=nobody)
        spent, stretch, failed = asyncio.run(round_of(configured(folder)))
    _results.show(
        "host_down",
        [
            _results.row("names that failed", failed, "", str(NAMES), ok=failed == NAMES),
            _results.at_most(f"a round in which {NAMES} names fail: processor", spent, 2.0),
            _results.at_most("in it, the longest stretch in which nothing else ran", stretch, 1.0),
        ],
    )


if __name__ == "__main__":
    main()
