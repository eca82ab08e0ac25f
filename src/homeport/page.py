"""The agent's end of the page: it listens, and starts the page's own process when somebody knocks.

A port that cannot be had is told and tried again; no name ever waits for the page.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from homeport.config.listen import endpoint
from homeport.config.models import Web
from homeport.errors import HomeportError
from homeport.ports import Clock
from homeport.stores import access
from homeport.system.files import create_private
from homeport.system.on_demand import OnDemand, listen_on
from homeport.telemetry.events import Event, emit

AGAIN = 60.0  # seconds until a port that somebody else has is tried again


@dataclass(frozen=True, slots=True)
class Page:
    """One agent's page.

    Attributes:
        command: starts its process, which is handed the sockets.
        state: the folder of its `access.db`.
    """

    command: Sequence[str]
    state: Path
    clock: Clock

    async def serve(self, settings: Web) -> None:
        """Listen, and start the page when somebody knocks, until cancelled."""
        told = ""
        while True:
            with ExitStack() as stack:
                try:
                    listeners = _listeners(settings, stack)
                except OSError as exc:
                    why = exc.strerror or str(exc)
                    if why != told:
                        told = why
                        emit(Event.PAGE_FAILED, listen=list(settings.listen), why=why)
                    await self.clock.sleep(AGAIN)
                    continue
                self._tell(settings, listeners)
                await OnDemand(listeners, self.command, self.clock, _failed).run()

    def _tell(self, settings: Web, listeners: Sequence[socket.socket]) -> None:
        for listener in listeners:
            host, port = listener.getsockname()[:2]
            where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            emit(
                Event.LISTENER_OPENED,
                room="page",
                address=where,
                protocol="https" if settings.tls else "http",
            )
        try:
            door = access.Access(self.state / access.FILE, self.clock, create_private)
            if listeners and not door.is_claimed():
                emit(Event.PAGE_UNCLAIMED, open=url(settings, listeners[0], door.make_link()))
        except HomeportError as exc:
            emit(Event.PAGE_FAILED, why=str(exc))


def url(settings: Web, listener: socket.socket | None, link: str) -> str:
    """Return what opens the page with a one-time link, on this machine."""
    if listener is not None:
        host, port = listener.getsockname()[:2]
    else:
        host, port = endpoint(settings.listen[0])
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- compared, not listened on
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"{'https' if settings.tls else 'http'}://{place}/enter?link={link}"


def _listeners(settings: Web, stack: ExitStack) -> list[socket.socket]:
    found: list[socket.socket] = []
    for text in settings.listen:
        wanted = endpoint(text)
        found += [stack.enter_context(listener) for listener in listen_on(wanted.host, wanted.port)]
    return found


def _failed(status: int) -> None:
    emit(Event.PAGE_FAILED, why=f"its process ended with exit code {status}; the log says why")
