"""A whole server: its database, its doors, its DNS and its administration."""

import asyncio
import json
import os
import socket
import sqlite3
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from ipaddress import ip_address

import msgspec
import pytest
import trustme

from fakes.door import basic, read
from fakes.tools import toolbox
from homeport.config.models import Dns, Gateway, Heartbeats, ServedZone, Tls, ZoneNameServer
from homeport.config.models import Server as Settings
from homeport.errors import ConfigInvalid, InUse, Refused, SecretUnreadable, Unavailable
from homeport.model.address import Family
from homeport.model.name import Fqdn
from homeport.model.secret import Secret
from homeport.net import channel
from homeport.net.heartbeat import OwnServer
from homeport.net.udp import show
from homeport.server import Server, administer
from homeport.system.lock import Lock
from homeport.telemetry.events import Event, listen
from homeport.wire import signature

ZONE = "dyn.example.com"
HOME = f"home.{ZONE}"
SERVER = ZoneNameServer(name=Fqdn.parse(f"ns1.{ZONE}"), addresses=(ip_address("198.51.100.53"),))
SETTINGS = Settings(
    zones=(ServedZone(name=Fqdn.parse(ZONE), nameservers=(SERVER,)),),
    gateway=Gateway(listen=("127.0.0.1:0",)),
    dns=Dns(listen=("127.0.0.1:0",)),
)


@pytest.fixture
def database(tmp_path):
    return tmp_path / "state" / "server.db"


@dataclass
class Running:
    """A server in this process."""

    server: Server
    database: object

    async def admin(self, name, /, **args):
        return await administer(SETTINGS, self.database, name, **args)

    async def get(self, target, headers=None, method="GET", body=b""):
        reader, writer = await asyncio.open_connection(*self.server.gateway_addresses[0])
        lines = {"Host": "x", "Connection": "close", "Content-Length": str(len(body)), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body)
        said = read(await reader.read())
        writer.close()
        return said

    async def update(self, issued, address, host=HOME):
        said = await self.get(
            f"/nic/update?hostname={host}&myip={address}", basic(issued["id"], issued["secret"])
        )
        return said.text

    async def dns(self, name):
        """Return the IPv4 addresses DNS answers."""
        question = b"\0\7\0\0\0\1\0\0\0\0\0\0" + wire(name) + b"\0\1\0\1"
        loop = asyncio.get_running_loop()
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.connect(self.server.dns_addresses[0])
            await loop.sock_sendall(sock, question)
            answer = await loop.sock_recv(sock, 2048)
        count = int.from_bytes(answer[6:8], "big")
        rest = answer[len(question) :]
        return sorted(str(ip_address(rest[16 * i + 12 : 16 * i + 16])) for i in range(count))


def wire(name):
    return b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"


@asynccontextmanager
async def running(database, settings=SETTINGS, **extra):
    server, ready = Server(settings, database, **extra), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(server.run(ready))
        waiting = group.create_task(ready.wait())
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            waiting.cancel()
            await task
        try:
            yield Running(server, database)
        finally:
            task.cancel()


async def furnished(at):
    """Add a host and a token, on the running server or on the database."""
    await administer(SETTINGS, at, "host.add", name=HOME)
    return await administer(SETTINGS, at, "token.create", hosts=[HOME])


async def test_the_next_request_updates_the_host(database):
    """A host and a token added to a running server work at once, and what is acknowledged DNS answers."""
    async with running(database) as at:
        issued = await furnished(database)
        for n in range(1, 20):
            assert await at.update(issued, f"198.51.100.{n}") == f"good 198.51.100.{n}"
            assert await at.dns(HOME) == [f"198.51.100.{n}"]
        await at.admin("host.remove", name=HOME)
        assert await at.dns(HOME) == []


async def test_administration_before_the_first_start(database):
    """Hosts and tokens made while nothing runs are there when the server starts; the file's zones with them."""
    issued = await furnished(database)
    async with running(database) as at:
        assert await at.update(issued, "198.51.100.7") == "good 198.51.100.7"
    zones = await administer(SETTINGS, database, "zone.list")
    assert [(zone["name"], zone["from_file"]) for zone in zones] == [(ZONE, True)]
    lines = await administer(SETTINGS, database, "host.history", name=HOME)
    assert [line["what"] for line in lines] == ["bound", "added"]


