"""A DNS server that answers with its asker's address, over UDP, TCP and TLS, and in every wrong way that was met."""

import asyncio
import contextlib
import ssl
import struct
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset


@dataclass
class Whoami(asyncio.DatagramProtocol):
    """Answers any question.

    Attributes:
        says: the RDATA of each record of the answer; `None` is the caller's address.
        owner: answer under this name instead of the one asked for.
        flags: of the answer, beside QR.
        lose: drop this many datagrams first.
        cut: truncate what goes over UDP.
        raw: answer exactly this.
        hang_up: close a stream instead of answering.
        reask: change the question that is echoed.
    """

    says: list[str] | None = None
    owner: str = ""
    rcode: str = "NOERROR"
    flags: int = dns.flags.AA
    lose: int = 0
    cut: bool = False
    raw: bytes | None = None
    hang_up: bool = False
    reask: bool = False
    port: int = 0
    asked: list[str] = field(default_factory=list)
    recursed: list[bool] = field(default_factory=list)
    over: list[str] = field(default_factory=list)

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.over.append("udp")
        if len(self.over) > self.lose:
            self.transport.sendto(self.answer(data, addr[0], cut=self.cut), addr)

    async def serve(self, reader, writer):
        self.over.append("tls" if writer.get_extra_info("ssl_object") else "tcp")
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        query = await reader.readexactly(size)
        if not self.hang_up:
            answer = self.answer(query, writer.get_extra_info("peername")[0])
            writer.write(struct.pack("!H", len(answer)) + answer)
            await writer.drain()
        writer.close()

    def answer(self, wire, caller, *, cut=False):
        query = dns.message.from_wire(wire)
        question = query.question[0]
        self.asked.append(question.to_text())
        self.recursed.append(bool(query.flags & dns.flags.RD))
        if self.raw is not None:
            return self.raw
        response = dns.message.make_response(query)
        response.flags |= self.flags | (dns.flags.TC if cut else 0)
        response.set_rcode(dns.rcode.from_text(self.rcode))
        if self.reask:
            response.question = [dns.rrset.from_text("other.test.", 0, question.rdclass, question.rdtype)]
        if not cut:
            owner = self.owner or question.name.to_text()
            said = [caller] if self.says is None else self.says
            if question.rdtype == dns.rdatatype.TXT:
                said = [text if text.startswith('"') else f'"{text}"' for text in said]
            if said:
                response.answer.append(
                    dns.rrset.from_text(owner, 0, question.rdclass, question.rdtype, *said)
                )
        return response.to_wire()


@contextlib.asynccontextmanager
async def whoami(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, **does):
    """Run one on loopback while the block runs; with `tls` its streams speak TLS."""
    loop = asyncio.get_running_loop()
    server = Whoami(**does)
    running: set[asyncio.Task] = set()

    async def serve(reader, writer):
        running.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await server.serve(reader, writer)
        writer.close()

    listener = await asyncio.start_server(serve, host, server.port, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    udp, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=(host, server.port))
    try:
        yield server
    finally:
        udp.close()
        listener.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
