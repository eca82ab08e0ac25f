"""Every rule of a well-behaved authoritative server, seen with a client's eyes."""

import random
import struct

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.dns_zone import binding, flags_of, name, texts_of, zone
from homeport.dns.answer import Answers
from homeport.dns.zone import Zones
from homeport.wire import dns as wire

HOME = "home.dyn.example.com"
SOA = "dyn.example.com. 60 IN SOA ns1.dyn.example.com. hostmaster.dyn.example.com. 7 3600 600 604800 60"


@pytest.mark.parametrize("edns", [False, 0])
@pytest.mark.parametrize("tcp", [False, True])
def test_address(ask, edns, tcp):
    """A host's addresses are answered with authority, with the zone's TTL, alike with and without EDNS."""
    assert texts_of(ask(HOME, use_edns=edns, tcp=tcp).answer) == [f"{HOME}. 300 IN A 192.0.2.1"]
    response = ask(HOME, "AAAA", use_edns=edns, tcp=tcp)
    assert texts_of(response.answer) == [f"{HOME}. 300 IN AAAA 2001:db8::1"]
    assert flags_of(response) == "QR AA RD"
    assert not response.authority
    assert not response.additional


def test_recursion_desired(ask):
    """RD comes back as it was sent, RA and AD never."""
    for flags, expected in ((0, "QR AA"), (dns.flags.RD, "QR AA RD"), (dns.flags.AD | dns.flags.CD, "QR AA")):
        for owner in (HOME, "gone.dyn.example.com"):
            assert flags_of(ask(owner, flags=flags)) == expected


@pytest.mark.parametrize("owner", ["hOmE.DYN.example.COM", "NoNe.DYN.example.COM"])
def test_case_is_kept(answers, owner):
    """The question comes back octet by octet, while names are compared without case."""
    query = wire.query(4711, owner, wire.Type.A)
    response = answers.udp(query)
    assert response[:2] == query[:2]
    assert response[12 : len(query)] == query[12:]
    found = wire.parse(response)
    assert (found.answer or found.authority)[0].owner in (owner, "DYN.example.COM")


def test_type_and_class_are_not_folded(answers, ask):
    """Only owner names have case: HTTPS (65, the octet of `A`) is not TYPE97, nor is class 65 IN."""
    for rrtype in (65, 97):
        query = wire.query(1, HOME, rrtype)
        assert answers.udp(query)[12 : len(query)] == query[12:]
        assert ask(HOME, f"TYPE{rrtype}").rcode() == dns.rcode.NOERROR


def test_several_addresses(ask):
    """An RRset is answered whole."""
    assert len(ask("many.dyn.example.com", tcp=True).answer[0]) == 60


def test_texts(ask):
    """Texts are TXT records, a long one split into character-strings."""
    rrset = ask("text.dyn.example.com", "TXT").answer[0]
    assert sorted(b"".join(rdata.strings) for rdata in rrset) == [b"two", ("é" * 200).encode()]
    assert rrset.ttl == 300


@pytest.mark.parametrize(
    ("owner", "rrtype"),
    [
        ("four.dyn.example.com", "AAAA"),
        ("idle.dyn.example.com", "A"),
        (HOME, "MX"),
        (HOME, "TYPE65280"),
        (HOME, "NSEC"),
        (HOME, "SOA"),
        (HOME, "NS"),
        ("dyn.example.com", "A"),
        ("dyn.example.com", "DS"),
        ("c.dyn.example.com", "A"),
        ("b.c.dyn.example.com", "AAAA"),
        ("wild.dyn.example.com", "A"),
        ("anything.wild.dyn.example.com", "AAAA"),
    ],
)
def test_nodata(ask, owner, rrtype):
    """A name that is there without the type, an empty one and an empty non-terminal are NOERROR with SOA."""
    response = ask(owner, rrtype)
    assert response.rcode() == dns.rcode.NOERROR
    assert flags_of(response) == "QR AA RD"
    assert not response.answer
    assert texts_of(response.authority) == [SOA]


