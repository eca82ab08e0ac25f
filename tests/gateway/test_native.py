"""Our own protocol, as the surface promises it."""

import json

import pytest

from fakes.door import door
from fakes.house import HOME, NAS
from homeport.errors import StoreUnavailable
from homeport.model.name import Fqdn
from homeport.wire import signature

UPDATE = "/api/v1/update"
NAME = "home.dyn.example.com"


async def post(at, body, *, headers=None, target=UPDATE, **signing):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await at.ask(
        target, method="POST", headers=headers or at.signed("POST", target, data, **signing), body=data
    )


async def test_signed_update_and_reading_it_back():
    """Changed, then unchanged, each with the addresses the host has; reading tells TTL and where to ask DNS."""
    async with door() as at:
        body = {"hostname": NAME, "addresses": ["2606:4700::1", "198.51.100.7"]}
        first = await post(at, body)
        again = await post(at, body)
        assert first.status == again.status == 200
        [changed], [unchanged] = first.json["results"], again.json["results"]
        expected = {"hostname": NAME, "addresses": ["198.51.100.7", "2606:4700::1"], "reason": ""}
        assert changed == expected | {"status": "changed"}
        assert unchanged == expected | {"status": "unchanged"}
        assert first.json["revision"] == again.json["revision"]
        target = f"/api/v1/hosts/{NAME}"
        host = await at.ask(target, headers=at.signed("GET", target))
        assert host.json == {
            "hostname": NAME,
            "addresses": ["198.51.100.7", "2606:4700::1"],
            "ttl": 60,
            "revision": first.json["revision"],
            "nameservers": ["127.0.0.1:5300"],
        }


async def test_several_hosts_in_request_order():
    """One commit for all that is granted; each refused one says why."""
    async with door() as at:
        await at.here.hosts.add(Fqdn.parse("other.dyn.example.com"))
        updates = [
            {"hostname": "other.dyn.example.com", "addresses": ["198.51.100.1"]},
            {"hostname": NAME, "addresses": ["198.51.100.2"]},
            {"hostname": "a b", "addresses": ["198.51.100.3"]},
            {"hostname": "nas.dyn.example.com", "addresses": ["x"]},
            {"hostname": "nas.dyn.example.com", "addresses": ["127.0.0.1"]},
        ]
        said = await post(at, {"updates": updates})
        results = said.json["results"]
        assert [result["hostname"] for result in results] == [update["hostname"] for update in updates]
        assert [result["status"] for result in results] == [
            "refused",
            "changed",
            "refused",
            "refused",
            "refused",
        ]
        assert all(result["reason"] for result in results if result["status"] == "refused")
        assert len(await at.here.hosts.history(HOME, 9)) == 2


async def test_only_remove_deletes():
    """A family that is not mentioned stays; `remove` empties one; an empty update is the caller's address."""
    async with door(trusted=["127.0.0.1"]) as at:
        await post(at, {"hostname": NAME, "addresses": ["198.51.100.7", "2606:4700::1"]})
        kept = await post(at, {"hostname": NAME, "addresses": ["198.51.100.8"]})
        assert kept.json["results"][0]["addresses"] == ["198.51.100.8", "2606:4700::1"]
        gone = await post(at, {"hostname": NAME, "remove": ["AAAA"]})
        assert gone.json["results"][0]["addresses"] == ["198.51.100.8"]
        body = json.dumps({"hostname": NAME}).encode()
        headers = at.signed("POST", UPDATE, body) | {"X-Forwarded-For": "1.1.1.1"}
        caller = await post(at, body, headers=headers)
        assert caller.json["results"][0]["addresses"] == ["1.1.1.1"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"updates": []}',
        b'{"updates": {}}',
        b'{"hostname": 5}',
        b'{"hostname": "home.dyn.example.com", "adresses": ["1.1.1.1"]}',
        b'{"hostname": "home.dyn.example.com", "remove": ["MX good"]}',
        b'{"hostname": "home.dyn.example.com", "addresses": "1.1.1.1"}',
        b'{"updates": [' + b'{"hostname": "a.b"},' * 500 + b'{"hostname": "a.b"}]}',
    ],
)
async def test_what_is_no_update(body):
    """A malformed body is 400 with a problem document that quotes nothing of it, and changes nothing."""
    async with door() as at:
        said = await post(at, body)
        assert said.status == 400
        assert said.headers["content-type"] == "application/problem+json"
        assert said.json["type"].endswith(":malformed")
        assert "adresses" not in said.text
        assert "good" not in said.text
        assert not at.here.directory.bindings


async def test_who_cannot_prove_it():
    """Missing, unknown and wrong credentials are one 401; the message does not tell which."""
    async with door() as at:
        body = {"hostname": NAME, "addresses": ["198.51.100.7"]}
        data = json.dumps(body).encode()
        good = at.signed("POST", UPDATE, data)
        wrong = [
            {"X": "y"},
            {"Authorization": "Bearer nobody.nothing"},
            {"Authorization": f"Bearer {at.here.issued.id}.wrong"},
            {"Authorization": "Bearer"},
            at.basic,
            at.signed("POST", UPDATE, data, secret="0" * 32),
            at.signed("GET", UPDATE, data),
            at.signed("POST", UPDATE + "?x=1", data),
            at.signed("POST", UPDATE, data + b" "),
            good | {signature.KEY: "nobody"},
            good | {signature.NONCE: "short"},
            good | {signature.NONCE: "n" * 65},
            good | {signature.TIMESTAMP: good[signature.TIMESTAMP] + ".5"},
            good | {signature.TIMESTAMP: "0" + good[signature.TIMESTAMP]},
            good | {signature.SIGNATURE: good[signature.SIGNATURE].upper()},
            good | {signature.SIGNATURE: good[signature.SIGNATURE].removeprefix("v1=")},
        ]
        for headers in wrong:
            said = await post(at, data, headers=headers)
            assert said.status == 401, headers
            assert said.headers["www-authenticate"].startswith("Bearer")
            assert signature.SERVER_TIME not in said.json
        assert (await post(at, data, headers=good)).status == 200
        bearer = {"Authorization": f"Bearer {at.joined}"}
        assert (await post(at, data, headers=bearer)).json["results"][0]["status"] == "unchanged"


