"""A DNS server that says what a test tells it to, over UDP and TCP at one port."""

import asyncio
import struct
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class FakeDnsServer:
    """Answers from `records`, with authority unless told otherwise.

    Attributes:
        records: (owner, type) in presentation format, mapped to lines of RDATA; an owner without records is NXDOMAIN.
        mood: `well`, or how it fails: `silent`, `deaf_once`, `lame`, `truncated`, `no_edns`, `garbage`,
            `forged`, `wrong_rdata`, or an rcode's name in lower case.
        asked: every question it was asked, as text.
    """

    def __init__(self):
        self.records: dict[tuple[str, str], list[str]] = {}
        self.mood = "well"
        self.asked: list[str] = []
        self.flags: list[int] = []
        self.address = ""

    def put(self, owner, rrtype, *rdata):
        self.records[owner.lower(), rrtype] = list(rdata)

    def respond(self, wire, *, tcp=False):
        query = dns.message.from_wire(wire)
        self.asked.append(query.question[0].to_text())
        self.flags.append(int(query.flags))
        if self.mood == "silent" or (self.mood == "deaf_once" and len(self.asked) == 1):
            return []
        if self.mood == "garbage":
            return [wire[:2] + b"\x84\x00" + wire[4:6] + b"\0\7\0\0\0\0" + wire[12:]]
        response = self.answer(query)
        if self.mood == "truncated" and not tcp:
            response.answer.clear()
            response.flags |= dns.flags.TC
        if self.mood == "no_edns" and query.edns >= 0:
            response.set_rcode(dns.rcode.FORMERR)
        elif self.mood in {"refused", "servfail"}:
            response = dns.message.make_response(query)
            response.set_rcode(dns.rcode.from_text(self.mood))
        sound = response.to_wire()
        if self.mood == "wrong_rdata":
            return [sound.replace(b"\0\4\xc0\0\2\1", b"\0\3\xc0\0\2")]
        if self.mood == "forged":
            other = sound.replace(b"\0\4\xc0\0\2\1", b"\0\4\xc0\0\2\x66")
            return [bytes((other[0] ^ 1,)) + other[1:], wire, other[:13] + b"X" + other[14:], sound]
        return [sound]

    def answer(self, query):
        response = dns.message.make_response(query)
        if self.mood != "lame":
            response.flags |= dns.flags.AA
        question = query.question[0]
        owner, rrtype = (
            question.name.to_text(omit_final_dot=True).lower(),
            dns.rdatatype.to_text(question.rdtype),
        )
        for found in ((owner, rrtype), (owner, "CNAME")):
            if found in self.records:
                lines = self.records[found]
                response.answer.append(dns.rrset.from_text(question.name, 60, "IN", found[1], *lines))
                target = lines[0].removesuffix(".") if found[1] == "CNAME" else ""
                if (target, rrtype) in self.records:
                    response.answer.append(
                        dns.rrset.from_text(target + ".", 60, "IN", rrtype, *self.records[target, rrtype])
                    )
                return response
        if not any(name == owner for name, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        for (name, type_), lines in self.records.items():
            if type_ == "SOA" and owner.endswith(f".{name}"):
                response.authority.append(dns.rrset.from_text(f"{name}.", 60, "IN", "SOA", *lines))
        return response


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, fake):
        self.fake = fake

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        for response in self.fake.respond(data):
            self.transport.sendto(response, addr)


@asynccontextmanager
async def running(host="127.0.0.1", port=0):
    """Run a fake at a free port of `host`, or at `port`."""
    fake = FakeDnsServer()

    async def connected(reader, writer):
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        for response in fake.respond(await reader.readexactly(size), tcp=True):
            writer.write(struct.pack("!H", len(response)) + response)
        writer.close()

    loop = asyncio.get_running_loop()
    tcp = await asyncio.start_server(connected, host, port)
    port = tcp.sockets[0].getsockname()[1]
    udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(fake), local_addr=(host, port))
    fake.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        yield fake
    finally:
        udp.close()
        tcp.close()
        await tcp.wait_closed()
