"""A program that uses a page's API: a token, JSON, and what came back."""

import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from homeport.jobs.clock import SystemClock
from homeport.stores.access import FILE, Access
from homeport.system.files import create_private

BASE = "/api/v1"
PATIENCE = 100.0  # seconds; a bound for machines that are very busy


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Any
    text: str

    @property
    def json(self):
        return json.loads(self.text)


@dataclass
class Client:
    """One program.

    Attributes:
        place: `address:port`.
        token: what it shows; without one it shows nothing.
    """

    place: str
    token: str = ""

    def ask(self, method, path, body=None, /, **headers):
        """Send one request; a body is JSON, or bytes as they are. Underscores in headers' names are hyphens."""
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            said["Authorization"] = f"Bearer {self.token}"
        if sent is not None:
            said.setdefault("content-type", "application/json")
        with closing(http.client.HTTPConnection(self.place, timeout=PATIENCE)) as connection:
            connection.request(method, path if path.startswith("/openapi") else BASE + path, sent, said)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode("utf-8", "replace"))

    def get(self, path):
        """Return what a path answers, which has to be well."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.text
        return answer.json

    def follow(self, path):
        """Return a stream's events as they come: name and data; the connection ends with them."""
        connection = http.client.HTTPConnection(self.place, timeout=PATIENCE)
        connection.request("GET", BASE + path, headers={"Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        return self._events(connection, answer)

    def _events(self, connection, answer):
        with closing(connection):
            event = {}
            while line := answer.readline():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    event[name] = value
                elif "data" in event:
                    yield event["event"], json.loads(event["data"])
                    event = {}


def access(state):
    """Return who may open the page of an agent whose state is there."""
    return Access(state / FILE, SystemClock(), create_private)


def client(folder, log, may="admin"):
    """Return a program with a token for the agent that logs there."""
    place = folder.wait_for(log, "listener.opened", listener="page")["address"]
    return Client(place, access(folder.path / "state").make_token("a test", may))
