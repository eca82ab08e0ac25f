"""The gateway's sockets."""

import asyncio
import socket
import ssl

import pytest
import trustme

from fakes.clock import FakeClock
from fakes.door import door, read
from homeport.errors import ConfigInvalid, InUse, NotAllowed
from homeport.gateway.listener import Gateway, _explain, show
from homeport.gateway.request import Answer
from homeport.telemetry.events import Event, listen


async def nothing(request):
    """Answer nothing."""
    return Answer(200, b"")


@pytest.fixture
def told():
    events: list[tuple[Event, dict]] = []
    stop = listen(lambda event, fields: events.append((event, fields)))
    yield events
    stop()


async def test_a_port_in_use_is_named():
    """The error names the address and the way out, and nothing stays open behind it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        gateway = Gateway(nothing, [("127.0.0.1", 0), ("127.0.0.1", port)], FakeClock())
        with pytest.raises(InUse, match=rf"127\.0\.0\.1:{port} is used.*server\.gateway\.listen"):
            async with gateway.serving():
                pass
    assert gateway.addresses == ()


async def test_addresses_that_are_not_ours():
    """An address of another machine, and no address at all, are configuration errors."""
    for host in ("198.51.100.1", "no such name"):
        with pytest.raises(ConfigInvalid, match=r"server\.gateway\.listen"):
            async with Gateway(nothing, [(host, 0)], FakeClock()).serving():
                pass


def test_a_port_that_needs_root():
    """A low port names both ways out."""
    error = _explain(PermissionError(13, "Permission denied"), "0.0.0.0:80")
    assert isinstance(error, NotAllowed)
    assert "1024" in str(error)


async def test_both_families_on_one_port():
    """IPv6 means IPv6 only, so that 0.0.0.0 and [::] share a port as the example file has it."""
    async with Gateway(nothing, [("127.0.0.1", 0)], FakeClock()).serving() as first:
        pass
    port = first.addresses[0][1]
    async with Gateway(nothing, [("0.0.0.0", port), ("::", port)], FakeClock()).serving() as both:
        assert [show(address) for address in both.addresses] == [f"0.0.0.0:{port}", f"[::]:{port}"]


async def test_a_listener_beyond_loopback_warns(told):
    """Without TLS everybody on the way can read passwords: that is told at the start, on loopback it is not."""
    async with Gateway(nothing, [("0.0.0.0", 0)], FakeClock()).serving():
        pass
    assert Event.LISTENER_EXPOSED in [event for event, _ in told]
    told.clear()
    async with Gateway(nothing, [("127.0.0.1", 0)], FakeClock()).serving():
        pass
    assert Event.LISTENER_EXPOSED not in [event for event, _ in told]


def certificate(folder, ca):
    """Write a certificate for localhost and its key."""
    made = ca.issue_cert("localhost")
    paths = folder / "chain.pem", folder / "key.pem"
    made.private_key_pem.write_to_path(paths[1])
    paths[0].write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    return paths


async def over_tls(at, ca):
    """Ask `/ip` over TLS, trusting `ca`."""
    context = ssl.create_default_context()
    ca.configure_trust(context)
    reader, writer = await asyncio.open_connection(*at.address, ssl=context, server_hostname="localhost")
    writer.write(b"GET /ip HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    data = await reader.read()
    writer.close()
    return read(data).text


async def test_tls_and_its_renewal(tmp_path):
    """TLS is served; a certificate that was renewed on disk is shown to new connections; a broken one is refused."""
    old, new = trustme.CA(), trustme.CA()
    async with door(tls=certificate(tmp_path, old)) as at:
        assert await over_tls(at, old) == "127.0.0.1"
        paths = certificate(tmp_path, new)
        at.gateway.renew(paths)
        assert await over_tls(at, new) == "127.0.0.1"
        paths[0].write_text("rubbish")
        with pytest.raises(ConfigInvalid, match=r"server\.gateway\.tls"):
            at.gateway.renew(paths)
        assert await over_tls(at, new) == "127.0.0.1"


async def test_a_certificate_that_is_not_there(tmp_path):
    """A missing file is a configuration error in one sentence."""
    tls = (tmp_path / "chain.pem", tmp_path / "key.pem")
    with pytest.raises(ConfigInvalid, match=r"server\.gateway\.tls"):
        async with Gateway(nothing, [("127.0.0.1", 0)], FakeClock(), tls=tls).serving():
            pass


async def test_requests_under_way_are_finished():
    """Closing waits for answers that are being made, and accepts nothing new."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def app(request):
        begun.set()
        await go.wait()
        return Answer(200, b"late")

    gateway = Gateway(app, [("127.0.0.1", 0)], FakeClock())
    async with asyncio.TaskGroup() as group:

        async def ask():
            reader, writer = await asyncio.open_connection(*gateway.addresses[0])
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            data = await reader.read()
            writer.close()
            return data

        async with gateway.serving():
            asking = group.create_task(ask())
            await begun.wait()
            asyncio.get_running_loop().call_soon(go.set)
        assert read(await asking).body == b"late"
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*gateway.addresses[0])
