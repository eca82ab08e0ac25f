"""What every route of the gateway needs, given to it by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from homeport.control.credentials import Credentials
from homeport.control.directory import Directory
from homeport.control.telling import Teller
from homeport.control.updates import Updates


@dataclass(frozen=True, slots=True)
class Desk:
    """The use cases behind the routes.

    Attributes:
        nameservers: returns `address:port` of this server's DNS for a client that reached us at an address.
        ailments: returns what is wrong with this server now, a sentence each.
        is_ready: tells whether everything that must be loaded is.
        heartbeat_port: returns the UDP port of heartbeats; `None` where none are taken.
        looking: ids of the tokens that a look from outside is under way for.
    """

    credentials: Credentials
    updates: Updates
    directory: Directory
    teller: Teller
    nameservers: Callable[[str], Sequence[str]]
    ailments: Callable[[], Awaitable[Sequence[str]]]
    is_ready: Callable[[], bool]
    heartbeat_port: Callable[[], int | None] = lambda: None
    looking: set[str] = field(default_factory=set)
