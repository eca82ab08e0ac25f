"""The whole server, over real sockets, asked by dnspython."""

import asyncio
import socket
import sys
from contextlib import asynccontextmanager, contextmanager, suppress
from ipaddress import ip_address

import dns.asyncquery
import dns.message
import dns.rcode
import pytest

from fakes.dns_zone import binding, name, texts_of, zone
from homeport.dns.server import DnsServer
from homeport.dns.tcp import TcpServer
from homeport.errors import ConfigInvalid, InUse, StoreUnavailable
from homeport.model.directory import Bind, Origin, PutZone
from homeport.net.mmsg import ask_pktinfo
from homeport.telemetry.events import Event, listen

HOME = "home.dyn.example.com"


async def nowhere():
    return []


@asynccontextmanager
async def serving(store, clock, *listens, local=nowhere, given=()):
    server = DnsServer(store, listens or [("127.0.0.1", 0)], clock, local, given=given)
    async with server.serving():
        yield server


@pytest.fixture
async def store(store):
    await store.commit(
        [PutZone(zone()), Bind(name(HOME), binding("192.0.2.1", "2001:db8::1"))], origin=Origin()
    )
    return store


async def over_udp(address, owner=HOME, rrtype="A", **options):
    query = dns.message.make_query(owner, rrtype, **options)
    return await dns.asyncquery.udp(query, address[0], port=address[1], timeout=20)


async def over_tcp(address, owner=HOME, rrtype="A", **options):
    query = dns.message.make_query(owner, rrtype, **options)
    return await dns.asyncquery.tcp(query, address[0], port=address[1], timeout=20)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
@pytest.mark.parametrize("ask", [over_udp, over_tcp])
async def test_served(store, clock, host, ask):
    """The same port answers over UDP and TCP, over IPv4 and IPv6."""
    async with serving(store, clock, (host, 0)) as server:
        for address in server.addresses:
            response = await ask(address)
            assert texts_of(response.answer) == [f"{HOME}. 300 IN A 192.0.2.1"]
            assert (await ask(address, "gone.dyn.example.com")).rcode() == dns.rcode.NXDOMAIN


async def test_truncated_then_whole(store, clock):
    """What is truncated over UDP is whole over TCP, as every client expects."""
    await store.commit([Bind(name(HOME), binding(*(f"192.0.2.{i}" for i in range(1, 201))))], origin=Origin())
    async with serving(store, clock) as server:
        query = dns.message.make_query(HOME, "A", use_edns=0, payload=1232)
        host, port = server.addresses[0]
        response, used_tcp = await dns.asyncquery.udp_with_fallback(query, host, port=port, timeout=20)
        assert used_tcp
        assert len(response.answer[0]) == 200


async def test_at(store, clock):
    """After `at`, a client sees the commit; a revision already answered is not waited for."""
    async with serving(store, clock) as server:
        for i in range(2, 20):
            revision = await store.commit([Bind(name(HOME), binding(f"192.0.2.{i}"))], origin=Origin())
            await server.at(revision)
            assert server.revision == revision
            response = await over_udp(server.addresses[0])
            assert texts_of(response.answer) == [f"{HOME}. 300 IN A 192.0.2.{i}"]
        with pytest.raises(StopIteration):
            server.at(1).send(None)


async def test_never_half_applied(store, clock):
    """A and AAAA of one update come into sight together, however fast it is asked and changed."""
    async with serving(store, clock) as server:

        async def change():
            for i in range(300):
                ops = [Bind(name(HOME), binding(f"192.0.2.{i % 250 + 1}", f"2001:db8::{i % 250 + 1:x}"))]
                await server.at(await store.commit(ops, origin=Origin()))

        async with asyncio.TaskGroup() as tasks:
            changing = tasks.create_task(change())
            while not changing.done():
                before = server.revision
                four, six = (
                    server.answer(dns.message.make_query(HOME, each).to_wire()) for each in ("A", "AAAA")
                )
                assert before == server.revision
                if before > 1:
                    assert four[-1] == six[-1]
                await asyncio.sleep(0)


async def test_answer(store, clock):
    """What a datagram would be answered with can be had without a socket."""
    async with serving(store, clock) as server:
        wire = server.answer(dns.message.make_query(HOME, "AAAA").to_wire())
        assert texts_of(dns.message.from_wire(wire).answer) == [f"{HOME}. 300 IN AAAA 2001:db8::1"]
        assert server.answer(b"") is None


async def test_wildcard_listen(store, clock):
    """At a wildcard every local address answers at one port, over UDP from the address that was asked."""

    async def local():
        return [ip_address("127.0.0.2"), ip_address("::1")]

    async with serving(store, clock, ("0.0.0.0", 0), ("::", 0), local=local) as server:
        assert {host for host, _ in server.addresses} == {"127.0.0.1", "127.0.0.2", "::1"}
        for address in server.addresses:
            assert (await over_udp(address)).answer
            assert (await over_tcp(address)).answer


async def test_refresh(store, clock):
    """After `refresh` the new addresses answer, over TCP too, the old ones no longer, and it is told once."""
    now, told = ["127.0.0.2"], []

    async def local():
        return [ip_address(text) for text in now]

    async with serving(store, clock, ("0.0.0.0", 0), local=local) as server:
        port = server.addresses[0][1]
        stop = listen(lambda event, fields: told.append((event, fields["addresses"])))
        now[:] = ["127.0.0.3"]
        await asyncio.gather(server.refresh(), server.refresh())
        stop()
        assert not server.failures
        assert set(server.addresses) == {("127.0.0.1", port), ("127.0.0.3", port)}
        assert (await over_tcp(("127.0.0.3", port))).answer
        with pytest.raises(ConnectionRefusedError):
            await over_tcp(("127.0.0.2", port))
        assert told == [(Event.LISTENER_OPENED, [f"127.0.0.1:{port}", f"127.0.0.3:{port}"])]


