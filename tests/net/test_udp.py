"""UDP as it is used by everybody: asking, and answering at every local address."""

import asyncio
import socket
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest

from fakes.clock import FakeClock, settle
from homeport.errors import ConfigInvalid, InUse, NotAllowed, Unavailable
from homeport.model.address import Family
from homeport.model.line import Line
from homeport.net import mmsg, udp


def shout(data):
    return data.upper() if data != b"quiet" else None


def locals_of(*texts):
    async def now():
        return [ip_address(text) for text in texts]

    return now


@asynccontextmanager
async def serving(host="127.0.0.1", port=0, *, answer=shout, local=locals_of()):  # noqa: B008 -- immutable
    async with asyncio.TaskGroup() as tasks:
        server = udp.UdpServer(host, port, answer, tasks=tasks, clock=FakeClock(), local_addresses=local)
        try:
            await server.open()
            yield server
        finally:
            server.close()


@pytest.fixture(params=["batch", "reader", "task"])
def loop_kind(request, monkeypatch):
    """Run as on Linux, as on other systems whose loops can watch sockets, and as on Windows."""

    def refuse(*_):
        raise NotImplementedError

    if request.param != "batch":
        monkeypatch.setattr(mmsg, "_calls", lambda: None)
    if request.param == "task":
        monkeypatch.setattr(asyncio.SelectorEventLoop, "add_reader", refuse)


@pytest.mark.parametrize("rest", [0.0, 0.005])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_answer_that_depends_on_who_asks(host, rest, loop_kind):
    """Who asks is told with the datagram, on every kind of loop; whoever is answered nothing hears nothing."""

    def tell(data, peer):
        return f"{peer[0]} {peer[1]}".encode() if data == b"who" else None

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    async with serving(host, answer=udp.ByPeer(tell, rest)) as server:
        with socket.socket(family, socket.SOCK_DGRAM) as asker:
            asker.connect(server.addresses[0])
            asker.setblocking(False)
            for _ in range(3):
                asker.send(b"quiet")
                asker.send(b"who")
                async with asyncio.timeout(20):
                    heard = await asyncio.get_running_loop().sock_recv(asker, 100)
                assert heard.decode() == f"{host} {asker.getsockname()[1]}"


async def test_a_socket_that_rests_is_woken_rarely(monkeypatch):
    """What comes while it rests is answered together, more than a batch of it too, and it is watched again after."""
    monkeypatch.setattr(udp, "_BATCH", 16)
    async with serving(answer=udp.ByPeer(lambda data, _: data.upper(), 0.01)) as server:
        [listening] = server._sockets.values()
        wakes, drain = [], listening._drain_singly
        listening._drain_singly = lambda: wakes.append(drain()) or wakes[-1]
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.connect(server.addresses[0])
            asker.setblocking(False)
            for burst in (1, 40, 1):
                for i in range(burst):
                    asker.send(b"a%d" % i)
                async with asyncio.timeout(20):
                    found = {await loop.sock_recv(asker, 100) for _ in range(burst)}
                assert found == {b"A%d" % i for i in range(burst)}
        while listening._resting:  # noqa: ASYNC110 -- a timer of the loop itself
            await asyncio.sleep(0.001)
        assert sum(wakes) == 42
        assert len(wakes) < 20
        assert wakes[-1] == 0


async def test_a_full_batch_is_no_rest(monkeypatch):
    """Whatever is there is answered at once, however long the socket rests then; closing it ends the rest."""
    monkeypatch.setattr(udp, "_BATCH", 16)
    loop = asyncio.get_running_loop()
    async with serving(answer=udp.ByPeer(lambda data, _: data, 3600.0)) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.connect(server.addresses[0])
            asker.setblocking(False)
            for i in range(40):
                asker.send(b"a%d" % i)
            async with asyncio.timeout(20):
                assert len([await loop.sock_recv(asker, 100) for _ in range(40)]) == 40
        [listening] = server._sockets.values()
    assert listening._resting.cancelled()


