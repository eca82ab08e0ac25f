"""What followers in other processes read builds the same state, and holds no credential."""

import asyncio
import json

import pytest

from fakes.clock import FakeClock
from fakes.memory_store import MemoryStore
from homeport.model.address import parse_address
from homeport.model.directory import (
    Bind,
    Binding,
    Host,
    NameServer,
    Origin,
    PutHost,
    PutToken,
    PutZone,
    Token,
    Zone,
)
from homeport.model.name import Fqdn
from homeport.stores import codec, stream

HOME = Fqdn.parse("home.dyn.example.com")
ZONE = Zone(Fqdn.parse("dyn.example.com"), (NameServer(Fqdn.parse("ns.example.net")),), 60)
BOUND = Bind(HOME, Binding(frozenset({parse_address("198.51.100.7")})))
SECRET = b"never to be seen"


@pytest.fixture
async def store():
    made = MemoryStore(FakeClock())
    token = PutToken(Token("t1", frozenset({HOME}), digest=SECRET, sealed=SECRET))
    for op in (PutZone(ZONE), PutHost(Host(HOME)), token, BOUND):
        await made.commit([op], origin=Origin())
    return made


async def test_a_base_is_a_revision_and_what_builds_it(store):
    """Zones before their hosts, hosts before what they are bound to."""
    [head, *ops] = [item async for item in stream.base(store)]
    assert head == {"revision": 4}
    assert [codec.read_op(op) for op in ops] == [PutZone(ZONE), PutHost(Host(HOME)), BOUND]


async def test_deltas_follow_without_gaps(store):
    """A delta that was of credentials alone is there, and empty: its revision counts."""
    following = stream.deltas(store, 1)
    async with asyncio.timeout(20):
        found = [await anext(following) for _ in range(3)]
    await following.aclose()
    assert [delta["revision"] for delta in found] == [2, 3, 4]
    assert [[op["op"] for op in delta["ops"]] for delta in found] == [["put_host"], [], ["bind"]]


async def test_no_credential_leaves(store):
    """Neither what checks a secret nor what seals it."""
    following = stream.deltas(store, 0)
    told = [item async for item in stream.base(store)] + [await anext(following) for _ in range(4)]
    await following.aclose()
    assert "t1" not in json.dumps(told)
    assert "digest" not in json.dumps(told)
