"""The real clock."""

from homeport.jobs.clock import SystemClock


async def test_time_passes():
    """Both clocks go forwards, and a sleep of nothing returns."""
    clock = SystemClock()
    wall, mono = clock.now(), clock.monotonic()
    await clock.sleep(-1)
    await clock.sleep(0.001)
    assert clock.now() > wall - 1
    assert clock.monotonic() > mono
