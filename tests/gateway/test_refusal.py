"""Every refusal is one event: with host and token where they are known, never with what may be a secret."""

import json

import pytest

from fakes.door import basic, door
from fakes.house import HOME
from homeport.telemetry import events
from homeport.telemetry.events import Event
from homeport.wire import signature

NAME = str(HOME)
NATIVE = "/api/v1/update"


@pytest.fixture
def told():
    heard = []
    stop = events.listen(
        lambda event, fields: heard.append(fields) if event is Event.UPDATE_REFUSED else None
    )
    yield heard
    stop()


async def post(at, body, headers=None, **signing):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = headers or at.signed("POST", NATIVE, data, **signing)
    return await at.ask(NATIVE, method="POST", headers=headers, body=data)


async def test_signed_requests(told):
    """A clock that is off, a replay, a wrong secret, a malformed header: host and token stand in each event."""
    async with door() as at:
        body = {"hostname": NAME, "addresses": ["198.51.100.7"]}
        good = at.signed("POST", NATIVE, json.dumps(body).encode())
        await post(at, body, off=400)
        await post(at, body, good)
        await post(at, body, good)
        await post(at, body, secret="0" * 32)
        await post(at, body, good | {signature.NONCE: "short"})
        assert [(each["host"], each["token"]) for each in told] == [(NAME, at.here.issued.id)] * 4
        said = [each["reason"] for each in told]
        for reason, word in zip(said, ("clock", "seen before", "wrong", "Homeport-Nonce"), strict=True):
            assert word in reason


async def test_a_wrong_clock_is_told_before_a_wrong_secret():
    """Whatever integer a clock shows, the server's time comes back; far off or wrongly signed changes nothing."""
    async with door() as at:
        now = int(at.here.clock.now())
        for stamp in (now + 10**18 - now, -5, 0, now * 1000):
            headers = at.signed("POST", NATIVE, b"{}", off=stamp - now, secret="0" * 32)
            said = await post(at, b"{}", headers)
            assert (said.status, said.json["server_time"]) == (401, now)
            assert said.json["type"] == "urn:homeport:problem:clock"


async def test_bodies_and_wishes(told):
    """A body that is none, a name that is none, an address that is none: each is one event of its token."""
    async with door() as at:
        await post(at, b"{")
        updates = [
            {"hostname": "a b", "addresses": ["198.51.100.3"]},
            {"hostname": NAME, "addresses": ["x"]},
            {"hostname": NAME, "addresses": ["127.0.0.1"]},
        ]
        await post(at, {"updates": updates})
        assert [each["token"] for each in told] == [at.here.issued.id] * 4
        assert [each.get("host") for each in told] == [None, None, NAME, NAME]


@pytest.mark.parametrize(
    ("query", "host"),
    [
        (f"/nic/update?hostname={NAME}&myip=198.51.100", NAME),
        (f"/nic/update?hostname={NAME}&offline=yes", NAME),
        ("/nic/update?myip=198.51.100.7", None),
        ("/nic/update?hostname=localhost&myip=198.51.100.7", None),
        ("/nic/update?hostname=" + ",".join([NAME] * 21) + "&myip=198.51.100.7", NAME),
        (f"/nic/update?hostname={NAME}", NAME),  # the connection is a private one
        (f"/nic/update?hostname=other.{NAME}&myip=198.51.100.7", f"other.{NAME}"),
    ],
)
async def test_dyndns2(told, query, host):
    """Every word but `good` and `nochg` is an event."""
    async with door() as at:
        await at.ask(query, headers=at.basic)
        [event] = told
        assert (event.get("host"), event["token"], event["via"]) == (host, at.here.issued.id, "dyndns2")
        assert event["source"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("query", "host", "why"),
    [
        ("domains=home&txt=hello", NAME, "txt"),
        (f"domains={NAME}&ip=x", NAME, "no address"),
        ("domains=nobody&ip=198.51.100.7", None, "no such host"),
        ("domains=&ip=198.51.100.7", None, "no such host"),
        ("domains=home", NAME, "loopback"),
    ],
)
async def test_duckdns(told, query, host, why):
    """`KO` says nothing, so the log says all."""
    async with door() as at:
        await at.ask(f"/update?token={at.joined}&{query}")
        [event] = told
        assert (event.get("host"), event["token"], event["via"]) == (host, at.here.issued.id, "duckdns")
        assert why in event["reason"]


async def test_wrong_secrets_of_old_clients(told):
    """The token is told that a router claims to have, wherever it writes it."""
    async with door() as at:
        token = at.here.issued.id
        query = f"/nic/update?hostname={NAME}&myip=198.51.100.7"
        await at.ask(query, headers=basic(token, "wrong"))
        await at.ask(query, headers=basic("router", f"{token}.wrong"))
        await at.ask(query, headers={"Authorization": f"Bearer {token}.wrong"})
        await at.ask(f"{query}&token={token}.wrong")
        await at.ask(f"/u/{token}.wrong?hostname={NAME}")
        await at.ask(f"/update/{NAME}/{token}.wrong")
        assert [(each.get("host"), each.get("token")) for each in told] == [(NAME, token)] * 6


async def test_no_secret_is_told(told):
    """A secret written where a name, an id or a scheme belongs is in no event."""
    async with door() as at:
        secret, joined = at.here.issued.secret, at.joined
        await at.ask(f"/nic/update?hostname={joined}&myip=198.51.100.7", headers=at.basic)
        await at.ask(f"/nic/update?hostname={joined}", headers=basic(secret, "x"))
        await at.ask(f"/nic/update?hostname={NAME}&myip={secret}", headers=basic("x", secret))
        await at.ask(f"/update?domains={joined}&token={secret}")
        await at.ask(f"/update?domains={secret}&token={joined}")
        await post(at, {"hostname": joined, "addresses": [secret]})
        await post(at, {"hostname": NAME}, {"Authorization": f"{joined} {secret}.{joined}"})
        await post(at, {"hostname": NAME}, at.signed("POST", NATIVE) | {signature.KEY: secret})
        assert len(told) == 8
        assert secret not in repr(told)
