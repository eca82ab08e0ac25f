"""A server on sockets that are not its own: systemd's own opener of sockets, and one that stays through restarts.

A service manager as such runs in no test of this room; `opened` does what its socket unit says.
"""

import fcntl
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest
from dns.exception import DNSException

from fakes.peers import peer
from fakes.served import TEMPLATE, ZONE, configured, serving
from homeport.net.mmsg import ask_pktinfo

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
PATIENCE = 60  # seconds; a bound for machines that are very busy
HIGH = 100  # file descriptors of ours that stand in nobody's way
QUESTIONS = 300


def on(listen):
    """Return the text of a file whose DNS listens there."""
    return TEMPLATE.replace('dns: {{listen: ["127.0.0.1:0"]}}', f'dns: {{{{listen: ["{listen}"]}}}}')


@contextmanager
def opened(host):
    """What a socket unit with PassPacketInfo=yes opens, as file descriptors, and their port."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        ask_pktinfo(udp)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((host, 0))  # of TCP's many ports the system chooses a free one; UDP has few
        udp.bind(tcp.getsockname())
        tcp.listen(256)
        high = [fcntl.fcntl(sock, fcntl.F_DUPFD, HIGH) for sock in (udp, tcp)]
        with socket.socket(fileno=high[0]), socket.socket(fileno=high[1]):
            yield high, udp.getsockname()[1]


def handing(numbers):
    """Return the words before a command that hand sockets to it, as systemd does."""
    udp, tcp = numbers
    script = f'export LISTEN_PID=$$ LISTEN_FDS=2; exec "$@" 3<&{udp} 4<&{tcp} {udp}<&- {tcp}<&-'
    return ("/bin/bash", "-c", script, "bash")


class Asking(threading.Thread):
    """Asks one question after the other at an address, each only once, and notes what never was answered."""

    def __init__(self, ask, where):
        super().__init__()
        self.ask, self.where = ask, where
        self.answered, self.lost = 0, []
        self.ended = threading.Event()

    def run(self):
        query = dns.message.make_query(f"ns1.{ZONE}", "A")
        while not self.ended.is_set():
            try:
                found = self.ask(query, self.where[0], port=self.where[1], timeout=PATIENCE)
                assert found.rcode() == dns.rcode.NOERROR
                self.answered += 1
            except (OSError, DNSException, AssertionError) as exc:
                self.lost.append(repr(exc))


def test_a_restart_loses_no_question(tmp_path):
    """Who asks while no server runs is answered by the next one: over UDP from the address asked, and over TCP."""
    with opened("0.0.0.0") as (numbers, port):
        config = configured(tmp_path, template=on(f"0.0.0.0:{port}"))
        asking = [
            Asking(dns.query.udp, ("127.0.0.1", port)),
            Asking(dns.query.udp, ("127.0.0.53", port)),
        ]
        for each in asking:
            each.start()
        try:
            for _ in range(3):
                before = [each.answered for each in asking]
                with serving(config, wrapper=handing(numbers), given=tuple(numbers)) as server:
                    assert server.dns == ("0.0.0.0", port)
                    over_tcp = dns.query.tcp(
                        dns.message.make_query(f"ns1.{ZONE}", "A"), "127.0.0.7", port=port, timeout=PATIENCE
                    )
                    assert over_tcp.rcode() == dns.rcode.NOERROR
                    while not all(
                        each.lost or each.answered > was + QUESTIONS
                        for each, was in zip(asking, before, strict=True)
                    ):
                        asking[0].ended.wait(0.01)
        finally:
            for each in asking:
                each.ended.set()
            with serving(config, wrapper=handing(numbers), given=tuple(numbers)):
                for each in asking:
                    each.join(PATIENCE)
    assert [each.lost for each in asking] == [[], []]


def test_started_by_systemds_opener_of_sockets(tmp_path):
    """The first question starts the server, which answers that and the next on the socket that was opened."""
    analyze = peer("systemd-analyze")
    opener = Path(analyze.command[0]).with_name("systemd-socket-activate")
    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = configured(tmp_path, template=on(f"127.0.0.1:{port}"))
    command = [sys.executable, "-m", "homeport", "serve", "--config", str(config)]
    with subprocess.Popen(
        [opener, "--datagram", f"--listen=127.0.0.1:{port}", *command],
        env={**analyze.environment, "HOME": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert f"Listening on 127.0.0.1:{port}" in process.stderr.readline()
            query = dns.message.make_query(f"ns1.{ZONE}", "A")
            for _ in range(2):
                found = dns.query.udp(query, "127.0.0.1", port=port, timeout=PATIENCE)
                assert found.rcode() == dns.rcode.NOERROR
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
