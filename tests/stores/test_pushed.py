"""What routers pushed, over restarts and on a disk that fails."""

import asyncio
import json
import threading
from ipaddress import IPv6Network

import pytest

from fakes.clock import FakeClock
from homeport.errors import StoreUnavailable
from homeport.model.address import parse_address
from homeport.model.pushed import Pushed
from homeport.stores.pushed import FILE, REPEATED, PushedFile
from homeport.system.files import replace_private

FRITZ = Pushed((parse_address("93.184.216.34"),), IPv6Network("2a00:1:2:3::/64"), 100.0, "192.168.178.1")


def opened(folder, replace=replace_private):
    return PushedFile(folder / FILE, FakeClock(), replace)


async def test_a_word_is_on_disk_when_it_is_kept(tmp_path):
    """Another process reads it at once, and so does the next start."""
    kept = opened(tmp_path)
    assert await kept.of("fritz") is None
    assert await kept.keep("fritz", FRITZ, {"fritz"})
    assert await opened(tmp_path).of("fritz") == FRITZ
    assert await kept.of("fritz") == FRITZ
    assert dict(kept.words) == {"fritz": FRITZ}
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


async def test_the_same_again_is_no_news_and_seldom_written(tmp_path):
    """A client that calls every minute wears no disk out; that it still calls is known after a restart all the same."""
    kept = opened(tmp_path)
    await kept.keep("fritz", FRITZ, {"fritz"})
    before = (tmp_path / FILE).stat().st_ino
    again = Pushed(FRITZ.addresses, None, 160.0, "192.168.178.1")
    assert not await kept.keep("fritz", again, {"fritz"})
    assert (await kept.of("fritz")).at == 160.0
    assert (tmp_path / FILE).stat().st_ino == before
    later = Pushed(FRITZ.addresses, None, 100.0 + REPEATED, "192.168.178.1")
    assert not await kept.keep("fritz", later, {"fritz"})
    assert (await opened(tmp_path).of("fritz")).at == 100.0 + REPEATED


async def test_who_is_no_more_is_forgotten(tmp_path):
    """A credential that left the configuration leaves the file with the next word of another."""
    kept = opened(tmp_path)
    await kept.keep("old", FRITZ, {"old"})
    await kept.keep("fritz", FRITZ, {"fritz"})
    assert list(json.loads((tmp_path / FILE).read_text())) == ["fritz"]


async def test_a_disk_that_cannot_be_written_takes_nothing(tmp_path):
    """What was there before is still what is known, here and on disk."""
    kept = opened(tmp_path)
    await kept.keep("fritz", FRITZ, {"fritz"})

    def full(path, data):
        raise OSError(28, "No space left on device")

    kept = opened(tmp_path, full)
    moved = Pushed((parse_address("93.184.216.35"),), None, 200.0, "192.168.178.1")
    with pytest.raises(StoreUnavailable, match="No space left"):
        await kept.keep("fritz", moved, {"fritz"})
    assert await kept.of("fritz") == FRITZ
    assert await opened(tmp_path).of("fritz") == FRITZ


class SlowDisk:
    """The first reading of a file is done and not yet answered until the test says so."""

    def __init__(self, kept, monkeypatch):
        self._read = kept._read
        self._has_read, self._goes_on, self._is_over = (threading.Event() for _ in range(3))
        monkeypatch.setattr(kept, "_read", self._slowly)

    def _slowly(self):
        found = self._read()
        if not self._has_read.is_set():
            self._has_read.set()
            assert self._goes_on.wait(60)
            self._is_over.set()
        return found

    async def reads(self):
        assert await asyncio.to_thread(self._has_read.wait, 60)

    async def answers(self):
        self._goes_on.set()
        assert await asyncio.to_thread(self._is_over.wait, 60)


MOVED = Pushed((parse_address("93.184.216.35"),), FRITZ.prefix, 200.0, "192.168.178.1")


async def test_a_word_is_not_lost_to_a_reading_that_began_before_it(tmp_path, monkeypatch):
    """The first round still reads the file when a router pushes: what was taken stays known."""
    await opened(tmp_path).keep("fritz", FRITZ, {"fritz"})
    kept = opened(tmp_path)
    disk = SlowDisk(kept, monkeypatch)
    async with asyncio.TaskGroup() as group:
        group.create_task(kept.of("fritz"))
        await disk.reads()
        pushing = group.create_task(kept.keep("fritz", MOVED, {"fritz"}))
        await asyncio.wait(
            {pushing}, timeout=0.5
        )  # it waits; were it done, what was read would come after it
        await disk.answers()
    assert pushing.result()
    assert await kept.of("fritz") == MOVED
    assert await opened(tmp_path).of("fritz") == MOVED


async def test_a_reading_that_nobody_waits_for_any_more_changes_nothing(tmp_path, monkeypatch):
    """A round gave up on a slow disk, and a router pushed before it had answered."""
    await opened(tmp_path).keep("fritz", FRITZ, {"fritz"})
    kept = opened(tmp_path)
    disk = SlowDisk(kept, monkeypatch)
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(kept.of("fritz"))
        await disk.reads()
        reading.cancel()
    assert await kept.keep("fritz", MOVED, {"fritz"})
    await disk.answers()
    await asyncio.get_running_loop().shutdown_default_executor()  # its thread has ended
    assert kept.words == {"fritz": MOVED}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"fritz": {"addresses": ["home"], "prefix": null, "at": 1, "source": ""}}',
        '{"fritz": {"addresses": [], "prefix": "::/200", "at": 1, "source": ""}}',
        '{"fritz": {"addresses": []}}',
    ],
)
async def test_what_cannot_be_understood_is_set_aside(tmp_path, text):
    """Nobody who only looks moves it; the next push does, and is kept."""
    (tmp_path / FILE).write_text(text)
    with pytest.raises(StoreUnavailable, match="the next push begins it anew"):
        await opened(tmp_path).of("fritz")
    assert (tmp_path / FILE).read_text() == text
    assert await opened(tmp_path).keep("fritz", FRITZ, {"fritz"})
    [aside] = tmp_path.glob(f"{FILE}.damaged-*")
    assert aside.read_text() == text
    assert await opened(tmp_path).of("fritz") == FRITZ


async def test_a_file_that_may_not_be_read_says_so(tmp_path):
    """Not learned: the reason names the file."""
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreUnavailable, match=FILE):
        await opened(tmp_path).of("fritz")
