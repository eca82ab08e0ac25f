"""A boot at which nearly all is missing: names do not resolve, the clock is wrong, the disk is full, read-only or fails.

Each is told in one line, nothing is given up, and it goes on by itself once what was missing is there.
"""

import asyncio
import json
import os
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from fakes import dns_server
from fakes.disk import journalled_disk, small_disk
from fakes.echo import echo
from fakes.misbehaviour import Mood
from fakes.neighbourhood import neighbourhood
from fakes.peers import free_port
from fakes.programs import PATIENCE, Folder, wait_until
from fakes.served import HOME, configured, homeport, serving
from fakes.wrong_clock import wrong_clock
from homeport.stores.damage import why_unreadable
from homeport.stores.ledger import VERSION, peek

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts, rights and preloading are Linux's")
LOUD = {"error", "critical"}
SECONDS = 30.0  # after the clock is set right: the poll looks at it every 15 s where the kernel does not tell


@contextmanager
def beside(opening):
    """Run an asynchronous server in a thread of its own for the block."""
    ready, loops, made, stop = threading.Event(), [], [], asyncio.Event()

    async def serve():
        loops.append(asyncio.get_running_loop())
        async with opening() as server:
            made.append(server)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield made[0]
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join()


@pytest.fixture
def around(tmp_path):
    with neighbourhood(tmp_path) as there:
        yield there


def named(folder, *names):
    return [event for event in folder.events("log") if event["event"] in names]


def loud(folder):
    return [event["event"] for event in folder.events("log") if event["level"] in LOUD]


# -- names ------------------------------------------------------------------------------------------


def behind_a_resolver(around, address):
    """Let the services have names, which the resolver at `address` knows."""
    text = (around.folder.path / "homeport.yaml").read_text()
    for number, each in enumerate(around.echoes):
        text = text.replace(each.url(), each.url().replace("127.0.0.1", f"echo{number}.test"))
    around.folder.write(
        "homeport.yaml", text.replace("  state: state", f"  state: state\n  resolver: ['{address}']")
    )


def know_the_services(resolver):
    for number in (0, 1):
        resolver.put(f"echo{number}.test", "A", "127.0.0.1")


@pytest.mark.parametrize("mood", ["silent", "refused", "servfail"])
def test_a_resolver_that_is_dead_at_boot(around, mood):
    """One line says that the address is not known, however often it looks; with the names the address is published."""
    with beside(dns_server.running) as resolver:
        know_the_services(resolver)
        resolver.mood = mood
        behind_a_resolver(around, resolver.address)
        with around.folder.running("run", "--no-web", log="log"):
            around.folder.wait_for("log", "address.unknown")
            wait_until(lambda: len(named(around.folder, "round.ended")) >= 3)
            assert len(named(around.folder, "address.unknown")) == 1
            resolver.mood = "well"
            around.folder.wait_for("log", "record.verified")
        assert around.held() == ["8.8.8.8"]
        assert loud(around.folder) == []


def test_a_resolver_that_is_absent_at_boot(around):
    """Nobody listens yet where the system says that names are to be asked for."""
    port = free_port()
    behind_a_resolver(around, f"127.0.0.1:{port}")
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "address.unknown")
        wait_until(lambda: len(named(around.folder, "round.ended")) >= 3)
        assert len(named(around.folder, "address.unknown")) == 1
        with beside(lambda: dns_server.running(port=port)) as resolver:
            know_the_services(resolver)
            around.folder.wait_for("log", "record.verified")
    assert around.held() == ["8.8.8.8"]
    assert loud(around.folder) == []


# -- the clock --------------------------------------------------------------------------------------


