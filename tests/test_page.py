"""The agent's end of the page: what opens it, and what commands may ask."""

import asyncio
import socket

import pytest

from fakes.clock import FakeClock, settle
from homeport import page as module
from homeport.config.listen import Endpoint
from homeport.config.models import Tls, Web
from homeport.errors import Refused, Unavailable
from homeport.page import Page, calls, url
from homeport.stores.access import FILE, Access
from homeport.system.files import create_private
from homeport.telemetry.events import Event, listen

GIVEN = Tls(certificate="c", key="k")


@pytest.mark.parametrize(
    ("settings", "where", "opened"),
    [
        ({}, ["127.0.0.1:9876"], "http://127.0.0.1:9876"),
        ({}, ["0.0.0.0:80"], "http://127.0.0.1:80"),
        ({}, [":::80"], "http://[::1]:80"),
        ({}, ["192.0.2.1:80", "127.0.0.1:81"], "http://127.0.0.1:81"),
        ({}, ["192.0.2.1:80", "0.0.0.0:81"], "http://127.0.0.1:81"),
        ({}, ["2001:db8::1:80"], "http://[2001:db8::1]:80"),
        ({"tls": "generated", "names": ("nas",)}, ["0.0.0.0:80"], "https://127.0.0.1:80"),
        ({"tls": GIVEN, "names": ("nas.example",)}, ["0.0.0.0:80"], "https://nas.example:80"),
        ({"tls": GIVEN}, ["0.0.0.0:80"], "https://127.0.0.1:80"),
    ],
)
def test_a_link_leads_to_where_the_page_listens(settings, where, opened):
    """By loopback where that is, by the certificate's name where one was given."""
    places = [Endpoint(each.rpartition(":")[0], int(each.rpartition(":")[2])) for each in where]
    assert url(Web(**settings), places, "abc") == f"{opened}/enter?link=abc"


@pytest.fixture
def heard():
    """Return what was told."""
    told = []
    stop = listen(lambda event, fields: told.append((event, fields)))
    yield told
    stop()


async def test_an_agent_without_a_page_says_so():
    """Whatever of it is asked for."""
    for call in calls(None).values():
        with pytest.raises(Refused, match="--no-web"):
            await call({})


async def test_a_port_that_is_taken_is_told_once_and_tried_again(tmp_path, heard):
    """Each minute; who asks meanwhile is told why, and it goes on by itself."""
    clock = FakeClock()
    page = Page(["/nowhere"], tmp_path, clock)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(page.serve(Web(listen=(place,))))
            await clock.advance(150)
            assert [event for event, _ in heard] == [Event.PAGE_FAILED]
            with pytest.raises(Unavailable, match=place):
                await page.open()
            taken.close()
            await clock.advance(60)
            async with asyncio.timeout(30):
                while Event.PAGE_UNCLAIMED not in [event for event, _ in heard]:  # noqa: ASYNC110 -- a thread looks
                    await asyncio.sleep(0.01)
            assert (await page.open())["url"].startswith(f"http://{place}/enter?link=")
            serving.cancel()


async def test_no_address_is_no_page(tmp_path):
    """`listen: []` is a way to say so."""
    page = Page(["/nowhere"], tmp_path, FakeClock())
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(page.serve(Web(listen=())))
        await settle()
        with pytest.raises(Unavailable, match=r"agent\.web\.listen names no address"):
            await page.open()
        serving.cancel()


async def test_a_reset_over_the_channel_ends_everything(tmp_path):
    """Sessions, password, second step; and it is written down."""
    page = Page([], tmp_path, FakeClock())
    door = Access(tmp_path / FILE, FakeClock(), create_private)
    session = door.open_session("127.0.0.1", "a")
    door.keep("password", "a hash")
    door.keep("totp", "on")
    await calls(page)["page.reset"]({})
    assert door.session(session) is None
    assert (door.setting("password"), door.setting("totp")) == (None, None)
    assert door.audited(1)[0].what == "password.reset"


async def test_a_fault_of_the_page_never_ends_the_agent(tmp_path, heard, monkeypatch):
    """Whatever is wrong there, it is told and begun anew a while later; names are the agent's first duty."""
    begun = []

    class Faulty:
        def __init__(self, *_):
            begun.append(self)

        async def run(self):
            raise RuntimeError("nobody thought of that")

    monkeypatch.setattr(module, "OnDemand", Faulty)
    clock = FakeClock()
    page = Page([], tmp_path, clock)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(page.serve(Web(listen=("127.0.0.1:0",))))
        async with asyncio.timeout(30):
            while len(begun) < 3:
                await asyncio.sleep(0.01)  # a file is looked at in a thread
                await clock.advance(module.AGAIN)
        serving.cancel()
    assert Event.PAGE_FAILED in [event for event, _ in heard]
