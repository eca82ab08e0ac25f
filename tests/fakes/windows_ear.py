"""The watcher of Windows by itself: a script that prints each hint, run by a Windows Python.

It first calls the callbacks that it registered, as Windows would; a line on its standard input ends it.
"""

import asyncio
import ctypes
import sys
import threading

from homeport.jobs.clock import SystemClock
from homeport.net import interfaces
from homeport.ports import Tools
from homeport.watchers import iphlpapi

ADDED, DELETED = 1, 2
SUSPEND, RESUME = 4, 18
KEPT = []


def keeping(make):
    """Return `make`, which keeps what it makes."""

    def made(*given):
        KEPT.append(make(*given))
        return KEPT[-1]

    return made


def say(text):
    print(text, flush=True)  # noqa: T201 -- this is what the test reads


class Look:
    """Reads the interfaces, and counts."""

    def __init__(self):
        self.times = 0
        self.changed = asyncio.Event()

    async def __call__(self):
        self.times += 1
        self.changed.set()
        return await interfaces.addresses()

    async def again(self):
        self.changed.clear()
        await self.changed.wait()


async def hear(look):
    """Print what the watcher says."""
    tools = Tools(SystemClock(), None, None, look, lambda: 0.5)
    async for hint in iphlpapi.IpHlpApi(tools).events():
        say(hint.why)


async def call_back(look):
    """Do what Windows does on its own threads: an address, a default route, sleep, and its end."""
    on_address, on_route, on_power = KEPT
    row = ctypes.create_string_buffer(bytes(104), 104)
    await asyncio.to_thread(on_address, None, None, ADDED)
    await look.again()
    await asyncio.to_thread(on_route, None, ctypes.addressof(row), DELETED)
    await asyncio.to_thread(on_power, None, SUSPEND, None)
    await asyncio.to_thread(on_power, None, RESUME, None)


async def main():
    iphlpapi._OnChange = keeping(iphlpapi._OnChange)
    iphlpapi._OnPower = keeping(iphlpapi._OnPower)
    look = Look()
    async with asyncio.TaskGroup() as group:
        hearing = group.create_task(hear(look))
        await look.again()
        await call_back(look)
        await asyncio.to_thread(sys.stdin.readline)
        hearing.cancel()
    say(f"left: {[each.name for each in threading.enumerate() if each.name == 'address lists']}")


if __name__ == "__main__":
    asyncio.run(main())