def test_certificates_that_are_not_valid_yet(tmp_path, around):
    """In 2019 no certificate of today is valid: it says that the clock may be wrong, and publishes once it is set."""
    clock = wrong_clock(tmp_path, "-7y")
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    authority.issue_cert("localhost", not_before=yesterday).configure_cert(tls)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    around.folder.env = clock.environment | {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    with beside(lambda: echo(tls=tls)) as first, beside(lambda: echo(tls=tls)) as second:
        for each in (first, second):
            each.body = b"8.8.8.8"
        plain = "".join(f"\n        - {{kind: http_echo, url: '{each.url()}'}}" for each in around.echoes)
        secure = [f"https://localhost:{each.port}/" for each in (first, second)]
        detect = "".join(f"\n        - {{kind: http_echo, url: '{url}'}}" for url in secure)
        around.configure(changes={plain: detect})
        with around.folder.running("run", "--no-web", log="log"):
            told = around.folder.wait_for("log", "address.unknown")
            assert "this machine's clock is wrong" in told["why"]
            wait_until(lambda: len(named(around.folder, "round.ended")) >= 2)
            clock.set("+0")
            within(lambda: named(around.folder, "record.verified"), SECONDS)
        assert around.held() == ["8.8.8.8"]
        assert loud(around.folder) == []


@pytest.mark.parametrize("off", ["-7y", "+9y", "-20m"])
def test_signed_updates_of_another_time(tmp_path, off):
    """The server refuses their timestamp, which names the clock and is no lasting refusal; set right, it publishes."""
    clock = wrong_clock(tmp_path, off)
    config = configured(tmp_path)
    homeport(config, "host", "add", HOME)
    issued = json.loads(homeport(config, "token", "create", "--host", HOME, "--json").stdout)
    agent = Folder(tmp_path / "agent", env=clock.environment)
    agent.path.mkdir()
    with serving(config) as server:
        agent.write("token", f"{issued['id']}.{issued['secret']}")
        agent.write(
            "homeport.yaml",
            f"""
agent:
  addresses:
    wan: {{detect: [{{kind: static, address: 8.8.8.8}}]}}
  records:
    - {{name: {HOME}, types: [A], address: wan, provider: own}}
  providers:
    own: {{kind: homeport, server: 'http://{server.gateway}', token: 'file:token'}}
  debounce: 0.05
  router_events: false
  state: state
""",
        )
        with agent.running("run", "--no-web", log="log"):
            told = agent.wait_for("log", "record.failed")
            assert "set this machine's clock" in told["error"]
            clock.set("+0")
            within(lambda: named(agent, "record.verified"), SECONDS)
        assert loud(agent) == []
        assert json.loads(server.get(f"/api/v1/hosts/{HOME}", token=agent_token(agent))[1])["addresses"] == [
            "8.8.8.8"
        ]


def agent_token(folder):
    return (folder.path / "token").read_text()


def test_a_ledger_of_a_time_that_was_not(tmp_path, around):
    """What failed while the clock was years ahead is not put off for years, and what was published is known."""
    clock = wrong_clock(tmp_path, "+9y")
    around.folder.env = clock.environment
    around.folder.run("once")
    around.say("9.9.9.9")
    around.cloudflare.mood = Mood.S500
    assert around.folder.run("once", check=False).returncode
    around.cloudflare.mood = Mood.WELL
    clock.set("+0")
    around.folder.run("once")
    assert around.held() == ["9.9.9.9"]


def within(found, seconds):
    """Wait until it is found, and no longer than `seconds`, in which a busy machine has time to spare."""
    event = threading.Event()
    waiter = threading.Timer(seconds, event.set)
    waiter.start()
    try:
        wait_until(lambda: found() or event.is_set())
        assert found(), f"not within {seconds} s"
    finally:
        waiter.cancel()


# -- the disk ---------------------------------------------------------------------------------------


def told_of_state(folder):
    return [event["event"] for event in named(folder, "state.unwritable", "state.writable")]


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_disk_that_cannot_be_written_at_boot(tmp_path, around, trouble):
    """It says so once and waits; with room, or mounted writable, it publishes without anybody's doing."""
    with small_disk(tmp_path / "state") as disk:
        if trouble == "full":
            disk.fill()
        else:
            disk.remount("ro")
        with around.folder.running("run", "--no-web", log="log") as process:
            told = around.folder.wait_for("log", "state.unwritable")
            assert "has room" in told["error"] or "may be full" in told["error"]
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(5)
            assert told_of_state(around.folder) == ["state.unwritable"]
            assert around.held() == []
            if trouble == "full":
                disk.make_room()
            else:
                disk.remount("rw")
            around.folder.wait_for("log", "record.verified")
        assert around.held() == ["8.8.8.8"]
        assert loud(around.folder) == ["state.unwritable"]


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_server_s_disk_that_cannot_be_written_at_boot(tmp_path, trouble):
    """It waits as the agent does, and takes updates then."""
    with small_disk(tmp_path / "disk") as disk:
        config = configured(disk.folder)
        homeport(config, "host", "add", HOME)
        issued = json.loads(homeport(config, "token", "create", "--host", HOME, "--json").stdout)
        if trouble == "full":
            disk.fill()
        else:
            disk.remount("ro")
        folder = Folder(tmp_path)
        with folder.running("serve", "--config", str(config), log="log") as process:
            folder.wait_for("log", "state.unwritable")
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(5)
            assert told_of_state(folder) == ["state.unwritable"]
            if trouble == "full":
                disk.make_room()
            else:
                disk.remount("rw")
            folder.wait_for("log", "server.started")
        assert loud(folder) == ["state.unwritable"]
        with serving(config) as server:
            token = f"{issued['id']}.{issued['secret']}"
            target = f"/nic/update?hostname={HOME}&myip=11.0.0.1"
            assert server.get(target, token=token) == (200, "good 11.0.0.1")


def test_a_disk_that_fills_up_later(tmp_path, around):
    """The agent says so once and publishes from memory; with room it is written, and that is said as well."""
    with small_disk(tmp_path / "state") as disk:
        with around.folder.running("run", "--no-web", log="log"):
            around.folder.wait_for("log", "record.verified")
            disk.fill()
            addresses = [f"8.8.{number}.8" for number in range(1, 60)]
            for address in addresses:
                around.say(address)
                look(around)
                wait_until(lambda address=address: around.held() == [address])
                if named(around.folder, "state.unwritable"):
                    break
            assert told_of_state(around.folder) == ["state.unwritable"]
            disk.make_room()
            around.say("9.9.9.9")
            look(around)
            around.folder.wait_for("log", "state.writable")
            assert around.held() == ["9.9.9.9"]
        assert loud(around.folder) == ["state.unwritable"]
        assert remembered(disk.folder / "agent.db") == {"9.9.9.9"}


def look(around):
    """Let the running agent look now, as `homeport once` does beside one."""
    around.folder.run("once", check=False)


def remembered(database):
    assert why_unreadable(database, VERSION) is None
    [rdata] = [note.published.rdata for note in peek(database) if hasattr(note, "published")]
    return rdata


def test_a_disk_that_fails_later(tmp_path, around):
    """The kernel makes a failing disk read-only: published from memory, told once; repaired, the next start knows what it knew."""
    image = tmp_path / "image"
    with (
        journalled_disk(tmp_path / "state", image) as disk,
        around.folder.running("run", "--no-web", log="log"),
    ):
        around.folder.wait_for("log", "record.verified")
        disk.remount("abort")
        for address in ("8.8.1.8", "8.8.2.8"):
            around.say(address)
            look(around)
            wait_until(lambda address=address: around.held() == [address])
        assert told_of_state(around.folder) == ["state.unwritable"]
        assert loud(around.folder) == ["state.unwritable"]
    repaired = subprocess.run(["e2fsck", "-fy", image], check=False, capture_output=True)
    assert repaired.returncode in {0, 1}
    (tmp_path / "state").rmdir()
    with mounted_again(tmp_path / "state", image):
        assert remembered(tmp_path / "state" / "agent.db") == {"8.8.8.8"}
        around.folder.run("once")
        assert around.held() == ["8.8.2.8"]
        assert remembered(tmp_path / "state" / "agent.db") == {"8.8.2.8"}


@contextmanager
def mounted_again(folder, image):
    folder.mkdir()
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


# -- the folder -------------------------------------------------------------------------------------


def run_as_ordinary(around):
    """Run the agent without root's right to pass over modes; return its exit code and what it said."""
    rights = "-dac_override,-dac_read_search"
    words = ["setpriv", "--bounding-set", rights, "--inh-caps", rights] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*words, sys.executable, "-m", "homeport", "run", "--no-web"],
        cwd=around.folder.path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