async def test_udp_port_in_use(store, clock):
    """A port that another program holds for UDP is an error that names it, not a group of errors."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        with pytest.raises(InUse, match=f"127.0.0.1:{port} is in use by another program"):
            async with serving(store, clock, ("127.0.0.1", port)):
                pass


async def test_tcp_port_in_use(store, clock):
    """The same for TCP; and the UDP port is given back."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(InUse, match=f"127.0.0.1:{port} is in use by another program"):
            async with serving(store, clock, ("127.0.0.1", port)):
                pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind(("127.0.0.1", port))


async def test_port_that_is_free_for_both(store, clock, monkeypatch):
    """When the port the system chose for UDP is taken for TCP, another one is chosen for both."""
    real, refused = TcpServer.listen, []

    async def first_taken(self, host, port, given):
        if not refused:
            refused.append(port)
            raise InUse("taken")
        await real(self, host, port, given)

    monkeypatch.setattr(TcpServer, "listen", first_taken)
    async with serving(store, clock) as server:
        assert refused
        assert (await over_udp(server.addresses[0])).answer
        assert (await over_tcp(server.addresses[0])).answer
        assert not server.failures


async def test_address_not_here(store, clock):
    """An address this machine does not have is an error that names it."""
    with pytest.raises(ConfigInvalid, match=r"192\.0\.2\.1:5300 cannot be listened on"):
        async with serving(store, clock, ("192.0.2.1", 5300)):
            pass


async def test_no_such_family(store, clock, monkeypatch):
    """A machine without IPv6 is served over IPv4 when both wildcards are listened on."""
    real = socket.socket

    class OnlyFour(real):
        def __init__(self, family=socket.AF_INET, *args, **kwargs):
            if family == socket.AF_INET6:
                raise OSError(97, "Address family not supported by protocol")
            super().__init__(family, *args, **kwargs)

    monkeypatch.setattr(socket, "socket", OnlyFour)
    async with serving(store, clock, ("0.0.0.0", 0), ("::", 0)) as server:
        assert [host for host, _ in server.addresses] == ["127.0.0.1"]
        assert "not supported" in server.failures["::"]
    with pytest.raises(ConfigInvalid):
        async with serving(store, clock, ("::", 0)):
            pass


async def test_partly_in_use(store, clock):
    """A local address where another program holds the port is noted; the others answer."""

    async def local():
        return [ip_address("127.0.0.2"), ip_address("127.0.0.3")]

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        udp.bind(("127.0.0.2", 0))
        port = udp.getsockname()[1]
        tcp.bind(("127.0.0.3", port))
        tcp.listen()
        async with serving(store, clock, ("0.0.0.0", port), local=local) as server:
            assert set(server.failures) == {"127.0.0.2", f"127.0.0.3:{port} over TCP"}
            assert (await over_udp(("127.0.0.3", port))).answer
            tcp.close()
            await server.refresh()
            assert (await over_tcp(("127.0.0.3", port))).answer


async def test_broken_store(store, clock, monkeypatch):
    """A server whose store cannot be read does not start."""

    async def broken():
        raise StoreUnavailable("the disk is gone")

    monkeypatch.setattr(store, "base", broken)
    with pytest.raises(StoreUnavailable, match="the disk is gone"):
        async with serving(store, clock):
            pass


async def test_stopped(store, clock):
    """When the block ends, nothing is listened on any more, and open connections are dropped."""
    async with serving(store, clock) as server:
        host, port = server.addresses[0]
        reader, writer = await asyncio.open_connection(host, port)
        await over_tcp((host, port))
    assert not server.addresses
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(host, port)
    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()


@contextmanager
def opened(host):
    """Sockets as systemd opens them: UDP and TCP at one port, which stay when a server ends."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family, socket.SOCK_STREAM) as tcp:
        if family == socket.AF_INET6:
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            tcp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "linux":
            ask_pktinfo(udp)  # PassPacketInfo=
        tcp.bind((host, 0))  # of TCP's many ports the system chooses a free one; UDP has few
        udp.bind(tcp.getsockname()[:2])
        tcp.listen()
        yield udp, tcp


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
@pytest.mark.parametrize(
    ("listen", "asked"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.77"), ("::", "::1")]
)
async def test_sockets_that_were_opened_for_it(store, clock, listen, asked):
    """It answers on them, at a wildcard from the address that was asked, and what comes while it restarts waits."""
    with opened(listen) as given:
        port = given[0].getsockname()[1]
        for _ in range(2):
            with socket.socket(given[0].family, socket.SOCK_DGRAM) as early:
                early.connect((asked, port))
                early.send(dns.message.make_query(HOME, "A").to_wire())
                early.setblocking(False)
                async with serving(store, clock, (listen, port), given=given) as server:
                    assert server.addresses == ((listen, port),)
                    assert not server.failures
                    waited = await asyncio.get_running_loop().sock_recv(early, 512)
                    assert texts_of(dns.message.from_wire(waited).answer) == [f"{HOME}. 300 IN A 192.0.2.1"]
                    assert (await over_tcp((asked, port))).rcode() == dns.rcode.NOERROR
                    await server.refresh()
                    assert (await over_udp((asked, port))).rcode() == dns.rcode.NOERROR


async def test_a_socket_that_nobody_wants(store, clock):
    """The file was changed and the units were not: that is told with what mends it."""
    with opened("127.0.0.1") as given:
        where = f"127.0.0.1:{given[0].getsockname()[1]}"
        async with serving(store, clock, given=given) as server:
            assert "homeport service install" in server.failures[where]
            assert where not in {f"{host}:{port}" for host, port in server.addresses}
