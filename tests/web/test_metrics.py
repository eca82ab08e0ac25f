"""What programs that watch this one are told: read with Prometheus' own parser, and asked with and without a right to it."""

import asyncio
from contextlib import asynccontextmanager

from prometheus_client.parser import text_string_to_metric_families

from fakes.clock import FakeClock
from fakes.front_door import front_door
from fakes.one_name import loaded
from homeport.agent import open_agent
from homeport.model.ledger import State
from homeport.telemetry.events import Event
from homeport.telemetry.tally import Tally
from homeport.web.live import LOOKS
from homeport.web.metrics import KIND, exposition

NASTY = 'a "quoted"\\ name\nin two lines'


def record(state="current", **fields):
    return {
        "name": "home.example.com", "type": "A", "provider": "cf", "state": state, "published_at": 1_800_000_000.5,
        "verified_at": None, "visible_after": 0.25, **fields,
    }  # fmt: skip


def status(*records, **fields):
    witness = {"witness": "router", "line": "", "addresses": ["93.184.216.34"]}
    learned = {
        "source": NASTY, "family": "IPv4", "addresses": [],
        "witnesses": [witness, {**witness, "addresses": []}, {**witness, "witness": "stun", "addresses": []}],
    }  # fmt: skip
    agent = {"version": "1.2.3", "since": 1_799_999_999.0}
    return {"agent": agent, "records": list(records), "addresses": [learned], **fields}


def read(text):
    """Return every sample: its labels and its value, by its name."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        assert family.type in {"gauge", "counter", "histogram"}
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def counted():
    tally = Tally()
    with tally.counting():
        return tally.counted()


def test_prometheus_reads_what_stands_there():
    """Every state is there with its number, labels come back as they were, and what is not known is not told."""
    records = [record(), record("retrying", name="nas.example.com", published_at=None, visible_after=None)]
    pushed = [{"by": "fritz", "at": 1_800_000_001.0}, {"by": "lte", "at": None}]
    found = read(exposition(status(*records, pushed=pushed), counted(), 3))
    states = {labels["state"]: value for labels, value in found["homeport_records"]}
    assert states == {**dict.fromkeys(LOOKS, 0), "current": 1, "retrying": 1}
    assert set(State) <= set(LOOKS)
    where = {"name": "home.example.com", "type": "A", "provider": "cf"}
    assert ({**where, "state": "current"}, 1) in found["homeport_record_state"]
    assert found["homeport_record_changed_timestamp_seconds"] == [(where, 1_800_000_000.5)]
    assert found["homeport_record_visible_seconds"] == [(where, 0.25)]
    assert "homeport_record_verified_timestamp_seconds" not in found
    assert found["homeport_address_known"] == [({"source": NASTY, "family": "IPv4"}, 0)]
    answers = {labels["witness"]: value for labels, value in found["homeport_witness_up"]}
    assert answers == {"router": 1, "stun": 0}
    assert found["homeport_pushed_timestamp_seconds"] == [({"by": "fritz"}, 1_800_000_001.0)]
    assert found["homeport_page_connections"] == [({}, 3)]
    assert found["homeport_info"] == [({"version": "1.2.3"}, 1)]
    assert {labels["event"] for labels, _ in found["homeport_events_total"]} == {
        event.value for event in Event
    }
    assert found["homeport_visible_seconds_bucket"][-1] == ({"le": "+Inf"}, 0)
    assert found["homeport_visible_seconds_count"] == [({}, 0)]


def test_no_address_is_a_number():
    """Whoever keeps the numbers learns names, and not where they point."""
    assert "93.184" not in exposition(status(record()), counted(), 1)


class Watching:
    """A page with a real agent behind it, asked without blocking the agent."""

    def __init__(self, door, agent):
        self.door = door
        self.agent = agent

    async def __call__(self, path, **headers):
        return await asyncio.to_thread(self.door.ask, "GET", path, **headers)


@asynccontextmanager
async def watching(folder, **settings):
    """Yield an agent with one name that cannot be published, and its page."""
    ready = asyncio.Event()
    async with open_agent(loaded(folder), FakeClock()) as agent, asyncio.TaskGroup() as group:
        running = group.create_task(agent.run(ready))
        await ready.wait()
        await agent.once()
        with front_door(folder / "state", **settings) as door:
            yield Watching(door, agent)
        running.cancel()


async def test_an_agent_that_fails_is_not_ready(tmp_path):
    """A stranger learns that it is not, and nothing else; the same when no agent answers."""
    async with watching(tmp_path) as ask:
        answer = await ask("/readyz")
        assert (answer.status, answer.text) == (503, "not ready\n")
    with front_door(tmp_path / "state") as door:
        answer = door.ask("GET", "/readyz")
        assert (answer.status, answer.text) == (503, "not ready\n")


async def test_an_agent_that_is_well_is_ready(tmp_path):
    """With nothing to keep, nothing is wrong; from elsewhere too, before a password is set."""
    async with watching(tmp_path, trusted_proxies=("127.0.0.1",)) as ask:
        ask.agent.status = lambda: {"exit_code": 0}
        answer = await ask("/readyz", x_forwarded_for="93.184.216.99")
        assert (answer.status, answer.text) == (200, "ready\n")


async def test_numbers_are_for_the_owner(tmp_path):
    """A session or a token of any right; who has none is not led to the entrance, where no program can go."""
    async with watching(tmp_path) as ask:
        for headers in ({}, {"authorization": "Bearer x.y"}):
            answer = await ask("/metrics", **headers)
            assert answer.status == 401
            assert "homeport_" not in answer.text
        token = ask.door.access.make_token("prometheus", "read")
        answer = await ask("/metrics", authorization=f"Bearer {token}")
        assert (answer.status, answer.headers["content-type"]) == (200, KIND)
        found = read(answer.text)
        assert [labels for labels, _ in found["homeport_record_state"]] == [
            {"name": "home.duckdns.org", "type": "A", "provider": "duck", "state": "retrying"}
        ]
        assert found["homeport_page_connections"] == [({}, 1)]
        assert found["homeport_rounds_total"][0][1] >= 1
        owner = await asyncio.to_thread(ask.door.sign_in)
        assert (await ask("/metrics", cookie=owner)).status == 200


async def test_numbers_are_for_this_machine_where_that_is_wanted(tmp_path):
    """A proxy's caller is from elsewhere all the same."""
    async with watching(tmp_path, open_metrics=True) as ask:
        assert (await ask("/metrics")).status == 200
        assert (await ask("/metrics", x_forwarded_for="93.184.216.99")).status == 401
        assert (await ask("/metrics", host="evil.example")).status == 421


def test_without_an_agent_there_are_no_numbers(tmp_path):
    """The reason is for the owner to read."""
    with front_door(tmp_path, open_metrics=True) as door:
        answer = door.ask("GET", "/metrics")
    assert answer.status == 503
    assert "is it running" in answer.text
