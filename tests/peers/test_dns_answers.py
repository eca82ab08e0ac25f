"""Our DNS server answers as BIND does from the same zones, and as dig's compliance checks demand."""

import asyncio
import random
import socket
from concurrent.futures import ThreadPoolExecutor

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from fakes.clock import FakeClock
from fakes.dns_zone import binding, name, texts_of, zone
from fakes.memory_store import MemoryStore
from fakes.peers import free_port, peer
from homeport.dns.server import DnsServer
from homeport.model.directory import Bind, Origin, PutZone

BINDINGS = {
    "dyn.example.com": binding("192.0.2.80"),
    "home.dyn.example.com": binding("192.0.2.1", "2001:db8::1"),
    "four.dyn.example.com": binding("192.0.2.4", texts=["one", "two words"]),
    "six.dyn.example.com": binding("2001:db8::6", "2001:db8::7"),
    "a.b.c.dyn.example.com": binding("192.0.2.9"),
    "*.wild.dyn.example.com": binding("192.0.2.77", texts=["any"]),
    "taken.wild.dyn.example.com": binding("192.0.2.78"),
    "x.taken.wild.dyn.example.com": binding("192.0.2.79"),
    "many.dyn.example.com": binding(*(f"192.0.2.{i}" for i in range(1, 101))),
    "h.in.dyn.example.com": binding("192.0.2.100"),
}
ZONES = {each: zone(each, servers=(f"ns1.{each}",)) for each in ("dyn.example.com", "in.dyn.example.com")}
NAMES = [
    *BINDINGS, *(f"ns1.{each}" for each in ZONES), "c.dyn.example.com", "b.c.dyn.example.com", "in.dyn.example.com",
    "wild.dyn.example.com", "y.wild.dyn.example.com", "y.z.wild.dyn.example.com", "z.taken.wild.dyn.example.com",
    "gone.dyn.example.com", "x.home.dyn.example.com", "x.c.dyn.example.com", "gone.in.dyn.example.com",
    "example.com", "notdyn.example.com", "com", ".",
]  # fmt: skip
TYPES = ["A", "AAAA", "TXT", "NS", "SOA", "MX", "CNAME", "DS", "CAA", "HTTPS", "SRV", "TYPE65280", "DNSKEY"]


def zone_file(apex, serial):
    lines = [
        f"$ORIGIN {apex}.",
        f"@ 300 IN SOA ns1 hostmaster {serial} 3600 600 604800 60",
        "@ 300 IN NS ns1",
        "ns1 300 IN A 198.51.100.53",
        "ns1 300 IN AAAA 2001:db8::53",
    ]
    for owner, found in BINDINGS.items():
        if owner.endswith(".in.dyn.example.com") == (apex == "in.dyn.example.com"):
            lines += [
                f"{owner}. 300 IN {'A' if each.version == 4 else 'AAAA'} {each}" for each in found.addresses
            ]
            lines += [f'{owner}. 300 IN TXT "{text}"' for text in found.texts]
    if apex == "dyn.example.com":
        lines += ["in 300 IN NS ns1.in", "ns1.in 300 IN A 198.51.100.53"]
    return "\n".join(lines) + "\n"


@pytest.fixture
async def ours():
    """Our server, with the zones and the hosts."""

    async def nowhere():
        return []

    clock = FakeClock()
    store = MemoryStore(clock)
    ops = [PutZone(each) for each in ZONES.values()]
    ops += [Bind(name(owner), found) for owner, found in BINDINGS.items()]
    await store.commit(ops, origin=Origin())
    server = DnsServer(store, [("127.0.0.1", 0)], clock, nowhere)
    async with server.serving():
        yield server


@pytest.fixture
def bind_port(tmp_path):
    """BIND with the same zones; its port."""
    named = peer("named")
    port = free_port()
    for apex in ZONES:
        (tmp_path / apex).write_text(zone_file(apex, serial=1))
    zones = "\n".join(f'zone "{apex}" {{ type primary; file "{apex}"; }};' for apex in ZONES)
    (tmp_path / "named.conf").write_text(
        f'options {{ directory "{tmp_path}"; pid-file none; session-keyfile none; recursion no; notify no;\n'
        f"listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; minimal-responses yes; zero-no-soa-ttl no; }};\n"
        f"controls {{}};\n{zones}\n"
    )
    with named.running("-g", "-n", "1", "-c", str(tmp_path / "named.conf")) as running:
        running.wait_for("all zones loaded")
        yield port