async def test_the_query_is_signed_too():
    """TARGET is the request target as it was sent, query and all."""
    async with door() as at:
        target = UPDATE + "?from=script&x=%41"
        said = await post(at, {"hostname": NAME, "addresses": ["198.51.100.7"]}, target=target)
        assert said.status == 200


async def test_clocks_and_replays():
    """Outside of the window and a nonce used before are 401 that carry the server's time."""
    async with door() as at:
        body = {"hostname": NAME, "addresses": ["198.51.100.7"]}
        now = int(at.here.clock.now())
        for off in (-301, 301):
            said = await post(at, body, off=off)
            assert (said.status, said.json["server_time"]) == (401, now)
            assert said.json["type"] == "urn:homeport:problem:clock"
        assert (await post(at, body, off=-300, nonce="n" * 16)).status == 200
        again = await post(at, body, off=-300, nonce="n" * 16)
        assert (again.status, again.json["server_time"]) == (401, now)
        assert again.json["type"] == "urn:homeport:problem:replay"


async def test_a_signature_is_stored_with_its_commit():
    """What a restarted server refuses is what this one committed, by token and host."""
    async with door() as at:
        await post(at, {"hostname": NAME, "addresses": ["198.51.100.7"]}, off=-5)
        await post(at, {"hostname": NAME, "addresses": ["198.51.100.7"]})
        newest = await at.here.store.newest_signed()
        assert newest == {(at.here.issued.id, HOME): int(at.here.clock.now()) - 5}


async def test_hosts_that_are_not_one_s_own():
    """Another's host and none at all are the same 404, and a stranger gets 401."""
    async with door() as at:
        await at.here.hosts.add(Fqdn.parse("other.dyn.example.com"))
        answers = []
        for name in ("other.dyn.example.com", "nobody.dyn.example.com", "%00", "x" * 300):
            target = f"/api/v1/hosts/{name}"
            said = await at.ask(target, headers=at.signed("GET", target))
            assert said.status == 404
            answers.append(said.text)
        assert len(set(answers)) == 1
        assert (await at.ask(f"/api/v1/hosts/{NAME}")).status == 401


async def test_a_store_that_cannot_write(monkeypatch):
    """503 with Retry-After, and the next update goes through."""
    async with door() as at:

        async def full(*_, **__):
            raise StoreUnavailable("the disk is full")

        body = {"hostname": NAME, "addresses": ["198.51.100.7"]}
        with monkeypatch.context() as patch:
            patch.setattr(at.here.store, "commit", full)
            said = await post(at, body)
            assert (said.status, said.headers["retry-after"]) == (503, "30")
        assert (await post(at, body)).json["results"][0]["status"] == "changed"


async def test_other_methods():
    """What is not POST changes nothing."""
    async with door() as at:
        for method in ("GET", "PUT", "DELETE"):
            assert (await at.ask(UPDATE, method=method, headers=at.signed(method, UPDATE))).status == 405


class TestSimple:
    """`POST /update` for small scripts."""

    @staticmethod
    async def send(at, issued, *, hostname=NAME, ip="198.51.100.7", off=0, **changes):
        timestamp = int(at.here.clock.now()) + off
        fields = {
            "hostname": hostname,
            "ip": ip,
            "ts": timestamp,
            "sig": signature.simple(issued.secret, timestamp, ip),
        }
        headers = {signature.KEY: issued.id, "Content-Type": "application/json"}
        return await at.ask(
            "/update", method="POST", headers=headers, body=json.dumps(fields | changes).encode()
        )

    async def test_once(self):
        """A right signature updates the token's only host; the same again is a replay."""
        async with door() as at:
            issued = await at.here.tokens.create([HOME])
            said = await self.send(at, issued)
            assert said.json["results"][0]["status"] == "changed"
            assert (await self.send(at, issued)).json["type"] == "urn:homeport:problem:replay"
            assert (await self.send(at, issued, off=1)).json["results"][0]["status"] == "unchanged"
            assert (await self.send(at, issued, off=400)).json["server_time"] == int(at.here.clock.now())

    async def test_what_is_refused(self):
        """Another host, a token for several hosts, another address than signed, and a time that is no integer."""
        async with door() as at:
            issued = await at.here.tokens.create([HOME])
            assert (await self.send(at, issued, hostname="nas.dyn.example.com")).status == 401
            assert (await self.send(at, at.here.issued)).status == 401
            assert (await self.send(at, issued, sig="0" * 64)).status == 401
            assert (
                await self.send(at, issued, ip="198.51.100.7", sig=signature.simple(issued.secret, 1, ""))
            ).status == 401
            for ts in ("1800000000", 1800000000.5, None, True):
                assert (await self.send(at, issued, ts=ts)).status == 400
            assert NAS not in at.here.directory.bindings
            assert HOME not in at.here.directory.bindings