def test_a_state_folder_that_is_not_there(tmp_path, around):
    """It is made, with those above it, for this account alone."""
    around.configure(changes={"state: state": "state: deep/down/state"})
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "record.verified")
    assert (tmp_path / "deep" / "down" / "state").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("owner", [0, 65534])
def test_a_state_folder_that_may_not_be_written(tmp_path, around, owner):
    """Read-only for its owner, or another's: it ends with 4 and one sentence about the right that is lacking."""
    (tmp_path / "state").mkdir(mode=0o500 if owner == 0 else 0o700)
    if os.geteuid() == 0:
        os.chown(tmp_path / "state", owner, owner)
    elif owner:
        pytest.skip("SKIPPED, NOT TESTED: giving a folder away takes root")
    code, said = run_as_ordinary(around)
    assert code == 4
    assert "this account may not" in said[-1]
    assert str(tmp_path / "state") in said[-1]
    assert len([line for line in said if "state" in line]) <= 2
    assert "Traceback" not in "".join(said)


def test_a_file_where_the_state_folder_should_be(tmp_path, around):
    """It is not touched."""
    (tmp_path / "state").write_text("mine")
    code, said = run_as_ordinary(around)
    assert (code, (tmp_path / "state").read_text()) == (4, "mine")
    assert "is no folder" in said[-1]
    assert str(tmp_path / "state") in said[-1]
