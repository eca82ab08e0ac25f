"""Published records under the eyes of their name servers."""

import asyncio
from dataclasses import replace

from fakes.world import HOME, MemoryProvider, addresses, key, names
from homeport.engine.book import written
from homeport.engine.verify import PATIENCE
from homeport.errors import Unavailable
from homeport.model.ledger import Proof, State
from homeport.model.observation import NoAddress

DAY = 86400
FOREIGN = frozenset({"9.9.9.9"})


class WriteOnlyProvider(MemoryProvider):
    """A host that cannot be listed."""

    write_only = True


def two_servers(world, first=None, second=None):
    """Let two name servers answer for HOME, as told, or as the provider has it."""
    servers = {"ns1:53": first, "ns2:53": second}
    world.resolver.instead |= {
        (server, HOME): rdata for server, rdata in servers.items() if rdata is not None
    }
    account = world.account()
    account.nameservers = tuple(servers)
    return account


async def test_drift_is_told_and_put_right(world, events):
    """What somebody changed is told with what was found, repaired in the same round, and kept for `status`."""
    rounds = world.rounds()
    await rounds.run()
    world.provider.put(HOME, "9.9.9.9")
    events.clear()
    await rounds.run(check_drift=True)
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}
    told = [(name, fields) for name, fields in events if name.startswith("record.")]
    assert [name for name, _ in told] == ["record.drifted", "record.published", "record.verified"]
    assert told[0][1]["published"] == ["8.8.8.8"]
    assert told[0][1]["found"] == ["9.9.9.9"]
    line = world.line()
    assert (line.drift.found, line.drift.found_at) == (FOREIGN, world.clock.now())
    assert (line.state, line.proof) == (State.CURRENT, Proof.DNS)


async def test_who_answered_it_is_known_until_something_else_is_published(world):
    """Each server with its time; of what was published by another process, once they were asked."""
    account = two_servers(world)
    rounds = world.rounds(account)
    await rounds.run()
    assert rounds.answered(account, HOME) == (("ns1:53", 0.0), ("ns2:53", 0.0))
    rounds.book.put(replace(world.line(), published=replace(world.line().published, ttl=77)))
    assert rounds.answered(account, HOME) == ()
    restarted = world.rounds(account)
    await restarted.run(check_drift=True)
    assert list(restarted.answered(account, HOME)) == [("ns1:53", None), ("ns2:53", None)]


async def test_a_deleted_record_is_put_back(world, events):
    """Nothing at all is drift too."""
    rounds = world.rounds()
    await rounds.run()
    world.provider.zone.clear()
    await rounds.run(check_drift=True)
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}
    assert dict(events)["record.drifted"]["found"] == []


async def test_all_servers_count_and_a_secondary_that_lags_is_no_drift(world):
    """One of two answers otherwise: its serial says whether it is behind or ahead."""
    account = two_servers(world)
    rounds = world.rounds(account)
    await rounds.run()
    world.resolver.instead["ns2:53", HOME] = FOREIGN
    world.resolver.serials = {"ns1:53": 7, "ns2:53": 6}
    await rounds.run(check_drift=True)
    assert (world.provider.observed, world.provider.applied) == (1, 1)
    world.provider.put(HOME, "9.9.9.9")
    world.resolver.instead["ns1:53", HOME] = frozenset({"8.8.8.8"})
    world.resolver.serials["ns2:53"] = 8
    world.resolver.instead.pop(("ns2:53", HOME))
    await rounds.run(check_drift=True)
    assert world.provider.zone[HOME].rdata == {"8.8.8.8"}


async def test_a_private_answer_from_in_between_is_no_drift(world):
    """A router that answers for the zone with an address of the house makes nobody list or write."""
    rounds = world.rounds()
    await rounds.run()
    world.resolver.instead[HOME] = frozenset({"192.168.1.9"})
    await rounds.run(check_drift=True)
    assert (world.provider.observed, world.provider.applied) == (1, 1)


