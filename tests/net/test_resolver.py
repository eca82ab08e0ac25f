"""The resolver asks real servers on loopback and believes only what it may."""

from ipaddress import ip_address

import pytest

from fakes import dns_server
from homeport.errors import Unavailable
from homeport.model.address import Family
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.net.resolver import SystemResolver, server_address, system_servers

HOME = RRsetKey.parse("home.example.com A")


@pytest.fixture
async def fake():
    async with dns_server.running() as server:
        server.put("home.example.com", "A", "192.0.2.1")
        server.put("home.example.com", "AAAA", "2001:db8::1")
        yield server


@pytest.fixture
def patient(fake):
    return SystemResolver([fake.address], timeout=20)


@pytest.fixture
def hasty(fake):
    return SystemResolver([fake.address], timeout=0.05)


async def test_ask(fake, patient):
    """One server is asked without recursion, and its RDATA comes back in the model's words."""
    assert await patient.ask(fake.address, HOME) == {"192.0.2.1"}
    assert await patient.ask(fake.address, RRsetKey.parse("home.example.com AAAA")) == {"2001:db8::1"}
    assert fake.flags[0] & 0x0100 == 0


async def test_ask_six():
    """A server may have an IPv6 address."""
    async with dns_server.running("::1") as server:
        server.put("home.example.com", "A", "192.0.2.1")
        assert await SystemResolver(timeout=20).ask(server.address, HOME) == {"192.0.2.1"}


async def test_ask_several(fake, patient):
    """An RRset of several records comes whole."""
    fake.put("home.example.com", "A", "192.0.2.1", "192.0.2.2")
    assert await patient.ask(fake.address, HOME) == {"192.0.2.1", "192.0.2.2"}


async def test_ask_for_what_speaks_of_an_address(fake, patient):
    """Services and texts come back in their one spelling, however they were written."""
    fake.put("home.example.com", "HTTPS", '1 . ipv4hint="192.0.2.1" alpn="h3,h2"')
    fake.put("home.example.com", "SVCB", "0 Pool.example.net.")
    fake.put("home.example.com", "TXT", "bare", '"a" "b c"')
    for rrtype, said in {
        "HTTPS": {"1 . alpn=h3,h2 ipv4hint=192.0.2.1"},
        "SVCB": {"0 pool.example.net."},
        "TXT": {'"bare"', '"a" "b c"'},
    }.items():
        assert await patient.ask(fake.address, RRsetKey.parse(f"home.example.com {rrtype}")) == said


async def test_ask_for_nothing(fake, patient):
    """No such name and no such type are both an empty answer, said with authority."""
    assert await patient.ask(fake.address, RRsetKey.parse("gone.example.com A")) == frozenset()
    fake.put("text.example.com", "TXT", '"x"')
    assert await patient.ask(fake.address, RRsetKey.parse("text.example.com A")) == frozenset()


@pytest.mark.parametrize("name", ["example.com", "home.example.com", "gone.example.com"])
async def test_the_serial_of_a_zone(fake, patient, name):
    """A server says how new its zone is, at the apex and below it."""
    fake.put("example.com", "SOA", "ns1.example.com. root.example.com. 2026112101 3600 600 604800 60")
    assert await patient.serial(fake.address, Fqdn.parse(name)) == 2026112101


@pytest.mark.parametrize("mood", ["lame", "refused", "well"])
async def test_no_serial(fake, patient, mood):
    """Without authority, or without an SOA, there is none."""
    fake.mood = mood
    with pytest.raises(Unavailable, match="SOA"):
        await patient.serial(fake.address, HOME.name)


async def test_ask_an_alias(fake, patient):
    """The address behind an alias is not an address of the name that was asked."""
    fake.put("www.example.com", "CNAME", "home.example.com.")
    assert await patient.ask(fake.address, RRsetKey.parse("www.example.com A")) == frozenset()


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        ("lame", "with authority"),
        ("refused", "REFUSED"),
        ("servfail", "SERVFAIL"),
        ("garbage", "not DNS"),
        ("wrong_rdata", "not a record"),
    ],
)
async def test_ask_not_believed(fake, patient, mood, why):
    """An answer without authority, a refusal and garbage say nothing about the record."""
    fake.mood = mood
    with pytest.raises(Unavailable, match=why):
        await patient.ask(fake.address, HOME)


async def test_ask_silent(fake, hasty):
    """Silence is Unavailable after two tries, the second without EDNS."""
    fake.mood = "silent"
    with pytest.raises(Unavailable, match="did not answer"):
        await hasty.ask(fake.address, HOME)
    assert len(fake.asked) == 2


async def test_ask_again(fake):
    """A lost datagram costs one try and not the answer."""
    fake.mood = "deaf_once"
    assert await SystemResolver(timeout=1.5).ask(fake.address, HOME) == {"192.0.2.1"}


@pytest.mark.parametrize("mood", ["no_edns", "truncated", "forged"])
async def test_ask_the_hard_way(fake, patient, mood):
    """A server without EDNS, an answer too large for UDP and forged datagrams before it are no obstacle."""
    fake.mood = mood
    assert await patient.ask(fake.address, HOME) == {"192.0.2.1"}