def seen(message):
    """What is compared: everything but the order, the case of owners, what is truncated away, and addresses beside NS."""
    flags = dns.flags.to_text(message.flags & ~dns.flags.CD)
    if message.flags & dns.flags.TC:
        return dns.rcode.to_text(message.rcode()), flags, message.edns
    sections = ([text.lower() for text in texts_of(part)] for part in (message.answer, message.authority))
    return dns.rcode.to_text(message.rcode()), flags, message.edns, message.ednsflags, *sections


def questions():
    chance = random.Random(9499)
    for owner in NAMES:
        for rrtype in TYPES:
            cased = "".join(chance.choice([char.lower(), char.upper()]) for char in owner)
            options = {"use_edns": False} if chance.random() < 0.5 else {"use_edns": 0, "payload": 1232}
            query = dns.message.make_query(cased, rrtype, **options)
            query.flags = chance.choice([0, dns.flags.RD, dns.flags.CD])
            yield query


async def test_as_bind(ours, bind_port):
    """Hundreds of questions of every kind get from us what they get from BIND."""
    different = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        for query in questions():
            theirs = dns.query.udp(query, "127.0.0.1", port=bind_port, timeout=20, sock=sock)
            mine = dns.message.from_wire(ours.answer(query.to_wire()))
            assert query.is_response(mine)
            if seen(mine) != seen(theirs):
                different.append(
                    f"{query.question[0]} {query.edns}\n  ours  {seen(mine)}\n  BIND  {seen(theirs)}"
                )
    assert not different, "\n".join(different)


DIG = {
    "plain": (["+norec", "+noedns", "soa"], ["status: NOERROR", "SOA\tns1"], ["EDNS:"]),
    "edns": (["+norec", "+edns=0", "soa"], ["status: NOERROR", "SOA\tns1", "EDNS: version: 0"], []),
    "edns1": (["+norec", "+edns=100", "+noednsneg", "soa"], ["status: BADVERS", "version: 0"], ["SOA\tns1"]),
    "ednsopt": (
        ["+norec", "+ednsopt=100", "soa"],
        ["status: NOERROR", "SOA\tns1", "version: 0"],
        ["OPT=100"],
    ),
    "edns1opt": (
        ["+norec", "+edns=100", "+noednsneg", "+ednsopt=100", "soa"],
        ["status: BADVERS", "version: 0"],
        ["SOA\tns1", "OPT=100"],
    ),
    "ednsflags": (["+norec", "+ednsflags=0x80", "soa"], ["status: NOERROR", "SOA\tns1"], ["MBZ"]),
    "do": (["+norec", "+dnssec", "soa"], ["status: NOERROR", "SOA\tns1", "flags: do"], []),
    "bufsize": (
        ["+norec", "+dnssec", "+bufsize=512", "+ignore", "dnskey"],
        ["status: NOERROR"],
        ["flags: tc"],
    ),
    "unknown type": (["+norec", "+noedns", "TYPE1000"], ["status: NOERROR", "ANSWER: 0"], []),
    "header bits": (
        ["+norec", "+noad", "+zflag", "soa"],
        ["status: NOERROR", "SOA\tns1"],
        ["MBZ", " ad", " z"],
    ),
    "ad": (["+norec", "+ad", "soa"], ["status: NOERROR"], [" ad;"]),
    "opcode": (["+norec", "+noad", "+opcode=15", "+header-only"], ["opcode: RESERVED15, status: NOTIMP"], []),
    "tcp": (["+norec", "+noedns", "+vc", "soa"], ["status: NOERROR", "SOA\tns1"], []),
    "keepalive": (["+norec", "+vc", "+keepalive", "soa"], ["TCP KEEPALIVE: 10.0 secs"], []),
}


@pytest.mark.parametrize("check", DIG)
async def test_compliance(ours, check):
    """What ISC's EDNS checks and RFC 8906 section 8 ask of a server, asked by dig."""
    dig = peer("dig")
    options, present, absent = DIG[check]
    host, port = ours.addresses[0]
    arguments = [f"@{host}", "-p", str(port), "+tries=1", "+time=20", "dyn.example.com", *options]

    with ThreadPoolExecutor(1) as elsewhere:
        done = await asyncio.get_running_loop().run_in_executor(elsewhere, lambda: dig.run(*arguments))
    for words in present:
        assert words in done.stdout, done.stdout
    for words in absent:
        assert words not in done.stdout, done.stdout