async def test_a_restart_forgets_nothing(database):
    """Bindings, revisions and DNS are the same in the next process."""
    async with running(database) as at:
        issued = await furnished(database)
        await at.update(issued, "198.51.100.7")
        before = await at.admin("host.show", name=HOME)
    async with running(database) as at:
        assert await at.admin("host.show", name=HOME) == before
        assert await at.dns(HOME) == ["198.51.100.7"]
        assert await at.update(issued, "198.51.100.7") == "nochg 198.51.100.7"


async def test_a_signed_request_is_not_taken_again_after_a_restart(database):
    """What was captured before the restart is refused after it, and a fresh request is taken."""
    issued = await furnished(database)
    body = json.dumps({"hostname": HOME, "addresses": ["198.51.100.7"]}).encode()

    def signed(at, off=0):
        now, nonce = int(at.server._clock.now()) + off, f"{off:016}"
        target = "/api/v1/update"
        return {
            signature.KEY: issued["id"],
            signature.TIMESTAMP: str(now),
            signature.NONCE: nonce,
            signature.SIGNATURE: signature.sign(issued["secret"], "POST", target, now, nonce, body),
        }

    async with running(database) as at:
        captured = signed(at)
        assert (await at.get("/api/v1/update", captured, "POST", body)).status == 200
    async with running(database) as at:
        said = await at.get("/api/v1/update", captured, "POST", body)
        assert (said.status, said.json["type"]) == (401, "urn:homeport:problem:replay")
        assert (await at.get("/api/v1/update", signed(at, 5), "POST", body)).status == 200


async def test_the_key_is_made_once_and_missed(database):
    """The key is 0600 beside the database; gone while tokens need it, the server says so and makes none."""
    issued = await furnished(database)
    key = database.with_name("server.key")
    assert os.name == "nt" or key.stat().st_mode & 0o777 == 0o600
    text = key.read_text()
    key.unlink()
    with pytest.raises(SecretUnreadable, match=f"server.key is missing.*{issued['id']}"):
        await Server(SETTINGS, database).run()
    assert not key.exists()
    with pytest.raises(SecretUnreadable):
        await administer(SETTINGS, database, "token.create", hosts=[HOME])
    await administer(SETTINGS, database, "token.revoke", id=issued["id"])
    async with running(database):
        assert key.read_text() != text


async def test_a_key_from_elsewhere(database):
    """A key given by the environment is used as it is, and no file is made."""
    settings = msgspec.structs.replace(SETTINGS, key=Secret("env:KEY", lambda: "22" * 32))
    await administer(settings, database, "host.add", name=HOME)
    await administer(settings, database, "token.create", hosts=[HOME])
    assert not database.with_name("server.key").exists()
    async with running(database, settings):
        pass


async def test_one_owner(database):
    """A second server on the same database is told so; the first goes on."""
    async with running(database) as at:
        with pytest.raises(InUse, match=r"server\.db is in use"):
            Lock(database).acquire()
        issued = await furnished(database)
        assert await at.update(issued, "198.51.100.7") == "good 198.51.100.7"


async def test_a_port_in_use(database):
    """The error names the address and the way out, and the database is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listens = (f"127.0.0.1:{taken.getsockname()[1]}",)
        settings = msgspec.structs.replace(SETTINGS, gateway=Gateway(listen=listens))
        with pytest.raises(InUse, match=r"server\.gateway\.listen"):
            await Server(settings, database).run()
    with Lock(database):
        pass


async def test_a_name_server_without_address(database, monkeypatch):
    """Inside its zone it is an error, unless this machine's own public address can be used."""
    bare = ZoneNameServer(name=Fqdn.parse(f"ns1.{ZONE}"))
    settings = msgspec.structs.replace(
        SETTINGS, zones=(ServedZone(name=Fqdn.parse(ZONE), nameservers=(bare,)),)
    )

    async def public(*addresses):
        return tuple(map(ip_address, addresses))

    monkeypatch.setattr("homeport.owner._public_addresses", public)
    with pytest.raises(ConfigInvalid, match=f"ns1.{ZONE} is inside {ZONE} and has no address"):
        await Server(settings, database).run()
    monkeypatch.setattr("homeport.owner._public_addresses", lambda: public("1.1.1.1"))
    async with running(database, settings) as at:
        assert await at.dns(f"ns1.{ZONE}") == ["1.1.1.1"]


