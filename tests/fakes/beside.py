"""A fake host on an event loop of its own in a thread, for tests that run whole programs against it."""

import asyncio
import contextlib
import threading


@contextlib.contextmanager
def beside(fake):
    """Run a fake for the block, and yield it."""
    ready, stop = threading.Event(), asyncio.Event()
    loops = []

    async def serve():
        loops.append(asyncio.get_running_loop())
        async with fake.running():
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(60), "the fake did not come up"
        yield fake
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join()
