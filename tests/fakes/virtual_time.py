"""An event loop on which a month passes in seconds: when nothing is ready, the next timer's time has come.

Whatever counts time by the loop (`asyncio.timeout` too) lives in it. Threads are run at once, in place.
"""

import asyncio
import selectors

START = 1_800_000_000.0  # unix seconds
_TURN = 1e-6  # seconds a turn of the loop takes: timers ring a nanosecond early, and who waits for the rest would spin


class _Selector(selectors.DefaultSelector):
    """Waits for nothing: the time it was to wait has passed at once, unless a socket is ready."""

    def __init__(self):
        super().__init__()
        self.passed = 0.0

    def select(self, timeout=None):
        ready = super().select(0)
        if ready:
            return ready
        assert timeout is not None, "everything waits and nothing is due: this world stands still"
        self.passed += max(_TURN, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio, with a time of its own."""

    def __init__(self):
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self):
        return self._virtual.passed

    def leap(self, seconds):
        """Let time pass in which nobody was woken."""
        self._virtual.passed += seconds

    def run_in_executor(self, executor, func, *args):
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 -- the one who awaits it is told
            done.set_exception(error)
        return done


class VirtualClock:
    """ports.Clock on a virtual loop, and what may happen to the clocks of a machine.

    Attributes:
        slept: seconds that passed outside while this machine's monotonic clock stood still.
    """

    def __init__(self, loop):
        self._loop = loop
        self._wrong = 0.0
        self.slept = 0.0

    @property
    def true(self):
        """Return how late it is outside, whatever this machine believes; seconds from 0."""
        return self._loop.time() + self.slept

    def now(self):
        return START + self.true + self._wrong

    def monotonic(self):
        return self._loop.time()

    async def sleep(self, seconds):
        await asyncio.sleep(max(0.0, seconds))

    def jump(self, seconds):
        """Set the wall clock, as NTP or a person does."""
        self._wrong += seconds

    def suspend(self, seconds, *, is_counted):
        """Put the machine to sleep and wake it: on some systems the monotonic clock counts that, on others not."""
        if is_counted:
            self._loop.leap(seconds)
        else:
            self.slept += seconds


def run(main):
    """Run `main(clock)` in a virtual time that begins with it; return what it returned."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        clock = VirtualClock(runner.get_loop())
        return runner.run(main(clock))
