"""How everything stands, as plain data."""

import json

from fakes.world import HOME, key
from homeport.engine.report import report
from homeport.engine.round import NO_ADDRESS, OK, SOME_FAILED
from homeport.errors import CredentialsRefused, Unavailable
from homeport.model.observation import Unknown

REFUSED, UNREACHABLE = CredentialsRefused.exit_code, Unavailable.exit_code
OTHER = key("other.example.com")


async def test_a_record_says_what_a_person_asks(world):
    """What is published where, since when, how it is known."""
    rounds = world.rounds()
    await rounds.run()
    said = json.loads(json.dumps(report(rounds, world.clock.now())))
    [record] = said["records"]
    assert (record["name"], record["type"], record["provider"]) == ("home.example.com", "A", "p")
    assert record["published"] == {"rdata": ["8.8.8.8"], "ttl": 60, "options": {}}
    assert record["verified"] == "dns"
    assert said["addresses"][0]["addresses"] == ["8.8.8.8"]
    assert said["exit_code"] == OK


async def test_no_address_learned_is_3(world):
    """When nothing was learned, the code says so."""
    world.detector.says["v4"] = Unknown("captive portal")
    rounds = world.rounds()
    await rounds.run()
    assert report(rounds, 0)["exit_code"] == NO_ADDRESS


async def test_what_every_unfinished_record_shares_is_the_code(world):
    """Refused is 4, unreachable 5, and a mixture 1."""
    account = world.account(world.wanted(), world.wanted(OTHER))
    for errors, code in [
        ({HOME: CredentialsRefused("no"), OTHER: CredentialsRefused("no")}, REFUSED),
        ({HOME: Unavailable("no")}, UNREACHABLE),
        ({HOME: CredentialsRefused("no"), OTHER: Unavailable("no")}, SOME_FAILED),
    ]:
        world.ledger.lines.clear()
        world.provider.zone.clear()
        world.provider.errors = errors
        rounds = world.rounds(account)
        await rounds.run()
        assert report(rounds, 0)["exit_code"] == code
        again = world.rounds(account)  # another process, before anything is due
        await again.run()
        assert report(again, 0)["exit_code"] == code


async def test_a_guarded_record_is_1(world):
    """An address was learned and yet the record waits for a person."""
    world.provider.put(HOME, "1.1.1.1", "1.0.0.1")
    rounds = world.rounds()
    await rounds.run()
    assert report(rounds, 0)["exit_code"] == SOME_FAILED
