"""Zone data: what exists, what lies between, and what one change replaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.dns_zone import binding, name, zone
from homeport.dns import zone as data
from homeport.wire.dns import encode_name

ZONE = encode_name("dyn.example.com")


def seen(zones, text):
    owner = encode_name(text)
    authority = zones.authority(owner)
    return zones.look_up(owner, authority) if authority else None


def test_one_swap():
    """One assignment replaces A and AAAA: an entry that was read before stays what it was."""
    zones = data.Zones([zone()])
    zones.put(name("h.dyn.example.com"), binding("192.0.2.1", "2001:db8::1"))
    before = seen(zones, "h.dyn.example.com")
    zones.put(name("h.dyn.example.com"), binding("192.0.2.2", "2001:db8::2"))
    after = seen(zones, "h.dyn.example.com")
    assert isinstance(before, tuple)
    assert all(old != new for old, new in zip(before[:2], after[:2], strict=True))


def test_order_is_settled():
    """The same binding gives the same octets, whatever order its set has."""
    addresses = [f"192.0.2.{i}" for i in range(1, 30)]
    assert data.entry(60, binding(*addresses)) == data.entry(60, binding(*reversed(addresses)))


def test_equal_texts():
    """An RRset holds a record once."""
    assert data.entry(60, binding(texts=["x", "x"])) == data.entry(60, binding(texts=["x"]))


def test_texts_beyond_a_message():
    """Texts no message could carry are left out and hinder nothing else."""
    addresses, _, texts = data.entry(60, binding("192.0.2.1", texts=["x" * 255] * 3 + ["y" * 61_000]))
    assert addresses
    assert not texts


def test_between():
    """A name above a host exists while any host is below it, and not a moment longer."""
    zones = data.Zones([zone()])
    for text in ("a.b.c", "d.b.c", "a.b.c"):
        zones.put(name(f"{text}.dyn.example.com"), binding("192.0.2.1"))
    zones.drop(name("a.b.c.dyn.example.com"))
    zones.drop(name("a.b.c.dyn.example.com"))
    assert seen(zones, "b.c.dyn.example.com") == data.NOTHING
    zones.drop(name("d.b.c.dyn.example.com"))
    assert seen(zones, "b.c.dyn.example.com") is None
    assert seen(zones, "c.dyn.example.com") is None
    assert seen(zones, "dyn.example.com") == data.NOTHING


def test_host_at_the_apex_and_at_a_name_server():
    """A host may have the zone's own name; what the zone says of a name outlives its host."""
    zones = data.Zones([zone()])
    glue = seen(zones, "ns1.dyn.example.com")
    for text in ("dyn.example.com", "ns1.dyn.example.com"):
        zones.put(name(text), binding("192.0.2.1", texts=["x"]))
    assert seen(zones, "dyn.example.com")[0]
    assert seen(zones, "ns1.dyn.example.com")[:2] == glue[:2]
    assert seen(zones, "ns1.dyn.example.com")[2]
    for text in ("dyn.example.com", "ns1.dyn.example.com"):
        zones.drop(name(text))
    assert seen(zones, "dyn.example.com") == data.NOTHING
    assert seen(zones, "ns1.dyn.example.com") == glue


def test_name_server_without_address_is_a_host():
    """A name server that was given no address has that of the host of its name."""
    zones = data.Zones([zone(glue=())])
    zones.put(name("ns1.dyn.example.com"), binding("192.0.2.1"))
    assert seen(zones, "ns1.dyn.example.com")[0]


def test_adding_keeps_records():
    """A host that is put again keeps its records; a new one has none and exists."""
    zones = data.Zones([zone()])
    zones.put(name("h.dyn.example.com"), binding("192.0.2.1"))
    zones.add(name("h.dyn.example.com"))
    zones.add(name("new.dyn.example.com"))
    assert seen(zones, "h.dyn.example.com")[0]
    assert seen(zones, "new.dyn.example.com") == data.NOTHING


def test_outside():
    """A host outside every zone is nobody's; one whose name merely ends in the zone's text is outside."""
    zones = data.Zones([zone()])
    for text in ("h.example.com", "notdyn.example.com"):
        zones.put(name(text), binding("192.0.2.1"))
        zones.drop(name(text))
        assert seen(zones, text) is None


@pytest.mark.parametrize(
    ("other", "expected"),
    [(zone(), False), (zone(ttl=5), True), (zone(glue=()), True), (zone("b.example.com"), True)],
    ids=["same", "ttl", "addresses", "another"],
)
def test_rebuilt_for(other, expected):
    """Only a zone whose answers differ makes everything be built again."""
    assert data.Zones([zone()]).is_rebuilt_for(other) is expected


@pytest.mark.parametrize(
    ("revision", "serial"), [(0, 0), (1, 1), (2**32 - 1, 2**32 - 1), (2**32, 0), (2**32 + 7, 7)]
)
def test_serial(revision, serial):
    """The serial is the revision, round the corner of RFC 1982."""
    assert data.Zones([zone()], revision).serial == serial.to_bytes(4, "big")


LABEL = st.sampled_from(["a", "b", "c", "*"])
OWNER = st.lists(LABEL, min_size=1, max_size=3).filter(lambda labels: "*" not in labels[1:])


@given(st.lists(st.tuples(OWNER, st.booleans()), max_size=20))
def test_any_history(steps):
    """After any history of coming and going, exactly the hosts and the names above them exist."""
    zones, there = data.Zones([zone()]), set()
    for labels, comes in steps:
        host = name(".".join([*labels, "dyn.example.com"]))
        zones.put(host, binding("192.0.2.1")) if comes else zones.drop(host)
        (there.add if comes else there.discard)(tuple(labels))
    assert set(zones.hosts) == {ZONE, encode_name("ns1.dyn.example.com")} | {
        encode_name(".".join([*labels, "dyn.example.com"])) for labels in there
    }
    above = {labels[i:] for labels in there for i in range(1, len(labels))}
    assert {name for name in zones.between if name not in zones.hosts} == {
        encode_name(".".join([*labels, "dyn.example.com"])) for labels in above - there
    }
