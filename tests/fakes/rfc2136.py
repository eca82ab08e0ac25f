"""A primary in memory: TSIG, prerequisites and updates of RFC 2136 over UDP and TCP."""

import asyncio
import struct
from contextlib import asynccontextmanager
from enum import StrEnum

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig

from homeport.model.rrset import RRsetKey

ANY, NONE, IN = dns.rdataclass.ANY, dns.rdataclass.NONE, dns.rdataclass.IN


class Mood(StrEnum):
    """How a message is treated."""

    WELL = "well"
    SILENT = "never answers"
    SERVFAIL = "SERVFAIL"
    REFUSED = "REFUSED"
    NOTIMP = "NOTIMP"
    UNSIGNED = "applies, and the answer is not signed"
    FORGED = "applies, and the answer is signed with another key"
    GARBAGE = "answers what is no message"
    DROPPED = "applies, and does not answer"
    LOST_ONCE = "applies, and its first answer is lost"
    BADTIME = "takes its clock to be an hour ahead"


class Fake:
    """One zone and one key.

    Attributes:
        records: (owner, type) mapped to TTL and RDATA.
        cnames: owners that a CNAME stands at.
        protected: owners the key has no right to.
        wildcard: what any name that is not there is answered, by type.
        log: (opcode, transport) of every message that came.
    """

    secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
    key_name = "home-key."
    zone = "example.com"

    def __init__(self):
        self.records = {}
        self.cnames = set()
        self.protected = set()
        self.wildcard = {}
        self.mood = Mood.WELL
        self.writes_only = True
        self.truncates = False
        self.algorithm = "hmac-sha256"
        self.authority = True
        self.log = []
        self.port = 0

    def settings(self, **others):
        key = {"key_name": self.key_name, "key_secret": self.secret}
        return {"zone": self.zone, "server": "127.0.0.1", "port": self.port, **key, **others}

    def put(self, key: RRsetKey, *rdata, ttl=60):
        self.records[str(key.name), str(key.type)] = (ttl, set(rdata))

    def create(self, name):
        """Names need no creating here."""

    def held(self, key):
        return self.records.get((str(key.name), str(key.type)), (0, set()))[1]

    def respond(self, wire, transport):
        """Return the answer, `None` for silence."""
        right = dns.tsig.Key(self.key_name, self.secret, f"{self.algorithm}.")
        try:
            query = dns.message.from_wire(wire, keyring=right)
        except (dns.tsig.BadKey, dns.tsig.BadAlgorithm):
            return self._badly(wire, dns.rcode.BADKEY)
        except dns.tsig.BadSignature:
            return self._badly(wire, dns.rcode.BADSIG)
        self.log.append((dns.opcode.to_text(query.opcode()), transport))
        is_update = query.opcode() == dns.opcode.UPDATE
        mood = self.mood if is_update or not self.writes_only else Mood.WELL
        if mood is Mood.BADTIME:
            return self._badly(
                wire, dns.rcode.BADTIME, struct.pack("!Q", query.tsig[0].time_signed + 3600)[2:]
            )
        if mood is Mood.SILENT:
            return None
        if mood is Mood.GARBAGE:
            return wire[:2] + bytes((0x80 | wire[2] & 0x78, 0)) + b"\xff" * 9
        response = dns.message.make_response(query)
        if mood in (Mood.SERVFAIL, Mood.REFUSED, Mood.NOTIMP):
            response.set_rcode(dns.rcode.from_text(mood))
        elif is_update:
            response.set_rcode(self._update(query))
        else:
            self._answer(query, response)
        if self.truncates and transport == "UDP":
            response.answer.clear()
            response.flags |= dns.flags.TC
        return self._sent(query, response, mood)

    def _sent(self, query, response, mood):
        if mood is Mood.DROPPED:
            return None
        if mood is Mood.LOST_ONCE:
            self.mood = Mood.WELL
            return None
        if mood is Mood.FORGED:
            response.use_tsig(dns.tsig.Key(self.key_name, "Zm9yZ2Vk", "hmac-sha256."), fudge=300)
        if mood is Mood.UNSIGNED:
            response.tsig = None
        response.request_mac = query.mac if query.had_tsig else b""
        return response.to_wire()

    def _badly(self, wire, error, other=b""):
        """Answer a request whose TSIG is not right (RFC 8945 section 5.2)."""
        query = dns.message.from_wire(wire, keyring=False)
        response = dns.message.make_response(query)
        response.set_rcode(dns.rcode.NOTAUTH)
        key = dns.tsig.Key(query.keyname, "Zm9yZ2Vk", query.keyalgorithm)
        response.use_tsig(key, tsig_error=error, other_data=other)
        return response.to_wire()

    def _answer(self, query, response):
        response.flags |= dns.flags.AA if self.authority else 0
        question = query.question[0]
        owner, rrtype = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        ttl, rdata = self.records.get((owner, rrtype), (60, self.wildcard.get(rrtype, set())))
        if owner in self.cnames:
            rrtype, rdata = "CNAME", {"elsewhere.example.net."}
        if rdata:
            response.answer.append(dns.rrset.from_text(question.name, ttl, "IN", rrtype, *sorted(rdata)))

    def _update(self, query):
        if query.zone[0].name.to_text(omit_final_dot=True) != self.zone:
            return dns.rcode.NOTAUTH
        for wanted in query.prerequisite:
            if code := self._unmet(wanted, query.prerequisite):
                return code
        if any(each.name.to_text(omit_final_dot=True) in self.protected for each in query.update):
            return dns.rcode.REFUSED
        for each in query.update:
            self._change(each)
        return dns.rcode.NOERROR

    def _unmet(self, wanted, all_wanted):
        """Compare what is there; records of one RRset are expected together (RFC 2136 section 3.2.3)."""
        owner, rrtype = _key(wanted)
        expected = {rdata.to_text() for each in all_wanted if _key(each) == (owner, rrtype) for rdata in each}
        there = self.records.get((owner, rrtype), (0, set()))[1]
        if rrtype == "CNAME":
            there = {"elsewhere"} if owner in self.cnames else set()
        if wanted.deleting == NONE:
            return dns.rcode.YXRRSET if there else None
        return None if there == expected else dns.rcode.NXRRSET

    def _change(self, each):
        key = _key(each)
        if each.deleting == ANY:
            self.records.pop(key, None)
        else:
            held = self.records.get(key, (0, set()))[1]
            self.records[key] = (each.ttl, held | {rdata.to_text() for rdata in each})

    @asynccontextmanager
    async def running(self):
        """Serve UDP and TCP at one free port while the block runs."""

        async def connected(reader, writer):
            (size,) = struct.unpack("!H", await reader.readexactly(2))
            if answer := self.respond(await reader.readexactly(size), "TCP"):
                writer.write(struct.pack("!H", len(answer)) + answer)
                await writer.drain()
            writer.close()

        loop = asyncio.get_running_loop()
        tcp = self.tcp = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.port = tcp.sockets[0].getsockname()[1]
        udp, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=("127.0.0.1", self.port)
        )
        try:
            yield self
        finally:
            udp.close()
            tcp.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, fake):
        self.fake = fake

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        if answer := self.fake.respond(data, "UDP"):
            self.transport.sendto(answer, addr)


def _key(rrset):
    return rrset.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(rrset.rdtype)