async def test_a_zone_without_name_servers(database, monkeypatch):
    """It gets ns1 at the address the DNS server listens on, as a private installation wants it."""

    async def none():
        return ()

    monkeypatch.setattr("homeport.owner._public_addresses", none)
    settings = msgspec.structs.replace(SETTINGS, zones=(ServedZone(name=Fqdn.parse(ZONE)),))
    async with running(database, settings) as at:
        assert await at.dns(f"ns1.{ZONE}") == ["127.0.0.1"]
        with pytest.raises(Refused, match="configuration file"):
            await at.admin("zone.remove", name=ZONE)
        added = await at.admin("zone.add", name="lab.example.com")
        assert added["nameservers"] == [{"name": "ns1.lab.example.com", "addresses": ["127.0.0.1"]}]


async def test_followers_in_other_processes(database):
    """`base` and `deltas` on the control channel build the same state, and carry no credentials."""
    async with running(database) as at:
        issued = await furnished(database)
        await at.update(issued, "198.51.100.7")
        where = channel.path_for(database)
        async with asyncio.timeout(20):
            items = [item async for item in channel.follow(where, "base")]
            revision = items[0]["revision"]
            assert [item["op"] for item in items[1:]] == ["put_zone", "put_host", "bind"]
            deltas = channel.follow(where, "deltas", after=0)
            found = [await anext(deltas) for _ in range(revision)]
            assert [delta["revision"] for delta in found] == list(range(1, revision + 1))
            await at.update(issued, "198.51.100.8")
            newest = await anext(deltas)
            await deltas.aclose()
        assert newest["ops"] == [{"op": "bind", "name": HOME, "addresses": ["198.51.100.8"], "texts": []}]
        told = json.dumps([items, found])
        assert "digest" not in told
        assert "sealed" not in told


async def test_status(database):
    """Where it listens, what it holds, and that nothing is wrong."""
    async with running(database) as at:
        await furnished(database)
        status = await at.admin("status")
        assert (status["zones"], status["hosts"], status["tokens"], status["ailments"]) == (1, 1, 1, [])
        assert status["gateway"] == [f"127.0.0.1:{at.server.gateway_addresses[0][1]}"]
        assert (await at.get("/healthz")).status == 200
        assert (await at.get("/readyz")).status == 200


async def test_reload(database):
    """New zones are served without a restart; a bad file changes nothing and is told."""
    now = [SETTINGS]

    def again():
        if isinstance(now[0], Exception):
            raise now[0]
        return now[0]

    async with running(database, again=again) as at:
        lab = ServedZone(
            name=Fqdn.parse("lab.example.com"), nameservers=(replace_name(SERVER, "ns.example.net"),)
        )
        now[0] = msgspec.structs.replace(SETTINGS, zones=(*SETTINGS.zones, lab))
        reloaded = await at.admin("reload")
        assert "server.zones[1].name: lab.example.com (new)" in reloaded["changed"]
        assert reloaded["needs_restart"] == []
        assert len(await at.admin("zone.list")) == 2
        events = []
        stop = listen(lambda event, _: events.append(event))
        now[0] = ConfigInvalid("homeport.yaml:3: no")
        with pytest.raises(ConfigInvalid, match=r"homeport\.yaml:3"):
            await at.admin("reload")
        stop()
        assert Event.CONFIG_REJECTED in events
        assert len(await at.admin("zone.list")) == 2


