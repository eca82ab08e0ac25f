"""An update is durable, ordered, and answered host by host."""

import asyncio

import pytest

from fakes.house import HOME, NAS, house
from homeport.control.admission import Wish
from homeport.control.updates import UNKNOWN_HOST, Status
from homeport.errors import StoreUnavailable
from homeport.model.address import parse_address
from homeport.model.directory import Origin
from homeport.model.name import Fqdn

BY = Origin(via="native")


def wish(name, *texts):
    return Wish(name, tuple(map(parse_address, texts)))


async def test_changed_then_unchanged():
    """The first update changes, the same again writes nothing and keeps the revision."""
    async with house() as here:
        first = await here.updates.update(here.token, [wish(HOME, "198.51.100.7")], BY)
        again = await here.updates.update(here.token, [wish(HOME, "198.51.100.7")], BY)
        assert [first.results[0].status, again.results[0].status] == [Status.CHANGED, Status.UNCHANGED]
        assert first.revision == again.revision == (await here.store.base()).revision


async def test_each_host_has_its_own_answer():
    """One refused host keeps none of the others from being updated, in one commit, in request order."""
    async with house() as here:
        other = Fqdn.parse("other.dyn.example.com")
        await here.hosts.add(other)
        before = here.directory.revision
        wishes = [wish(other, "198.51.100.1"), wish(HOME, "198.51.100.2"), wish(NAS, "127.0.0.1")]
        outcome = await here.updates.update(here.token, wishes, BY)
        assert [result.status for result in outcome.results] == [
            Status.REFUSED,
            Status.CHANGED,
            Status.REFUSED,
        ]
        assert outcome.results[0].reason == UNKNOWN_HOST
        assert outcome.revision == before + 1
        assert not here.directory.binding(other).addresses


async def test_concurrent_updates_of_one_host_are_ordered():
    """A hundred updates at once leave the last one asked for, and every change its own revision."""
    async with house() as here:
        before = here.directory.revision
        async with asyncio.TaskGroup() as group:
            for n in range(1, 101):
                group.create_task(here.updates.update(here.token, [wish(HOME, f"198.51.100.{n}")], BY))
        assert here.directory.binding(HOME).addresses == {parse_address("198.51.100.100")}
        assert here.directory.revision == before + 100


async def test_the_same_host_twice_in_one_request():
    """The second wish for a host sees what the first one did."""
    async with house() as here:
        wishes = [wish(HOME, "198.51.100.1"), wish(HOME, "198.51.100.1"), wish(HOME, "2606:4700::1")]
        outcome = await here.updates.update(here.token, wishes, BY)
        assert [r.status for r in outcome.results] == [Status.CHANGED, Status.UNCHANGED, Status.CHANGED]
        assert len(here.directory.binding(HOME).addresses) == 2


async def test_an_update_never_revives_a_removed_host():
    """Removing a host while an update of it is under way leaves nothing bound to its name."""
    async with house() as here:
        async with asyncio.TaskGroup() as group:
            group.create_task(here.updates.update(here.token, [wish(HOME, "198.51.100.1")], BY))
            group.create_task(here.hosts.remove(HOME))
            late = group.create_task(here.updates.update(here.token, [wish(HOME, "198.51.100.2")], BY))
        assert late.result().results[0].reason == UNKNOWN_HOST
        assert HOME not in (await here.store.base()).bindings


async def test_a_failed_commit_lets_the_host_go(monkeypatch):
    """After the store could not write, the next update of the same host goes through."""
    async with house() as here:

        async def full(*_, **__):
            raise StoreUnavailable("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(here.store, "commit", full)
            with pytest.raises(StoreUnavailable):
                await here.updates.update(here.token, [wish(HOME, "198.51.100.1")], BY)
        outcome = await here.updates.update(here.token, [wish(HOME, "198.51.100.1")], BY)
        assert outcome.results[0].status is Status.CHANGED