@pytest.mark.parametrize(
    "owner",
    ["gone.dyn.example.com", "x.home.dyn.example.com", "x.c.dyn.example.com", "z.taken.wild.dyn.example.com"],
)
def test_nxdomain(ask, owner):
    """A name that is not there is NXDOMAIN with SOA; nothing exists below a host by itself."""
    response = ask(owner)
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert flags_of(response) == "QR AA RD"
    assert texts_of(response.authority) == [SOA]


@pytest.mark.parametrize(("ttl", "expected"), [(5, 5), (60, 60), (86400, 60)])
def test_negative_ttl(ttl, expected):
    """A denial is remembered for min(TTL, MINIMUM), and never longer than a minute."""
    response = dns.message.from_wire(
        Answers(Zones([zone(ttl=ttl)])).udp(wire.query(1, "x.dyn.example.com", 1))
    )
    soa = response.authority[0]
    assert (soa.ttl, soa[0].minimum) == (expected, expected)


@pytest.mark.parametrize("owner", ["example.com", "xdyn.example.com", "dyn.example.org", "com", "."])
def test_out_of_zone(ask, owner):
    """Elsewhere is REFUSED, without authority, with the question."""
    response = ask(owner)
    assert response.rcode() == dns.rcode.REFUSED
    assert flags_of(response) == "QR RD"
    assert not response.authority


def test_wildcard(ask):
    """A wildcard answers for names that are not there, also deeper, and never for those that are."""
    for owner in ("x.wild.dyn.example.com", "x.y.wild.dyn.example.com", "*.wild.dyn.example.com"):
        assert texts_of(ask(owner).answer) == [f"{owner}. 300 IN A 192.0.2.77"]
    assert texts_of(ask("taken.wild.dyn.example.com").answer) == [
        "taken.wild.dyn.example.com. 300 IN A 192.0.2.78"
    ]
    assert ask("taken.wild.dyn.example.com", "TXT").answer == []


def test_wildcard_at_the_apex(zones, ask):
    """A wildcard may stand right below the apex, and answers for every other name there."""
    zones.put(name("*.dyn.example.com"), binding("192.0.2.99"))
    for owner in ("n.dyn.example.com", "n.m.dyn.example.com"):
        assert texts_of(ask(owner).answer) == [f"{owner}. 300 IN A 192.0.2.99"]
        assert ask(owner, "AAAA").rcode() == dns.rcode.NOERROR
    assert not ask("four.dyn.example.com", "AAAA").answer


def test_soa(ask):
    """The SOA at the apex has the zone's TTL, and the revision as serial."""
    assert texts_of(ask("dyn.example.com", "SOA").answer) == [SOA.replace(" 60 IN", " 300 IN")]


def test_ns(ask):
    """The name servers are answered with the addresses of those inside the zone."""
    response = ask("dyn.example.com", "NS")
    assert texts_of(response.answer) == ["dyn.example.com. 300 IN NS ns1.dyn.example.com."]
    assert texts_of(response.additional) == [
        "ns1.dyn.example.com. 300 IN A 198.51.100.53",
        "ns1.dyn.example.com. 300 IN AAAA 2001:db8::53",
    ]
    assert texts_of(ask("ns1.dyn.example.com").answer) == ["ns1.dyn.example.com. 300 IN A 198.51.100.53"]


def test_ns_elsewhere():
    """A name server outside the zone has no addresses here; several compress well and read well."""
    servers = ["ns1.dyn.example.com", "ns.other.test", "ns2.dyn.example.com"]
    answers = Answers(Zones([zone(servers=servers)]))
    response = dns.message.from_wire(answers.udp(wire.query(1, "dyn.example.com", wire.Type.NS)))
    assert sorted(str(rdata.target) for rdata in response.answer[0]) == sorted(f"{each}." for each in servers)
    assert sorted({str(rrset.name) for rrset in response.additional}) == [
        "ns1.dyn.example.com.",
        "ns2.dyn.example.com.",
    ]