async def test_what_a_reload_leaves_to_a_restart(database):
    """It stands in a field of its own, at every reload until the restart, and not among what changed."""
    now = [msgspec.structs.replace(SETTINGS, dns=Dns(listen=("127.0.0.1:0", "[::1]:0")))]
    async with running(database, again=lambda: now[0]) as at:
        expected = {"changed": ["server.dns.listen[1]: [::1]:0 (new)"], "needs_restart": ["server.dns"]}
        assert await at.admin("reload") == expected
        assert await at.admin("reload") == expected | {"changed": []}
        now[0] = msgspec.structs.replace(SETTINGS, key=Secret.literal("1" * 64))
        changed = ["server.dns.listen[1]: gone", "server.key: *** (new)"]
        assert await at.admin("reload") == {"changed": changed, "needs_restart": ["server.key"]}
        now[0] = msgspec.structs.replace(SETTINGS, gateway=Gateway(trusted_proxies=("127.0.0.1",)))
        assert "server.gateway.listen" in (await at.admin("reload"))["needs_restart"]


async def test_a_reload_changes_all_or_nothing(database, tmp_path):
    """A certificate that cannot be read keeps the zones of the same file from being taken."""
    issued = trustme.CA().issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    files = Tls(certificate=tmp_path / "both.pem", key=tmp_path / "both.pem")
    secure = msgspec.structs.replace(SETTINGS, gateway=Gateway(listen=("127.0.0.1:0",), tls=files))
    broken = msgspec.structs.replace(files, key=tmp_path / "gone.pem")
    lab = ServedZone(
        name=Fqdn.parse("lab.example.com"), nameservers=(replace_name(SERVER, "ns.example.net"),)
    )
    new = msgspec.structs.replace(
        SETTINGS, zones=(lab,), gateway=msgspec.structs.replace(secure.gateway, tls=broken)
    )
    async with running(database, secure, again=lambda: new) as at:
        with pytest.raises(ConfigInvalid, match=r"server\.gateway\.tls"):
            await at.admin("reload")
        assert [zone["name"] for zone in await at.admin("zone.list")] == [ZONE]


@pytest.fixture
def told():
    heard = []
    stop = listen(lambda event, fields: heard.append((event, fields)))
    yield heard
    stop()


async def test_a_zone_that_left_the_file(database, told):
    """It is served on, and told of at every start and reload, until a person removes it or takes it over."""
    none = msgspec.structs.replace(SETTINGS, zones=())

    def warned():
        found = [fields for event, fields in told if event is Event.ZONE_LEFT_OVER]
        told.clear()
        return found

    async with running(database, again=lambda: none) as at:
        assert warned() == []
        await at.admin("reload")
        [fields] = warned()
        assert fields["zone"] == ZONE
        assert f"homeport zone remove {ZONE}" in fields["hint"]
    for _ in range(2):
        async with running(database, none) as at:
            assert len(warned()) == 1
            [zone] = await at.admin("zone.list")
            assert (zone["from_file"], zone["left_over"]) == (False, True)
    async with running(database, none) as at:
        servers = [{"name": f"ns1.{ZONE}", "addresses": ["198.51.100.53"]}]
        assert not (await at.admin("zone.add", name=ZONE, nameservers=servers))["left_over"]
        warned()
        await at.admin("zone.remove", name=ZONE)
    async with running(database, none):
        assert warned() == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
async def test_a_key_that_others_can_read(database, told):
    """It is told of at the start, with the command that mends it; a private one makes no noise."""
    async with running(database):
        pass
    key = database.with_name("server.key")
    assert Event.KEY_EXPOSED not in [event for event, _ in told]
    key.chmod(0o644)
    async with running(database):
        pass
    [fields] = [fields for event, fields in told if event is Event.KEY_EXPOSED]
    assert fields["mode"] == "0644"
    assert f"chmod 600 {key}" in fields["hint"]


@pytest.mark.parametrize(
    ("servers", "public", "hint"),
    [
        ([], (), "listens on loopback alone"),
        ([], ("1.1.1.1",), "server.dns.listen"),
        ([{"name": "ns1.lab.example.com", "addresses": ["10.0.0.1"]}], (), ""),
        ([{"name": "ns.example.net"}], (), ""),
    ],
)
async def test_name_servers_that_were_filled_in(database, monkeypatch, servers, public, hint):
    """When the world cannot ask what was chosen for a zone, its answer says so and how it can."""

    async def found():
        return tuple(map(ip_address, public))

    monkeypatch.setattr("homeport.owner._public_addresses", found)
    async with running(database) as at:
        added = await at.admin("zone.add", name="lab.example.com", nameservers=servers)
        assert hint in added["hint"]
        assert bool(hint) == bool(added["hint"])
        assert not hint or "homeport zone add lab.example.com --ns ns1.lab.example.com=" in added["hint"]