async def test_a_suspicion_that_comes_to_nothing_is_not_looked_into_every_time(world, events):
    """The host holds what was published: nothing is written, and the next look is an hour away."""
    rounds = world.rounds()
    await rounds.run()
    world.resolver.instead[HOME] = FOREIGN
    for _ in range(11):
        await rounds.run(check_drift=True)
        await world.clock.advance(300)
    assert (world.provider.observed, world.provider.applied) == (2, 1)
    assert "record.drifted" not in names(events)
    assert names(events).count("record.unverified") == 1


async def test_what_cannot_be_listed_is_rewritten_once_a_day(world, events):
    """At a write-only host a DNS difference alone causes one rewrite in 24 h, then one in 48."""
    world.provider = WriteOnlyProvider()
    world.resolver.provider = world.provider
    rounds = world.rounds(world.account(provider=world.provider))
    await rounds.run()
    applied = []
    for _ in range(4):
        world.resolver.instead[HOME] = FOREIGN
        world.ledger.lines["p", HOME] = replace(world.line(), proof=Proof.DNS)
        rounds.book.put(replace(rounds.book.get("p", HOME), proof=Proof.DNS))
        for _ in range(2):
            world.resolver.instead[HOME] = FOREIGN
            checking = rounds.run(check_drift=True)
            await _beside(world, checking)
        applied.append(world.provider.applied)
        await world.clock.advance(DAY)
    assert applied == [2, 3, 3, 4]
    assert names(events).count("record.drifted") == 3


async def _beside(world, work):
    """Do some work while a minute passes."""
    async with asyncio.TaskGroup() as group:
        group.create_task(work)
        await world.clock.advance(70)


async def test_an_update_that_was_never_seen_is_not_sent_again(world):
    """Accepted and not verified is no sign of drift at a write-only host."""
    world.provider = WriteOnlyProvider()
    world.resolver.provider = world.provider
    world.resolver.instead[HOME] = FOREIGN
    rounds = world.rounds(world.account(provider=world.provider))
    for _ in range(3):
        await _beside(world, rounds.run(check_drift=True))
        await world.clock.advance(DAY)
    assert world.provider.applied == 1


async def test_agreement_proves_what_was_not_proven(world):
    """A record that was adopted as it was is proven once its name servers answer it."""
    world.provider.put(HOME, "8.8.8.8")
    rounds = world.rounds()
    await rounds.run()
    assert world.line().proof is Proof.API
    await rounds.run(check_drift=True)
    assert rounds.book.get("p", HOME).proof is Proof.DNS


async def test_what_was_written_a_moment_ago_is_no_drift_yet(world, events):
    """Name servers that are slow to hear of it make nobody list; a verification that was cut short ends, too."""
    rounds = world.rounds()
    await rounds.run()
    entry = world.line()
    fresh = written(entry, entry.published, world.clock.now())
    rounds.book.put(fresh)
    world.resolver.instead[HOME] = FOREIGN
    listed = world.provider.observed
    await rounds.run(check_drift=True)
    assert (world.provider.observed, names(events).count("record.unverified")) == (listed, 0)
    await world.clock.advance(PATIENCE)
    await rounds.run(check_drift=True)
    assert world.provider.observed == listed + 1


async def test_many_records_are_looked_at_together_and_name_servers_looked_up_rarely(world):
    """A slow server delays the look once, not once for each record."""
    keys = [key(f"h{number}.example.com") for number in range(20)]
    rounds = world.rounds(world.account(*map(world.wanted, keys)))
    await rounds.run()
    looked_up, plain = [], world.resolver.nameservers

    async def nameservers(zone):
        looked_up.append(zone)
        return await plain(zone)

    world.resolver.nameservers = nameservers
    await rounds.run(check_drift=True)
    assert looked_up == []
    asked, together, plain_ask = 0, 0, world.resolver.ask

    async def slow(server, rrkey):
        nonlocal asked, together
        asked += 1
        together = max(together, asked)
        await world.clock.sleep(1)
        asked -= 1
        return await plain_ask(server, rrkey)

    world.resolver.ask = slow
    start = world.clock.monotonic()
    async with asyncio.TaskGroup() as group:
        checking = group.create_task(rounds.run(check_drift=True))
        while not checking.done():
            await world.clock.advance(1)
    assert 2 <= together <= 16
    assert world.clock.monotonic() - start <= 4


