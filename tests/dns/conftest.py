"""A small installation: one zone, a few hosts, a store, and the answers a client sees."""

import dns.message
import dns.rdatatype
import pytest

from fakes.clock import FakeClock
from fakes.dns_zone import binding, name, zone
from fakes.memory_store import MemoryStore
from homeport.dns.answer import Answers
from homeport.dns.zone import Zones


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def store(clock):
    return MemoryStore(clock)


@pytest.fixture
def zones():
    """Hosts of every kind: both families, one, none, texts, deep below, and beside a wildcard."""
    found = Zones([zone()], revision=7)
    found.put(name("home.dyn.example.com"), binding("192.0.2.1", "2001:db8::1"))
    found.put(name("four.dyn.example.com"), binding("192.0.2.4"))
    found.put(name("many.dyn.example.com"), binding(*(f"192.0.2.{i}" for i in range(1, 61))))
    found.put(name("text.dyn.example.com"), binding(texts=["é" * 200, "two"]))
    found.put(name("idle.dyn.example.com"), binding())
    found.put(name("a.b.c.dyn.example.com"), binding("192.0.2.9"))
    found.put(name("*.wild.dyn.example.com"), binding("192.0.2.77", texts=["any"]))
    found.put(name("taken.wild.dyn.example.com"), binding("192.0.2.78"))
    return found


@pytest.fixture
def answers(zones):
    return Answers(zones)


@pytest.fixture
def ask(answers):
    """Ask as dnspython does; returns its message."""

    def asked(owner, rrtype="A", *, tcp=False, **options):
        options.setdefault("use_edns", False)
        query = dns.message.make_query(owner, rrtype, **options)
        wire = (answers.tcp if tcp else answers.udp)(query.to_wire())
        response = dns.message.from_wire(wire)
        assert query.is_response(response)
        return response

    return asked