def replace_name(server, name):
    return msgspec.structs.replace(server, name=Fqdn.parse(name))


async def test_a_broken_database_does_not_stop_it(database):
    """It is set aside, the server starts with what could be read, and the old file is kept."""
    await furnished(database)
    with closing(sqlite3.connect(database)) as db:
        db.execute("DROP TABLE bindings")
    async with running(database) as at:
        assert [host["name"] for host in await at.admin("host.list")] == [HOME]
    assert list(database.parent.glob("server.db.corrupt-*"))


async def test_secrets_are_in_no_log(database):
    """Whatever is asked, right or wrong, no event holds a secret."""
    told = []
    stop = listen(lambda event, fields: told.append((event, fields)))
    async with running(database) as at:
        issued = await furnished(database)
        secret = issued["secret"]
        joined = f"{issued['id']}.{secret}"
        await at.update(issued, "198.51.100.7")
        await at.get(f"/update?domains=home&token={joined}&ip=198.51.100.8")
        await at.get(f"/update/home/{joined}/x")
        await at.get(f"/nic/update?token={joined}x&hostname={HOME}")
        await at.get("/api/v1/update", {"Authorization": f"Bearer {joined}"}, "POST", b"{")
        await at.get(f"/{joined}")
    stop()
    assert len(told) > 5
    assert secret not in repr(told)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
async def test_what_root_makes_belongs_to_the_folder_s_owner(database):
    """An administrator's command before the first start leaves files that the service account can open."""
    database.parent.mkdir()
    os.chown(database.parent, 12345, 12345)
    await furnished(database)
    async with running(database):
        for file in database.parent.iterdir():
            found = file.lstat()
            assert (found.st_uid, found.st_mode & 0o777) == (12345, 0o600) or file.suffix == ".sock", (
                file.name
            )


async def test_heartbeats(database):
    """A beat is answered with its source, and the host shows when and from where it was seen; nothing is bound."""
    settings = msgspec.structs.replace(SETTINGS, heartbeat=Heartbeats(listen=("127.0.0.1:0",)))
    async with running(database, settings) as at:
        issued = await furnished(database)
        before = await at.admin("host.show", name=HOME)
        assert (before["last_seen"], before["sources"], before["silent"]) == (None, [], False)
        tools = toolbox(names={"127.0.0.1": ["127.0.0.1"]}, clock=at.server._clock)
        gateway = f"http://{show(at.server.gateway_addresses[0])}"
        token = Secret.literal(f"{issued['id']}.{issued['secret']}")
        own = OwnServer(gateway, token, "", 10, tools)
        assert await own.families() == [Family.V4]
        assert await own.ask(Family.V4, 20) == ip_address("127.0.0.1")
        found = await at.admin("host.show", name=HOME)
        assert abs(found["last_seen"] - at.server._clock.now()) < 60
        assert (found["sources"], found["silent"]) == (["127.0.0.1"], False)
        assert (found["addresses"], found["revision"]) == ([], before["revision"])
        assert (await at.admin("status"))["heartbeat"] == [own.describe()]
        await administer(settings, database, "token.rotate", id=issued["id"])
        with pytest.raises(Unavailable):
            await own.ask(Family.V4, 0.05)
        await tools.http.aclose()


async def test_a_server_without_heartbeats(database):
    """Whoever asks for them is told how they are turned on."""
    async with running(database) as at:
        issued = await furnished(database)
        tools = toolbox(clock=at.server._clock)
        gateway = f"http://{show(at.server.gateway_addresses[0])}"
        own = OwnServer(gateway, Secret.literal(f"{issued['id']}.{issued['secret']}"), "", 10, tools)
        with pytest.raises(Refused, match=r"server\.heartbeat"):
            await own.families()
        await tools.http.aclose()
