"""The provider at a small server that speaks its host's API."""

import asyncio
import json
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from homeport_example_provider.exampledns import ExampleDns, Settings

from homeport.errors import CredentialsRefused
from homeport.jobs.clock import SystemClock
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.ports import Tools

TOKEN = "right-token"


class Host(BaseHTTPRequestHandler):
    """Example DNS with one zone; `held` is what it holds."""

    held: dict

    def do_GET(self):
        shown = [{"name": name, "type": rrtype, **one} for (name, rrtype), one in self.held.items()]
        self._answer({"zones": ["example.com"]} if self.path == "/zones" else {"rrsets": shown})

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer({}, lambda: self.held.update({self._key(): body}))

    def do_DELETE(self):
        self._answer({}, lambda: self.held.pop(self._key(), None))

    def _key(self):
        return tuple(self.path.split("/")[3:])

    def _answer(self, body, work=lambda: None):
        is_ours = self.headers["Authorization"] == f"Bearer {TOKEN}"
        if is_ours:
            work()
        content = json.dumps(body if is_ours else {"error": "bad_token", "message": "no"}).encode()
        self.send_response(200 if is_ours else 401)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def url():
    """Run the host; the value is its URL."""
    Host.held = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def applied(url, token, *changes):
    """Return the outcome of each change, and what is observed afterwards."""

    async def work():
        http = HttpClient()
        tools = Tools(SystemClock(), http, SystemResolver(), list, random.random)
        provider = ExampleDns(Settings(token=Secret.literal(token), base_url=url), tools)
        try:
            results = await provider.apply(changes)
            return [*results.values()], [*(await provider.observe([each.key for each in changes])).values()]
        finally:
            await http.aclose()

    return asyncio.run(work())


def test_create_change_and_delete(url):
    """An address comes, changes and goes."""
    home = RRsetKey.parse("home.example.com A")
    way = [None, *(RRset.of(home, address, ttl=60) for address in ("192.0.2.1", "192.0.2.2")), None]
    for before, after in pairwise(way):
        assert applied(url, TOKEN, Change(home, before, after)) == ([None], [after])


def test_a_wrong_token(url):
    """The host's own word that the token is wrong is understood."""
    home = RRsetKey.parse("home.example.com A")
    (error,), _ = applied(url, "wrong-token", Change(home, None, RRset.of(home, "192.0.2.1", ttl=60)))
    assert type(error) is CredentialsRefused
