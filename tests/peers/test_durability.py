"""What was acknowledged survives: a killed process, an operating system asked to sync, a full disk."""

import asyncio
import json
import os
import random
import re
import shutil
import socket
import subprocess
from base64 import b64encode
from contextlib import contextmanager, suppress

import pytest

from fakes.served import HOME, ZONE, configured, homeport, in_dns, serving, with_hosts

HOSTS = [f"h{n}.{ZONE}" for n in range(8)]
CLIENTS = 8


def furnished(config, hosts):
    """Add hosts with one token for all of them, and return what it signs in with."""
    return b64encode("{id}:{secret}".format(**with_hosts(config, *hosts)).encode()).decode()


async def hammer(server, login, host, acknowledged, count):
    """Update one host again and again until the server is gone; note what it was asked and what it acknowledged."""
    address, port = server.gateway.rsplit(":", 1)
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection(address, int(port))
        try:
            while True:
                count[0] += 1
                wanted = f"11.{count[0] >> 16 & 255}.{count[0] >> 8 & 255}.{count[0] & 255}"
                acknowledged[host][1] = wanted
                target = f"/nic/update?hostname={host}&myip={wanted}"
                writer.write(
                    f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login}\r\n\r\n".encode()
                )
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))
                assert body.decode() == f"good {wanted}"
                acknowledged[host][0] = wanted
        finally:
            writer.close()


async def until_killed(server, login, acknowledged, count, delay):
    """Update every host from its own connection, and kill the server in the middle of it."""
    async with asyncio.TaskGroup() as group:
        for host in HOSTS:
            group.create_task(hammer(server, login, host, acknowledged, count))
        while not all(state[0] for state in acknowledged.values()):  # noqa: ASYNC110 -- another process makes it true
            await asyncio.sleep(0.001)
        await asyncio.sleep(delay)
        server.kill()


def killed(tmp_path, times):
    """Kill the server `times` times; after each, what was acknowledged last, or sent after it, is what is there."""
    config = configured(tmp_path)
    login = furnished(config, HOSTS)
    count = [0]
    state = {host: ["", ""] for host in HOSTS}
    for _ in range(times):
        state = {host: ["", ""] for host in HOSTS}
        with serving(config) as server:
            asyncio.run(until_killed(server, login, state, count, random.uniform(0, 0.1)))
        with serving(config) as server:
            for host, (acknowledged, sent) in state.items():
                assert in_dns(server.dns, host) in {acknowledged, sent}
    lines = json.loads(homeport(config, "host", "list", "--json").stdout)
    assert len(lines) == len(HOSTS)
    return count[0]


def test_killed_twenty_times(tmp_path):
    """No acknowledged update is lost to SIGKILL, the store opens, and DNS answers."""
    assert killed(tmp_path, 20) > 20 * CLIENTS


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_killed_a_thousand_times(tmp_path):
    """The same, a thousand times."""
    assert killed(tmp_path, 1000) > 1000 * CLIENTS


@pytest.mark.skipif(not shutil.which("strace"), reason="PEER MISSING: strace")
def test_acknowledged_means_synced(tmp_path):
    """Every acknowledgement on the wire comes after a sync of the journal that began after the update was written."""
    config, trace = configured(tmp_path), tmp_path / "strace.txt"
    login = furnished(config, [HOME])
    calls = "trace=fsync,fdatasync,pwrite64,write,sendto,sendmsg,writev,openat"
    wrapper = ("strace", "-f", "-ttt", "-y", "-s", "400", "-e", calls, "-o", str(trace))
    with serving(config, wrapper=wrapper) as server:
        address, port = server.gateway.rsplit(":", 1)
        with socket.create_connection((address, int(port))) as sock:
            sock.settimeout(60)
            for n in range(20):
                target = f"/nic/update?hostname={HOME}&myip=11.0.0.{n + 1}"
                sock.sendall(
                    f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login}\r\n\r\n".encode()
                )
                assert b"good" in sock.recv(4096)
    assert acknowledged_after_sync(trace.read_text()) == 20


def acknowledged_after_sync(text):
    """Count acknowledgements; fail at the first without a whole sync of the journal, begun after the last write to it."""
    written, synced, count = 0, 0, 0
    begun: dict[str, int] = {}
    for line in text.splitlines():
        pid = line.split()[0]
        if "pwrite64(" in line and "-wal>" in line:
            written += 1
        elif re.search(r"f(data)?sync\(.*-wal>", line):
            begun[pid] = written
            synced = synced if "unfinished" in line else written
        elif re.search(r"f(data)?sync resumed>\) += 0", line):
            synced = max(synced, begun.pop(pid, 0))
        elif "good 11.0.0." in line:
            assert written, f"acknowledged before anything was written: {line}"
            assert synced == written, f"acknowledged before the journal was synced: {line}"
            count += 1
    return count


@contextmanager
def tiny_disk(folder, size):
    """Mount a small disk of its own on `folder`."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=False)
    if done.returncode:
        pytest.skip("PEER MISSING: mount; only root may")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root mounts a disk")
def test_a_full_disk(tmp_path):
    """`911` and 503 while there is no room, nothing half written, and updates again once there is."""
    with tiny_disk(tmp_path / "disk", "1m") as disk:
        config = configured(disk)
        login = furnished(config, [HOME])
        issued = json.loads(homeport(config, "token", "create", "--host", HOME, "--json").stdout)
        token = f"{issued['id']}.{issued['secret']}"
        assert login
        with serving(config) as server:
            target = f"/nic/update?hostname={HOME}&myip="
            assert server.get(target + "11.0.0.1", token=token) == (200, "good 11.0.0.1")
            filler = disk / "filler"
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(4096))
            last, answer = "11.0.0.1", ""
            for n in range(2, 250):
                answer = server.get(f"{target}11.0.0.{n}", token=token)[1]
                if answer == "911":
                    break
                last = f"11.0.0.{n}"
            assert answer == "911"
            assert in_dns(server.dns, HOME) == last
            assert server.get("/healthz")[0] == 503
            assert "make room" in server.get("/healthz")[1]
            filler.unlink()
            assert server.get("/healthz")[0] == 200
            assert server.get(target + "11.1.1.1", token=token) == (200, "good 11.1.1.1")
            assert in_dns(server.dns, HOME) == "11.1.1.1"