async def ask(server, payload=b"hello", accept=bool, **options):
    return await udp.exchange(server, payload, timeout=20, accept=accept, **options)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_exchange(host, loop_kind):
    """A question gets its answer, over either family and either kind of loop."""
    async with serving(host) as server:
        assert server.addresses[0][1] > 0
        assert await ask(server.addresses[0]) == b"HELLO"


async def test_exchange_ignores_others():
    """A datagram that is not accepted is ignored and the wait goes on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)

        async def reply_twice():
            _, asker = await asyncio.get_running_loop().sock_recvfrom(peer, 100)
            peer.sendto(b"forged", asker)
            peer.sendto(b"good", asker)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(reply_twice())
            assert await ask(peer.getsockname(), accept=lambda data: data == b"good") == b"good"


async def test_exchange_times_out():
    """Silence is Unavailable, in one sentence that names the server and the wait."""
    async with serving() as server:
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:\d+ did not answer within 0\.02 s"):
            await udp.exchange(server.addresses[0], b"quiet", timeout=0.02, accept=bool)


async def test_exchange_sends_again_from_the_same_port():
    """Datagrams are lost; an answer to the first one counts although the second is on its way."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(
                udp.exchange(
                    peer.getsockname(), b"who", timeout=0.01, again=(60,), accept=lambda data: data == b"1"
                )
            )
            first, asker = await loop.sock_recvfrom(peer, 100)
            second, again = await loop.sock_recvfrom(peer, 100)
            await loop.sock_sendto(peer, b"1", asker)
        assert (first, second, asker) == (b"who", b"who", again)
        assert asking.result() == b"1"
        with pytest.raises(Unavailable, match=r"did not answer within 0.03 s"):
            await udp.exchange(peer.getsockname(), b"who", timeout=0.01, again=(0.01, 0.01), accept=bool)


async def test_exchange_refused():
    """A closed port is Unavailable at once: ICMP says so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as spare:
        spare.bind(("127.0.0.1", 0))
        closed = spare.getsockname()
    with pytest.raises(Unavailable, match="cannot be reached: Connection refused"):
        await ask(closed)


async def test_exchange_from():
    """The question leaves from the address that is asked for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)

        async def tell_where_from():
            _, asker = await asyncio.get_running_loop().sock_recvfrom(peer, 100)
            peer.sendto(asker[0].encode(), asker)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(tell_where_from())
            assert await ask(peer.getsockname(), line=Line(source=ip_address("127.0.0.9"))) == b"127.0.0.9"


async def test_exchange_wrong_family():
    """A server without an address of the wanted family is Unavailable, not an exception of the system."""
    with pytest.raises(Unavailable, match=r"\[::1\]:9 cannot be reached"):
        await ask(("::1", 9), family=Family.V4)


async def test_port_in_use():
    """A port that another program holds is named, with the way out."""
    async with serving() as first:
        host, port = first.addresses[0]
        second = udp.UdpServer(
            host, port, shout, tasks=asyncio.TaskGroup(), clock=FakeClock(), local_addresses=locals_of()
        )
        with pytest.raises(InUse, match=f"{host}:{port} is in use by another program: .*listen"):
            await second.open()


def test_bind_errors():
    """Every failed bind is a sentence: a privilege, an address that is not here."""
    denied = udp.bind_error(PermissionError(13, "Permission denied"), "::", 53)
    assert isinstance(denied, NotAllowed)
    assert "[::]:53" in str(denied)
    absent = udp.bind_error(OSError(99, "Cannot assign requested address"), "192.0.2.1", 53)
    assert isinstance(absent, ConfigInvalid)
    assert "192.0.2.1:53" in str(absent)


@pytest.mark.parametrize("asked", ["127.0.0.1", "127.0.0.2", "127.0.0.3"])
async def test_wildcard_answers_from_the_address_asked(asked, loop_kind):
    """At a wildcard, each local address is a socket of its own: a connected asker hears its answer."""
    async with serving("0.0.0.0", local=locals_of("127.0.0.2", "127.0.0.3", "::1")) as server:
        assert {host for host, _ in server.addresses} == {"127.0.0.1", "127.0.0.2", "127.0.0.3"}
        assert await ask((asked, server.addresses[0][1])) == b"HELLO"


