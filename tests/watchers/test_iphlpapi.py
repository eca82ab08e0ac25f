"""Hearing of changes from Windows; what needs a Windows Python is in tests/peers/test_windows.py."""

import asyncio
import sys

import pytest

from fakes.clock import settle
from fakes.tools import toolbox
from homeport.errors import Unavailable
from homeport.watchers import iphlpapi
from homeport.watchers.iphlpapi import IpHlpApi


@pytest.mark.skipif(sys.platform == "win32", reason="there it can")
async def test_another_system_is_told():
    """Linux and macOS have other ways."""
    with pytest.raises(Unavailable, match="only Windows"):
        await anext(IpHlpApi(toolbox()).events())


async def test_whatever_thread_stirs_is_heard_and_the_end_closes_the_sources(monkeypatch):
    """The system calls back on threads of its own; what was opened is closed when nobody listens any more."""
    opened = []

    def listen(held, stir, fail):
        opened.append((stir, fail))
        held.callback(opened.clear)

    monkeypatch.setattr(iphlpapi, "_listen", listen)
    events = IpHlpApi(toolbox()).events()
    first = asyncio.ensure_future(anext(events))  # noqa: TID251 -- held and awaited below
    await settle()
    stir, fail = opened[0]
    await asyncio.to_thread(stir, "a default route is gone")
    assert (await first).why == "a default route is gone"
    await asyncio.to_thread(fail, Unavailable("the thread has ended"))
    with pytest.raises(Unavailable, match="ended"):
        await anext(events)
    assert not opened
