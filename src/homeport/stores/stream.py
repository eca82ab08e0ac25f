"""What a follower in another process reads of a store: a base, then the deltas after it, without credentials.

Who answers DNS needs no credential, so that none leaves this process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from homeport.model.directory import Bind, PutHost, PutZone
from homeport.ports import Store
from homeport.stores import codec


async def base(store: Store) -> AsyncIterator[Any]:
    """Yield the revision of a base, then the operations that build it."""
    found = await store.base()
    yield {"revision": found.revision}
    for zone in found.zones.values():
        yield codec.write_op(PutZone(zone))
    for host in found.hosts.values():
        yield codec.write_op(PutHost(host))
    for name, binding in found.bindings.items():
        yield codec.write_op(Bind(name, binding))


async def deltas(store: Store, after: int) -> AsyncIterator[Any]:
    """Yield the deltas after a revision."""
    async for delta in store.deltas(after):
        written = codec.write_delta(delta)
        written["ops"] = [op for op in written["ops"] if not op["op"].endswith("_token")]
        yield written