async def test_wildcard_follows_addresses(loop_kind):
    """After `refresh` a new address answers on the same port and one that went is closed."""
    now = ["127.0.0.2"]

    async def local():
        return [ip_address(text) for text in now]

    async with serving("0.0.0.0", local=local) as server:
        port = server.addresses[0][1]
        now[:] = ["127.0.0.4", "fe80::1"]
        await server.refresh()
        assert set(server.addresses) == {("127.0.0.1", port), ("127.0.0.4", port)}
        assert await ask(("127.0.0.4", port)) == b"HELLO"
        with pytest.raises(Unavailable):
            await ask(("127.0.0.2", port))


async def test_one_bad_address_stops_no_other():
    """An address that cannot be bound is noted, the others answer, and `refresh` tries it again."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.5", 0))
        port = holder.getsockname()[1]
        async with serving("0.0.0.0", port, local=locals_of("127.0.0.5", "192.0.2.77")) as server:
            assert set(server.addresses) == {("127.0.0.1", port)}
            assert "in use" in server.failures["127.0.0.5"]
            assert "192.0.2.77" in server.failures
            assert await ask(("127.0.0.1", port)) == b"HELLO"
            holder.close()
            await server.refresh()
            assert ("127.0.0.5", port) in server.addresses
            assert set(server.failures) == {"192.0.2.77"}


async def test_burst(loop_kind):
    """A burst larger than one batch is answered whole."""
    async with serving() as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.connect(server.addresses[0])
            asker.setblocking(False)
            for i in range(150):
                asker.send(b"a%d" % i)
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(20):
                found = {await loop.sock_recv(asker, 100) for _ in range(150)}
        assert found == {b"A%d" % i for i in range(150)}


@pytest.mark.parametrize("size", [0, 1, 9000, 65507])
async def test_sizes(size, loop_kind):
    """The smallest and the largest datagrams there are get through whole, both ways."""
    async with serving() as server:
        found = await ask(server.addresses[0], b"a" * size, accept=lambda data: data is not None)
        assert found == b"A" * size


async def test_unsendable_answers(loop_kind):
    """An answer that no datagram can carry is lost alone: what comes before and after it is answered."""
    sizes = {b"first": 5, b"refused": 65508, b"absurd": 70000, b"last": 4}
    async with serving(answer=lambda data: data[:1] * sizes[data]) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.connect(server.addresses[0])
            asker.setblocking(False)
            for question in sizes:
                asker.send(question)
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(20):
                assert {await loop.sock_recv(asker, 100) for _ in range(2)} == {b"fffff", b"llll"}
        assert [listening.lost for listening in server._sockets.values()] == [2]


async def test_receiving_begins_again(monkeypatch):
    """On a loop without readers an error of the socket is waited out on the clock, and then it is heard again."""
    clock, failures = FakeClock(), [OSError(10054, "reset"), OSError(10054, "reset")]
    real = asyncio.SelectorEventLoop.sock_recvfrom

    def refuse(*_):
        raise NotImplementedError

    async def fail_first(self, sock, size):
        if failures:
            raise failures.pop()
        return await real(self, sock, size)

    async with asyncio.TaskGroup() as tasks:
        monkeypatch.setattr(asyncio.SelectorEventLoop, "add_reader", refuse)
        monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_recvfrom", fail_first)
        server = udp.UdpServer("127.0.0.1", 0, shout, tasks=tasks, clock=clock, local_addresses=locals_of())
        await server.open()
        await settle()
        assert len(failures) == 1
        await clock.advance(1)
        monkeypatch.undo()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.connect(server.addresses[0])
            asker.send(b"hello")
            asker.setblocking(False)
            async with asyncio.timeout(20):
                assert await asyncio.get_running_loop().sock_recv(asker, 100) == b"HELLO"
        server.close()