async def test_ask_nowhere(patient):
    """An address that cannot be a server's is Unavailable in words."""
    with pytest.raises(Unavailable, match="cannot be asked"):
        await patient.ask("127.0.0.1:0", HOME)


async def test_addresses_given_resolver(fake, patient):
    """Named resolvers are asked with recursion, for both families or for one."""
    assert await patient.addresses("home.example.com") == [ip_address("192.0.2.1"), ip_address("2001:db8::1")]
    assert await patient.addresses("home.example.com", Family.V6) == [ip_address("2001:db8::1")]
    assert fake.flags[0] & 0x0100


async def test_addresses_behind_an_alias(fake, patient):
    """A recursive answer goes through an alias."""
    fake.put("www.example.com", "CNAME", "home.example.com.")
    assert await patient.addresses("www.example.com", Family.V4) == [ip_address("192.0.2.1")]


async def test_addresses_none(fake, patient):
    """A host without an address is Unavailable, never an empty list."""
    with pytest.raises(Unavailable, match=r"gone\.example\.com has no IP address"):
        await patient.addresses("gone.example.com")
    fake.mood = "servfail"
    with pytest.raises(Unavailable, match="SERVFAIL"):
        await patient.addresses("home.example.com")


async def test_addresses_second_resolver(fake):
    """When the first resolver fails, the next one is asked."""
    async with dns_server.running() as broken:
        broken.mood = "refused"
        resolver = SystemResolver([broken.address, fake.address], timeout=20)
        assert await resolver.addresses("home.example.com", Family.V4) == [ip_address("192.0.2.1")]


async def test_addresses_of_the_system():
    """Without named resolvers the system's own are asked, its hosts file included."""
    resolver = SystemResolver(timeout=20)
    assert ip_address("127.0.0.1") in await resolver.addresses("localhost", Family.V4)
    with pytest.raises(Unavailable, match="cannot be looked up"):
        await resolver.addresses("a..b")


@pytest.mark.parametrize("text", ["192.0.2.5", "2001:db8::5", "[2001:db8::5]"])
async def test_addresses_of_an_address(text):
    """An address is its own address; nobody is asked."""
    assert await SystemResolver().addresses(text) == [ip_address(text.strip("[]"))]


async def test_nameservers(fake, patient):
    """The servers of the zone above a name are found by walking up to the cut, with port and brackets."""
    fake.put("example.com", "NS", "ns1.example.com.", "ns2.example.com.")
    fake.put("ns1.example.com", "A", "192.0.2.53")
    fake.put("ns1.example.com", "AAAA", "2001:db8::53")
    fake.put("ns2.example.com", "A", "192.0.2.54")
    found = await patient.nameservers(Fqdn.parse("a.b.Example.com"))
    assert found == ["192.0.2.53:53", "[2001:db8::53]:53", "192.0.2.54:53"]


async def test_nameservers_of_the_system(fake):
    """Unless others are named, the system's recursive resolvers are asked for NS."""
    fake.put("example.com", "NS", "ns1.example.com.")
    with pytest.raises(Unavailable, match=r"not one name server of example\.com has an address"):
        await SystemResolver(timeout=20, system=lambda: [fake.address]).nameservers(Fqdn.parse("example.com"))
    assert fake.asked == ["example.com. IN NS"]


async def test_nameservers_unknown(fake, patient):
    """A failure on the way up is Unavailable: the zone above is not taken for the one that was meant."""
    with pytest.raises(Unavailable, match="not delegated"):
        await patient.nameservers(Fqdn.parse("a.test"))
    fake.put("com", "NS", "a.gtld.test.")
    fake.mood = "servfail"
    with pytest.raises(Unavailable, match="SERVFAIL"):
        await patient.nameservers(Fqdn.parse("example.com"))


def test_resolv_conf(tmp_path):
    """resolv.conf is read for its nameserver lines; none means this machine."""
    path = tmp_path / "resolv.conf"
    path.write_text("# x\nsearch lan\nnameserver 192.0.2.1\n nameserver fe80::1%eth0 \nnameserver\n")
    assert system_servers(path) == ["192.0.2.1", "fe80::1%eth0"]
    path.write_text("")
    assert system_servers(path) == ["127.0.0.1"]
    assert system_servers(tmp_path / "absent") == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5300", ("192.0.2.1", 5300)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5300", ("2001:db8::1", 5300)),
        ("fe80::1%eth0", ("fe80::1%eth0", 53)),
        ("ns1.example.com:5300", ("ns1.example.com", 5300)),
    ],
)
def test_server_address(text, expected):
    """Address and port are read in every usual spelling."""
    assert server_address(text) == expected


@pytest.mark.parametrize("text", ["", ":53", "192.0.2.1:", "192.0.2.1:dns", "192.0.2.1:65536", "[::1]:0"])
def test_not_a_server_address(text):
    """What is no address and port is refused."""
    with pytest.raises(ValueError, match="not a server"):
        server_address(text)
