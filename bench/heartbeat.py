"""What 10,000 hosts that beat every 10 s cost the real `homeport serve`, as a share of one core.

Every host has a token of its own. All are heard once beforehand, which opens their flows; then beats arrive evenly, one
a millisecond, which is what wakes the server most often. Every answer is checked.
"""

import asyncio
import secrets
import select
import socket
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from _process import cpu, rss_mib
from _results import row, show
from _serving import ZONE, owned, serving, written

from homeport.model.directory import Host, Origin, PutHost, PutToken, Token
from homeport.model.name import Fqdn
from homeport.wire import heartbeat
from homeport.wire.heartbeat import NO_SESSION, Beat, Challenge, Seen

HOSTS = 10_000
EVERY = 10
SECONDS = 20.0


async def furnish(config: Path) -> list[tuple[str, bytes]]:
    """Add the hosts, each with a token; return the id and the beat key of each."""
    made = []
    async with owned(config) as core:
        sealer = core.sealer()
        ops = []
        for n in range(HOSTS):
            name, token_id, secret = Fqdn.parse(f"h{n}.{ZONE}"), f"{n:08x}", secrets.token_hex(16)
            digest, sealed = sha256(secret.encode()).digest(), sealer.seal(token_id, secret)
            ops += [PutHost(Host(name)), PutToken(Token(token_id, frozenset({name}), digest, sealed))]
            made.append((token_id, heartbeat.key_of(secret)))
        await core.store.commit(ops, origin=Origin())
    return made


class Agents:
    """All agents behind one socket."""

    def __init__(self, tokens: list[tuple[str, bytes]], port: int) -> None:
        self.tokens = tokens
        self.flows = [secrets.token_bytes(8) for _ in tokens]
        self.sessions = [NO_SESSION] * len(tokens)
        self.counters = [0] * len(tokens)
        self.sent: dict[int, bytes] = {}
        self.waiting: list[int] = []
        self.seen = self.challenged = 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setblocking(False)

    def beat(self, n: int) -> None:
        token, key = self.tokens[n]
        self.counters[n] += 1
        data = heartbeat.write_beat(
            Beat(token, self.flows[n], self.sessions[n], self.counters[n], EVERY), key
        )
        self.waiting.append(n)
        self.sent[n] = data
        self.sock.send(data)

    def hear(self, wait: float = 0.0) -> None:
        """Take the answers that are there; they come in the order of the beats."""
        if wait:
            select.select([self.sock], [], [], wait)
        while self.waiting:
            try:
                answer = self.sock.recv(100)
            except BlockingIOError:
                return
            self._take(answer)

    def _take(self, answer: bytes) -> None:
        while self.waiting:
            n = self.waiting.pop(0)
            try:
                said = heartbeat.read_answer(answer, self.sent[n], self.tokens[n][1])
            except ValueError:
                continue  # the one before it was lost
            self.seen += isinstance(said, Seen)
            if isinstance(said, Challenge):
                self.challenged += 1
                self.sessions[n] = said.session
            return

    def open(self) -> None:
        """Have every flow known."""
        for _ in range(2):
            for n in range(len(self.tokens)):
                self.beat(n)
                while len(self.waiting) > 50:
                    self.hear(1.0)
            deadline = time.perf_counter() + 5
            while self.waiting and time.perf_counter() < deadline:
                self.hear(0.1)

    def keep_beating(self, seconds: float) -> int:
        """Beat evenly; return how many beats were sent."""
        count, begin = 0, time.perf_counter()
        while (now := time.perf_counter() - begin) < seconds:
            while count < now * len(self.tokens) / EVERY:
                self.beat(count % len(self.tokens))
                count += 1
            self.hear()
            time.sleep(0.0005)
        time.sleep(0.2)
        self.hear()
        return count


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = written(folder, 'heartbeat: {listen: ["127.0.0.1:0"]}')
        tokens = asyncio.run(furnish(config))
        with serving(config) as (process, told):
            agents = Agents(tokens, int(told["heartbeat"][0].rpartition(":")[2]))
            before = rss_mib(process.pid)
            agents.open()
            grown = rss_mib(process.pid) - before
            known, agents.seen = agents.seen, 0
            time.sleep(1)
            began, spent = time.perf_counter(), cpu(process.pid)
            sent = agents.keep_beating(SECONDS)
            share = (cpu(process.pid) - spent) / (time.perf_counter() - began)
    print(
        f"{known} flows, {sent / SECONDS:.0f} beats a second, {agents.challenged} challenges", file=sys.stderr
    )
    rows = [
        row("10,000 hosts every 10 s: share of one core", share, "", "at most 0.10", ok=share <= 0.10),
        row("beats without an answer", sent - agents.seen, "", "none", ok=sent == agents.seen),
        row("memory for 10,000 flows", grown, "MiB", "at most 40", ok=grown <= 40),
    ]
    show("heartbeat", rows)


if __name__ == "__main__":
    main()
