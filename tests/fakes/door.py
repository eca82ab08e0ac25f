"""The gateway on a real port before a house, and a client that sends exactly what it is told."""

import asyncio
import json
from base64 import b64encode
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex

from fakes.house import house
from homeport.gateway.app import App
from homeport.gateway.desk import Desk
from homeport.gateway.listener import Gateway
from homeport.wire import signature


@dataclass
class Said:
    """An answer, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Door:
    """A furnished house with its gateway open."""

    def __init__(self, here, gateway):
        self.here = here
        self.gateway = gateway
        self.address = gateway.addresses[0]
        self.ailing: list[str] = []
        self.heartbeat_port: int | None = None

    @property
    def basic(self):
        return basic(self.here.issued.id, self.here.issued.secret)

    @property
    def joined(self):
        return f"{self.here.issued.id}.{self.here.issued.secret}"

    async def ask(self, target, *, method="GET", headers=None, body=b""):
        """Send one request and return the answer."""
        lines = {"Host": "gateway.test", "Connection": "close", **(headers or {})}
        if body or method == "POST":
            lines.setdefault("Content-Length", str(len(body)))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return await self.raw(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)

    async def raw(self, sent, *, ends=False):
        """Send bytes as they are and return the answer; `ends` closes our side after them."""
        reader, writer = await asyncio.open_connection(*self.address)
        try:
            writer.write(sent)
            if ends:
                writer.write_eof()
            return read(await reader.read())
        finally:
            writer.close()

    def signed(self, method, target, body=b"", *, nonce=None, off=0, secret=None):
        """Return the headers of a signed request."""
        timestamp, nonce = int(self.here.clock.now()) + off, nonce or token_hex(16)
        key = secret or self.here.issued.secret
        return {
            signature.KEY: self.here.issued.id,
            signature.TIMESTAMP: str(timestamp),
            signature.NONCE: nonce,
            signature.SIGNATURE: signature.sign(key, method, target, timestamp, nonce, body),
        }


def basic(user, password):
    """Return the header of Basic authentication."""
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def read(data):
    """Return the first answer in what a server sent."""
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Said(int(first.split()[1]), headers, rest[: int(headers.get("content-length", len(rest)))])


@asynccontextmanager
async def door(*, trusted=(), limits=None, clock=None, tls=None):
    """Yield an open door."""
    async with house(clock) as here:
        made: list[Door] = []

        async def ailments():
            return made[0].ailing

        desk = Desk(
            here.credentials,
            here.updates,
            here.directory,
            here.teller,
            lambda local: [f"{local}:5300"],
            ailments,
            lambda: True,
            lambda: made[0].heartbeat_port,
        )
        gateway = Gateway(App(desk, trusted), [("127.0.0.1", 0)], here.clock, limits=limits, tls=tls)
        async with gateway.serving():
            made.append(Door(here, gateway))
            yield made[0]
