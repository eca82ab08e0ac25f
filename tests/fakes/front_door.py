"""The page's process without an agent: its own server on a port the system chose, asked over real sockets."""

import asyncio
import contextlib
import http.client
import os
import re
import socket
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from homeport.config.models import Web
from homeport.jobs.clock import SystemClock
from homeport.stores.access import FILE, Access
from homeport.system.files import create_private
from homeport.system.on_demand import listen_on
from homeport.web import serve
from homeport.web.desk import Desk
from homeport.web.house import House
from homeport.web.live import Live

PATIENCE = 60.0  # seconds; a bound for machines that are very busy
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
PASSWORD = "correct horse battery"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass
class FrontDoor:
    """A page that runs, and who may open it.

    Attributes:
        port: of the loopback address it listens on.
    """

    access: Access
    port: int
    desk: Desk
    tls: ssl.SSLContext | None = None
    cookies: dict = field(default_factory=dict)

    def ask(self, method, path, body=None, /, host=None, cookie="", **headers):
        """Send one request; underscores in the names of headers are hyphens."""
        connection = (
            http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=self.tls)
            if self.tls
            else http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        )
        sent = body if isinstance(body, bytes | None) else urlencode(body).encode()
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for each in (
                [f"127.0.0.1:{self.port}"] if host is None else [host] if isinstance(host, str) else host
            ):
                connection.putheader("Host", each)
            if cookie:
                connection.putheader("Cookie", cookie)
            for name, value in headers.items():
                for each in [value] if isinstance(value, str) else value:
                    connection.putheader(name.replace("_", "-"), each)
            if sent is not None:
                connection.putheader("Content-Length", str(len(sent)))
            connection.endheaders(sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode("utf-8", "replace"))

    def raw(self, data):
        """Send bytes, and return all that comes back until the other side hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(65536), b""))

    def sign_in(self):
        """Return the cookie of a fresh session, made as its owner makes one: by a link."""
        answer = self.ask("POST", "/enter", {"link": self.access.make_link()})
        assert answer.status == 303, answer.text
        return cookie_of(answer)

    def token(self, cookie):
        """Return what the session's forms carry."""
        return TOKEN.search(self.ask("GET", "/account", cookie=cookie).text)[1]

    def post(self, path, fields, cookie, **headers):
        """Send a form as the page's own does."""
        return self.ask("POST", path, {"csrf": self.token(cookie), **fields}, cookie=cookie, **headers)

    def set_password(self, password=PASSWORD):
        """Set the password, and return the cookie that stays signed in."""
        fields = {"password": password, "again": password}
        answer = self.post("/account/password", fields, self.sign_in())
        assert answer.status == 303, answer.text
        return cookie_of(answer)


@dataclass
class Visit:
    """A browser without scripts: it goes where an answer leads, and keeps every answer."""

    door: FrontDoor
    cookie: str
    seen: list = field(default_factory=list)

    def get(self, path, /, **headers):
        self.seen.append(self.door.ask("GET", path, cookie=self.cookie, **headers))
        return self.seen[-1]

    def post(self, path, /, **fields):
        answer = self.door.post(path, fields, self.cookie)
        self.seen.append(answer)
        return self.get(answer.headers["location"].partition("#")[0]) if answer.status == 303 else answer


def cookie_of(answer):
    return answer.headers["set-cookie"].split(";")[0]


@contextlib.contextmanager
def front_door(path: Path, *, clock=None, context=None, **settings):
    """Run a page for the block, in a thread of its own.

    Args:
        context: how clients look at its certificate, where it speaks TLS.
        settings: those of `agent.web`.
    """
    clock = clock or SystemClock()
    web = Web(**settings)
    path.mkdir(exist_ok=True)
    listeners = listen_on("127.0.0.1", 0)
    house = House(path / "agent.db", SystemClock())
    access = Access(path / FILE, clock, create_private)
    desk = Desk(
        house=house,
        live=Live(house, SystemClock()),
        access=access,
        settings=web,
        config=path / "homeport.yaml",
        state=path,
        log=path / "homeport.log",
        clock=clock,
    )
    theirs, ours = os.pipe()
    failed = []

    def run():
        try:
            with os.fdopen(theirs, "rb") as lifeline:
                asyncio.run(serve.serve(desk, listeners, lifeline))
        except BaseException as exc:
            failed.append(exc)
            raise

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield FrontDoor(access, listeners[0].getsockname()[1], desk, context)
    finally:
        os.close(ours)
        thread.join(PATIENCE)
        for each in listeners:
            each.close()
    assert not thread.is_alive(), "the page did not end with its lifeline"
    assert not failed, failed