def test_ns_without_address():
    """A zone whose own name server has no address is served all the same."""
    answers = Answers(Zones([zone(glue=())]))
    response = dns.message.from_wire(answers.udp(wire.query(1, "dyn.example.com", wire.Type.NS)))
    assert len(response.answer[0]) == 1
    assert not response.additional


def test_any(ask):
    """ANY gets one RRset of what is there, and never more (RFC 8482)."""
    assert texts_of(ask(HOME, "ANY").answer) == [f"{HOME}. 300 IN A 192.0.2.1"]
    assert [rrset.rdtype for rrset in ask("text.dyn.example.com", "ANY").answer] == [16]
    assert [rrset.rdtype for rrset in ask("dyn.example.com", "ANY").answer] == [2]
    assert texts_of(ask("c.dyn.example.com", "ANY").authority) == [SOA]
    assert ask("gone.dyn.example.com", "ANY").rcode() == dns.rcode.NXDOMAIN
    bare = Answers(Zones([zone(servers=())]))
    response = dns.message.from_wire(bare.udp(wire.query(1, "dyn.example.com", wire.Type.ANY)))
    assert texts_of(response.answer) == ['dyn.example.com. 3600 IN HINFO "RFC8482" ""']


def test_nested_zones():
    """The nearest zone answers; DS of the inner one belongs to the outer; what is between exists."""
    found = Zones([zone("example.com", ttl=30), zone("a.dyn.example.com", ttl=40), zone("in.example.com")])
    found.put(name("h.example.com"), binding("192.0.2.1"))
    found.put(name("h.a.dyn.example.com"), binding("192.0.2.2"))
    answers = Answers(found)

    def soa_of(owner, rrtype=wire.Type.A):
        response = dns.message.from_wire(answers.udp(wire.query(1, owner, rrtype)))
        return str(response.authority[0].name), response.rcode()

    assert soa_of("x.a.dyn.example.com") == ("a.dyn.example.com.", dns.rcode.NXDOMAIN)
    assert soa_of("x.example.com") == ("example.com.", dns.rcode.NXDOMAIN)
    assert soa_of("dyn.example.com") == ("example.com.", dns.rcode.NOERROR)
    assert soa_of("a.dyn.example.com", 43) == ("example.com.", dns.rcode.NOERROR)
    assert soa_of("in.example.com") == ("in.example.com.", dns.rcode.NOERROR)
    assert soa_of("a.dyn.example.com", 28) == ("a.dyn.example.com.", dns.rcode.NOERROR)
    assert [dns.message.from_wire(answers.udp(wire.query(1, owner, 1))).answer[0].ttl for owner in
            ("h.example.com", "h.a.dyn.example.com")] == [30, 40]  # fmt: skip


def test_no_edns_unless_asked(ask):
    """OPT comes only to those who sent one."""
    assert ask(HOME).edns == -1
    assert ask("gone.dyn.example.com").edns == -1


@pytest.mark.parametrize("owner", [HOME, "gone.dyn.example.com", "example.org"])
def test_edns(ask, owner):
    """EDNS 0 is answered with our size, with DO copied, other flags cleared, options ignored."""
    for _ in range(2):  # the second time by the fast way
        response = ask(owner, use_edns=0, payload=4096)
        assert (response.edns, response.payload, response.ednsflags, response.options) == (0, 1232, 0, ())
        response = ask(owner, use_edns=0, ednsflags=0x8080, payload=4096)
        assert response.ednsflags == 0x8000
    option = dns.edns.GenericOption(100, b"abc")
    assert ask(owner, use_edns=0, options=[option]).options == ()


