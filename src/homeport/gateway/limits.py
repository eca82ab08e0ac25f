"""How much of this server one connection may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the HTTP listener.

    Attributes:
        head: bytes of request line and headers.
        body: bytes of the largest body any route takes.
        head_time, body_time: seconds until they must be complete.
        idle_time: seconds a connection is kept between requests.
        linger_time: seconds for a client that was refused to read why.
        shutdown_time: seconds for requests under way when the gateway ends.
        connections: open at the same time.
    """

    head: int = 16 * 1024
    body: int = 128 * 1024
    head_time: float = 10.0
    body_time: float = 20.0
    idle_time: float = 30.0
    linger_time: float = 2.0
    shutdown_time: float = 5.0
    connections: int = 2048