async def test_silence_is_no_drift(world):
    """Nobody answers: nothing is listed."""
    rounds = world.rounds()
    await rounds.run()

    async def deaf(server, rrkey):
        raise Unavailable("no answer")

    world.resolver.ask = deaf
    await rounds.run(check_drift=True)
    assert world.provider.observed == 1


async def test_a_foreign_round_robin_is_held(world):
    """Several values nobody here wrote are left alone, and the reason says how to go on."""
    world.provider.put(HOME, "1.1.1.1", "1.0.0.1")
    await world.rounds().run()
    assert world.provider.zone[HOME].rdata == {"1.1.1.1", "1.0.0.1"}
    assert world.line().state is State.HELD
    assert "adopt" in world.line().reason


async def test_a_shared_record_follows_only_our_member(world):
    """A round robin keeps the others through every change of ours."""
    world.provider.put(HOME, "1.1.1.1")
    rounds = world.rounds(world.account(world.wanted(shared=True, adopt=True)))
    await rounds.run()
    world.detector.says["v4"] = addresses("9.9.9.9")
    await rounds.run()
    assert world.provider.zone[HOME].rdata == {"1.1.1.1", "9.9.9.9"}


MARK = "homeport:office"


def signed(world, **more):
    options = frozenset({("comment", MARK)})
    return world.account(world.wanted(shared=True, mark=MARK, options=options, **more))


async def test_a_lost_ledger_does_not_hold_what_is_marked(world):
    """The member that carries this agent's mark is replaced; the others stay, with what is written beside them."""
    world.provider.has_remarks = True
    world.provider.put(HOME, "1.1.1.1", "1.0.0.1", remarks={"1.1.1.1": MARK, "1.0.0.1": "theirs"})
    await world.rounds(signed(world)).run()
    assert dict(world.provider.zone[HOME].remarks) == {"8.8.8.8": MARK, "1.0.0.1": "theirs"}
    assert world.line().state is State.CURRENT


async def test_an_id_that_comes_later_is_written_beside_our_member_alone(world):
    """What was published without it is signed once, and a second pass does nothing."""
    world.provider.has_remarks = True
    world.provider.put(HOME, "1.0.0.1", remarks={"1.0.0.1": "theirs"})
    await world.rounds(world.account(world.wanted(shared=True, adopt=True))).run()
    assert dict(world.provider.zone[HOME].remarks) == {"8.8.8.8": "", "1.0.0.1": "theirs"}
    rounds = world.rounds(signed(world))
    await rounds.run()
    assert dict(world.provider.zone[HOME].remarks) == {"8.8.8.8": MARK, "1.0.0.1": "theirs"}
    applied = world.provider.applied
    await world.clock.advance(DAY)
    await rounds.run()
    assert world.provider.applied == applied


async def test_who_left_a_shared_name_may_come_back(world):
    """That it took its own member away is known, and no reason to hold it out."""
    world.provider.put(HOME, "1.0.0.1")
    account = world.account(world.wanted(shared=True, adopt=True, withdraw_after=60))
    rounds = world.rounds(account)
    await rounds.run()
    world.detector.says["v4"] = NoAddress("no line")
    for _ in range(4):
        await world.clock.advance(30)
        await rounds.run()
    assert world.provider.zone[HOME].rdata == {"1.0.0.1"}
    world.detector.says["v4"] = addresses("9.9.9.9")
    again = world.rounds(world.account(world.wanted(shared=True, withdraw_after=60)))
    await again.run()
    assert world.provider.zone[HOME].rdata == {"1.0.0.1", "9.9.9.9"}