@pytest.mark.parametrize("options", [[], [dns.edns.GenericOption(100, b"")]])
def test_bad_version(ask, options):
    """A later EDNS version is BADVERS from version 0, without SOA or answer."""
    response = ask(HOME, use_edns=100, options=options)
    assert response.rcode() == dns.rcode.BADVERS
    assert response.edns == 0
    assert not response.answer
    assert not response.authority


def opt_twice(query):
    return query[:11] + b"\2" + query[12:] + wire.opt(1232)


SPOILT = {
    "two OPT": opt_twice,
    "OPT owned by a name": lambda query: query[:-11] + b"\1x" + query[-11:],
    "OPT among the answers": lambda query: query[:7] + b"\1" + query[8:11] + b"\0" + query[12:],
    "an option longer than its OPT": lambda query: query[:-2] + b"\0\4\0\x64\0\1",
    "OPT cut": lambda query: query[:-1],
    "question cut": lambda query: query[:-12],
    "no question": lambda query: query[:5] + b"\0" + query[6:],
    "two questions": lambda query: query[:5] + b"\2" + query[6:],
    "a question that points at itself": lambda query: query[:12] + b"\xc0\x0c" + query[-15:],
    "a label of an unknown type": lambda query: query[:12] + b"\x40" + query[13:],
    "a label without end": lambda query: query[:12] + b"\x3f" * 300,
    "a name of 257 octets": lambda query: query[:12] + b"\1a" * 128 + b"\0\0\1\0\1",
    "a label of 70 octets": lambda query: (
        query[:11] + b"\0" + b"F" * 71 + wire.encode_name("dyn.example.com") + b"\0\1\0\1"
    ),
    "a label of 64 octets": lambda query: (
        query[:11] + b"\0" + b"@" * 65 + wire.encode_name("dyn.example.com") + b"\0\1\0\1"
    ),
    "header only": lambda query: query[:12],
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_formerr(answers, spoil):
    """What cannot be read is FORMERR, in a header of its own, by UDP and by TCP."""
    query = spoil(wire.query(99, HOME, 1, edns=1232))
    for response in (answers.udp(query), answers.tcp(query)):
        assert response == struct.pack("!6H", 99, 0x8001, 0, 0, 0, 0)


@pytest.mark.parametrize("rrtype", [41, 249, 250])
def test_meta_types(ask, rrtype):
    """Types that cannot be asked for are FORMERR, not an answer."""
    assert ask(HOME, f"TYPE{rrtype}").rcode() == dns.rcode.FORMERR


def test_obsolete_types(ask):
    """MAILA and MAILB are NOTIMP."""
    assert {ask(HOME, f"TYPE{rrtype}").rcode() for rrtype in (253, 254)} == {dns.rcode.NOTIMP}


def test_dropped(answers):
    """A response and a fragment of a header are not answered: nobody makes us talk to ourselves."""
    query = wire.query(1, HOME, 1)
    for useless in (b"", query[:11], query[:2] + b"\x80" + query[3:], query[:2] + b"\x85" + query[3:]):
        assert answers.udp(useless) is None
        assert answers.tcp(useless) is None


@pytest.mark.parametrize("opcode", [1, 2, 3, dns.opcode.NOTIFY, dns.opcode.UPDATE, 6, 15])
@pytest.mark.parametrize("edns", [None, 1232])
def test_opcodes(answers, opcode, edns):
    """What is not a query is NOTIMP, with its own opcode and id, and with OPT when it came with one."""
    query = wire.query(77, "dyn.example.com", 6, recurse=True, edns=edns)
    for answer in (answers.udp, answers.tcp):
        response = dns.message.from_wire(answer(query[:2] + bytes((opcode << 3 | 1,)) + query[3:]))
        assert (response.id, response.opcode(), response.rcode()) == (77, opcode, dns.rcode.NOTIMP)
        assert response.edns == (-1 if edns is None else 0)
        assert flags_of(response) == "QR RD"


def test_opcodes_that_cannot_be_read(answers):
    """A header is enough to say that this is not done here."""
    for rest in (b"", b"\0\1", b"\0\0\0\0\0\0\0\0", b"\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"):
        asked = (struct.pack("!2H", 77, 0x2800) + rest).ljust(12, b"\0")
        assert answers.udp(asked) == struct.pack("!6H", 77, 0xA804, 0, 0, 0, 0)


@pytest.mark.parametrize("rrclass", ["CH", "ANY", "NONE", 65])
def test_other_classes(ask, rrclass):
    """Only class IN is served; CH tells nobody our version."""
    for owner, rrtype in ((HOME, "A"), ("version.bind", "TXT")):
        response = ask(owner, rrtype, rdclass=rrclass)
        assert response.rcode() == dns.rcode.REFUSED
        assert not response.flags & dns.flags.AA


@pytest.mark.parametrize("rrtype", ["AXFR", "IXFR"])
def test_transfer(ask, rrtype):
    """A zone is given to nobody."""
    for tcp in (False, True):
        assert ask("dyn.example.com", rrtype, tcp=tcp).rcode() == dns.rcode.REFUSED


@pytest.mark.parametrize(
    ("payload", "limit"), [(None, 512), (0, 512), (512, 512), (700, 700), (1232, 1232), (4096, 1232)]
)
@pytest.mark.parametrize("owner", ["many.dyn.example.com", "fits.dyn.example.com"])
def test_truncation(zones, ask, answers, owner, payload, limit):
    """An answer that does not fit is TC without half an RRset, and whole over TCP; what fits is whole."""
    zones.put(name("fits.dyn.example.com"), binding(*(f"192.0.2.{i}" for i in range(1, 28))))
    options = {"use_edns": False} if payload is None else {"use_edns": 0, "payload": payload}
    query = dns.message.make_query(owner, "A", **options).to_wire()
    whole, sent = answers.tcp(query), answers.udp(query)
    assert len(sent) <= limit
    assert bool(sent[2] & 2) == (len(whole) > limit)
    if len(whole) > limit:
        response = dns.message.from_wire(sent)
        assert not response.answer
        assert response.flags & dns.flags.AA
        assert response.edns == (-1 if payload is None else 0)
    else:
        assert sent == whole


def test_glue_that_does_not_fit():
    """Addresses beside NS are left out silently when there is no room: nothing was asked of them."""
    glue = tuple(f"2001:db8::{i:x}" for i in range(1, 20))
    answers = Answers(Zones([zone(glue=glue)]))
    query = wire.query(1, "dyn.example.com", wire.Type.NS)
    response = wire.parse(answers.udp(query))
    assert (len(response.answer), len(response.additional), response.is_truncated) == (1, 0, False)
    assert len(wire.parse(answers.tcp(query)).additional) == 19


def test_trailing_octets(answers):
    """Octets after the question are ignored, every time."""
    query = wire.query(1, HOME, 1)
    for extra in (b"\0", b"garbage", wire.opt(1232)):
        assert answers.udp(query + extra) == answers.udp(query)


def test_keepalive(ask):
    """Over TCP, and only when asked, the idle time is told (RFC 7828), in tenths of a second."""
    options = [dns.edns.GenericOption(11, b"")]
    (told,) = ask(HOME, use_edns=0, options=options, tcp=True).options
    assert (int(told.otype), told.to_wire()) == (11, b"\0\x64")
    assert ask(HOME, use_edns=0, options=options).options == ()


def test_zero_octet_in_a_label(answers):
    """A label that holds a zero octet is read as long as it is, not as the name's end."""
    zones = answers.zones
    query = wire.query(1, "home\\000x.dyn.example.com", 1)
    response = wire.parse(answers.udp(query))
    assert (response.rcode, response.wire[12 : len(query)]) == (wire.Rcode.NXDOMAIN, query[12:])
    assert zones.revision == 7


def test_surroundings_are_bounded(answers):
    """Those who send ever different OPT records cost no memory, and still get their answers."""
    for payload in range(512, 4096):
        assert answers.udp(wire.query(1, HOME, 1, edns=payload))
    assert len(answers._surroundings) <= 1024


@given(st.binary(max_size=300))
def test_garbage(data):
    """No datagram and no message over TCP raises, and what comes back is an answer to the same id."""
    answers = Answers(Zones([zone()]))
    for respond in (answers.udp, answers.tcp):
        response = respond(data)
        assert response is None or (response[:2] == data[:2] and response[2] & 0x80)


def test_mutations(answers):
    """Bounded fuzzing: sound questions with a few octets changed are answered readably or not at all."""
    chance = random.Random(5)
    owners = [HOME, "x.wild.dyn.example.com", "dyn.example.com", "c.dyn.example.com", "many.dyn.example.com"]
    for _ in range(5000):
        edns = chance.choice([None, 0, 512, 1232, 65535])
        query = bytearray(
            wire.query(
                chance.randrange(65536),
                chance.choice(owners),
                chance.choice([1, 2, 6, 16, 28, 255]),
                edns=edns,
            )
        )
        for _ in range(chance.randrange(4)):
            query[chance.randrange(len(query))] = chance.choice(
                [0, 1, 2, 12, 63, 0xC0, 0xFF, chance.randrange(256)]
            )
        response = answers.udp(
            bytes(query[: chance.choice([len(query), len(query), chance.randrange(len(query))])])
        )
        if response is not None:
            assert len(response) <= 1232
            parsed = wire.parse(response)
            for record in parsed.answer + parsed.authority:
                parsed.text(record)


def test_fast_and_slow_agree(answers):
    """Over TCP every question takes the slow way; over UDP most do not: the octets are the same."""
    owners = [HOME, "four.dyn.example.com", "idle.dyn.example.com", "dyn.example.com", "n.dyn.example.com"]
    owners += [
        "c.dyn.example.com",
        "x.wild.dyn.example.com",
        "ns1.dyn.example.com",
        "x.c.dyn.example.com",
        "org",
    ]
    for owner in owners:
        for rrtype in (1, 28, 16, 2, 6, 255):
            for edns in (None, 512, 4096):
                for recurse in (False, True):
                    query = wire.query(9, owner, rrtype, edns=edns, recurse=recurse)
                    assert answers.udp(query) == answers.tcp(query) == answers.udp(query)


@pytest.mark.parametrize("edns", [None, 4096])
@pytest.mark.parametrize("owner", [HOME, "n.dyn.example.com", "."])
def test_cut_short(answers, owner, edns):
    """A question that was cut off anywhere is read the same by the fast way and by the slow one."""
    query = wire.query(9, owner, wire.Type.A, edns=edns)
    for size in range(len(query)):
        assert answers.udp(query[:size]) == answers.tcp(query[:size])
    assert answers.udp(query[:12] + query[13:]) == answers.tcp(query[:12] + query[13:])


def test_longest_names():
    """A name of 255 octets is answered, and one octet more is not a name, right below a long apex."""
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    soa = wire.parse(Answers(Zones([zone(longest, servers=())])).tcp(wire.query(1, longest, wire.Type.SOA)))
    assert soa.text(soa.answer[0]).startswith(f"{longest} {longest} ")
    apex = ".".join(["a" * 63, "b" * 63, "c" * 62])
    answers = Answers(Zones([zone(apex, servers=())]))
    for size, rcode in ((62, wire.Rcode.NXDOMAIN), (63, wire.Rcode.FORMERR)):
        owner = bytes((size,)) + b"x" * size + wire.encode_name(apex)
        assert len(owner) == 193 + size
        query = wire.query(1, ".", 1)[:12] + owner + b"\0\1\0\1"
        for response in (answers.udp(query), answers.tcp(query)):
            assert wire.parse(response).rcode == rcode
