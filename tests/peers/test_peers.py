"""Each program that other tests rely on really runs here, and speaks."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dns.message
import dns.query
import dns.rcode
import pytest

from fakes import engines
from fakes.peers import peer

ZONE = """\
$TTL 60
@    SOA ns1 hostmaster 7 3600 600 86400 60
     NS  ns1
ns1  A   127.0.0.1
home A   192.0.2.1
"""


@pytest.mark.parametrize("engine", [engines.bind, engines.knot])
def test_an_engine_answers_for_its_zone(engine, tmp_path):
    """BIND and Knot, started as whoever runs the tests, answer a SOA question with authority."""
    with engine(tmp_path, ZONE) as port:
        answer = dns.query.udp(
            dns.message.make_query("example.test", "SOA"), "127.0.0.1", port=port, timeout=30
        )
    assert answer.rcode() == dns.rcode.NOERROR
    assert answer.answer[0][0].serial == 7


def test_dnsperf_gets_its_answers(tmp_path):
    """Dnsperf counts every answer that it asked for."""
    (tmp_path / "questions").write_text("home.example.test A\n")
    with engines.bind(tmp_path, ZONE) as port:
        load = ["-s", "127.0.0.1", "-p", str(port), "-d", str(tmp_path / "questions"), "-n", "50"]
        done = peer("dnsperf").run(*load)
    assert "Queries completed:    50 (100.00%)" in done.stdout, done


@contextmanager
def dyndns2():
    """Run a server that answers `good` to everything; the value is its port and the targets it was asked."""

    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self):
            targets.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"good 192.0.2.1\n")

        def log_message(self, *words):
            """Keep the tests' output for the tests."""

    targets = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, targets
        finally:
            server.shutdown()
            thread.join()


def test_ddclient_updates(tmp_path):
    """Ddclient, run once, sends its dyndns2 update and believes the answer."""
    with dyndns2() as (port, targets):
        config = tmp_path / "ddclient.conf"
        config.write_text(
            f"ssl=no\nuse=ip, ip=192.0.2.1\nprotocol=dyndns2, server=127.0.0.1:{port}\n"
            "login=alice\npassword=wonder\nhome.example.test\n"
        )
        config.chmod(0o600)
        cache = str(tmp_path / "ddclient.cache")
        done = peer("ddclient").run("-daemon=0", "-file", str(config), "-cache", cache, "-verbose")
    assert any("hostname=home.example.test" in target for target in targets), done
    assert "SUCCESS" in done.stdout + done.stderr, done


def test_inadyn_updates(tmp_path):
    """Inadyn, run once, sends its custom update and ends content."""
    with dyndns2() as (port, targets):
        (tmp_path / "inadyn.conf").write_text(
            "custom home {\n"
            "  username = alice\n  password = wonder\n  hostname = home.example.test\n  ssl = false\n"
            f'  ddns-server = "127.0.0.1:{port}"\n  ddns-path = "/nic/update?hostname=%h&myip=%i"\n'
            '  ddns-response = "good"\n'
            '  checkip-command = "echo 8.8.4.4"\n'
            "}\n"
        )
        folders = ["--cache-dir", str(tmp_path), "--pidfile", str(tmp_path / "inadyn.pid")]
        done = peer("inadyn").run("-1", "-n", "-C", *folders, "-f", str(tmp_path / "inadyn.conf"))
    assert any("hostname=home.example.test" in target for target in targets), done
    assert done.returncode == 0, done
