"""A NAT router as far as UDP goes: what comes to an inside port leaves from its WAN address, which can change.

An established flow keeps the address it began with, as a real one's does; a STUN server stands outside. It runs on a
thread of its own, for programs that are processes of their own, and needs no packet filter.
"""

import asyncio
import contextlib
import socket
import threading
from collections import OrderedDict

from fakes.stun import Stun

_FLOWS = 64


class UdpNat:
    """One router.

    Attributes:
        wan: the address that new flows leave from.
    """

    def __init__(self, wan: str) -> None:
        self.wan = wan
        self._flows: OrderedDict[tuple, socket.socket] = OrderedDict()

    async def forward(self, inside: tuple[str, int], outside: tuple[str, int]):
        """Take what comes to `inside` out to `outside`, and the answers back."""
        loop = asyncio.get_running_loop()
        made = await loop.create_datagram_endpoint(lambda: _Inside(self, outside), local_addr=inside)
        return made[0]

    def flow(self, back, addr, outside):
        """Return the socket of a flow; beyond a few the oldest ends."""
        loop, key = asyncio.get_running_loop(), (addr, outside)
        if key not in self._flows:
            if len(self._flows) >= _FLOWS:
                _end(self._flows.popitem(last=False)[1])
            sock = self._flows[key] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setblocking(False)
            sock.bind((self.wan, 0))
            sock.connect(outside)
            loop.add_reader(sock, _return, sock, back, addr)
        return self._flows[key]

    def close(self):
        for sock in self._flows.values():
            _end(sock)


class _Inside(asyncio.DatagramProtocol):
    def __init__(self, router, outside):
        self.router, self.outside = router, outside

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        with contextlib.suppress(OSError):
            self.router.flow(self.transport, addr, self.outside).send(data)


def _return(sock, back, addr):
    with contextlib.suppress(OSError):
        back.sendto(sock.recv(65535), addr)


def _end(sock):
    asyncio.get_running_loop().remove_reader(sock)
    sock.close()


@contextlib.contextmanager
def udp_nat(wan: str, forwards: dict[int, tuple[str, int]], stun: tuple[str, int]):
    """Run a router for the block, in the network of this thread.

    Args:
        forwards: by the port at 127.0.0.1 that a program sends to, where it leads.
        stun: where the STUN server outside stands.
    """
    made, ready = UdpNat(wan), threading.Event()
    loops, stop = [], asyncio.Event()

    async def serve():
        loops.append(asyncio.get_running_loop())
        server, _ = await loops[0].create_datagram_endpoint(Stun, local_addr=stun)
        ends = [server] + [await made.forward(("127.0.0.1", port), where) for port, where in forwards.items()]
        ready.set()
        await stop.wait()
        made.close()
        for end in ends:
            end.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(60), "the router did not come up"
        yield made
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join()
