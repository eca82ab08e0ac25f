"""The agent's end of the page: it listens, starts the page's own process when somebody knocks, and lets its owner in.

A port that cannot be had is told and tried again; no name ever waits for the page.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from homeport.config.listen import Endpoint, endpoint
from homeport.config.models import GENERATED, Web
from homeport.engine.contain import contained
from homeport.errors import HomeportError, Refused, Unavailable
from homeport.ports import Call, Clock
from homeport.stores import access
from homeport.stores.access import Access
from homeport.system.files import create_private
from homeport.system.on_demand import NOT_STARTED, OnDemand, listen_on
from homeport.telemetry.events import Event, emit

AGAIN = 60.0  # seconds until a port that somebody else has is tried again
LINK_LIFE = 3600.0  # seconds a link waits that a command made: it is used at once
HERE = "this machine"  # where the audit log says that the control channel is
_IN_THE_CLEAR = (
    "the password crosses the network in the clear; set agent.web.tls (`generated` makes a certificate), or put a proxy"
    " with TLS in front and listen on loopback"
)
_NO_PASSWORD = (
    "the page is refused to every other machine until a password is set: `homeport web set-password`"  # noqa: S105
)
_TAKEN = (
    "another program has the port (ddns-go uses the same one): end it and wait a minute, or have a homeport.yaml say"
    ' `agent: {web: {listen: "127.0.0.1:9877"}}` and start again'
)
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared, not listened on


class Page:
    """One agent's page.

    Args:
        command: starts its process, which is handed the sockets.
        state: the folder of its `access.db`.
    """

    def __init__(self, command: Sequence[str], state: Path, clock: Clock) -> None:
        self._command = command
        self._state = state
        self._clock = clock
        self._access = Access(state / access.FILE, clock, create_private)
        self._settings = Web()
        self._changed = asyncio.Event()
        self._where: list[Endpoint] = []
        self._why_not = "it starts at this moment"

    async def serve(self, settings: Web) -> None:
        """Listen, and start the page when somebody knocks, until cancelled; begin anew with other settings."""
        self._settings = settings
        while True:
            self._changed.clear()
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(self._serve(self._settings))
                await self._changed.wait()
                serving.cancel()

    def change(self, settings: Web) -> None:
        """Take other settings; whoever looks at the page is let go when they differ."""
        if settings != self._settings:
            self._settings = settings
            self._changed.set()

    async def open(self) -> dict[str, Any]:
        """Return a link that signs its opener in, once.

        Raises:
            Unavailable: the page does not listen now.
        """
        if not self._where:
            raise Unavailable(f"the page cannot be opened: {self._why_not}")
        link = await asyncio.to_thread(self._access.make_link, LINK_LIFE)
        await asyncio.to_thread(self._access.audit, "owner", HERE, "link.made")
        return {"url": url(self._settings, self._where, link), "fingerprint": self._fingerprint()}

    async def reset(self) -> None:
        """Forget what leads in, and sign every browser out."""
        await asyncio.to_thread(reset, self._access)

    async def _serve(self, settings: Web) -> None:
        told = ""
        try:
            while True:
                with ExitStack() as stack:
                    try:
                        listeners = _listeners(settings, stack)
                    except OSError as exc:
                        why = exc.strerror or str(exc)
                        self._why_not = f"it cannot listen on {', '.join(settings.listen)} ({why}); choose another in agent.web.listen"
                        if why != told:
                            told = why
                            hint = {"hint": _TAKEN} if exc.errno == errno.EADDRINUSE else {}
                            emit(Event.PAGE_FAILED, listen=list(settings.listen), why=why, **hint)
                        await self._clock.sleep(AGAIN)
                        continue
                    if not listeners:
                        self._why_not = "agent.web.listen names no address"
                    self._where = [Endpoint(*listener.getsockname()[:2]) for listener in listeners]
                    try:
                        with contained("the page"):
                            await self._tell(settings)
                            await OnDemand(listeners, self._command, self._clock, _failed).run()
                    except HomeportError as exc:
                        emit(Event.PAGE_FAILED, why=str(exc))
                        await self._clock.sleep(AGAIN)
        finally:
            self._where = []

    async def _tell(self, settings: Web) -> None:
        protocol = "https" if settings.tls else "http"
        for where in self._where:
            emit(Event.LISTENER_OPENED, listener="page", address=str(where), protocol=protocol)
        exposed = [str(where) for where in self._where if not ip_address(where.host).is_loopback]
        if exposed and not settings.tls:
            emit(Event.LISTENER_EXPOSED, listener="page", addresses=exposed, hint=_IN_THE_CLEAR)
        try:
            has_password, link = await asyncio.to_thread(self._look)
        except HomeportError as exc:
            emit(Event.PAGE_FAILED, why=str(exc))
            return
        if exposed and not has_password:
            emit(Event.LISTENER_EXPOSED, listener="page", addresses=exposed, hint=_NO_PASSWORD)
        if self._where and link:
            hint = "open it in a browser on this machine; it is good once"
            emit(Event.PAGE_UNCLAIMED, open=url(settings, self._where, link), hint=hint)

    def _look(self) -> tuple[bool, str]:
        """Return whether a password is set, and a link while nobody ever signed in."""
        link = "" if self._access.is_claimed() else self._access.make_link()
        return self._access.setting("password") is not None, link

    def _fingerprint(self) -> str | None:
        """Return what to compare with what the browser asks about; `None` where it need not ask, or not yet."""
        if self._settings.tls == GENERATED:
            with suppress(OSError, ValueError):  # it is made when somebody knocks first
                return fingerprint(certificate_of(self._state)[0])
        return None


def calls(page: Page | None) -> Mapping[str, Call]:
    """Return what commands may ask of an agent's page over the control channel."""

    def there() -> Page:
        if page is None:
            raise Refused("this agent serves no page; start it without --no-web")
        return page

    async def open_page(_: Mapping[str, Any]) -> Any:
        return await there().open()

    async def reset_page(_: Mapping[str, Any]) -> Any:
        return await there().reset()

    return {"page.open": open_page, "page.reset": reset_page}


def reset(door: Access) -> None:
    """Forget the password and the second step, and sign every browser out."""
    door.reset()
    door.audit("owner", HERE, "password.reset")


def url(settings: Web, where: Sequence[Endpoint], link: str) -> str:
    """Return what opens the page with a one-time link, on this machine.

    A certificate that was given is for a name, and so is the link then; else it is for an address of this machine,
    loopback if the page listens there.
    """
    near = min(where, key=lambda each: not ip_address(_ANYWHERE.get(each.host, each.host)).is_loopback)
    place = Endpoint(_ANYWHERE.get(near.host, near.host), near.port)
    if settings.tls and settings.tls != GENERATED and settings.names:
        place = Endpoint(settings.names[0], near.port)
    return f"{'https' if settings.tls else 'http'}://{place}/enter?link={link}"


def certificate_of(state: Path) -> tuple[Path, Path]:
    """Return where a certificate of the page's own and its key lie."""
    return state / "page.crt", state / "page.key"


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 of a certificate as browsers show it.

    Raises:
        OSError, ValueError: it is not there, or is none.
    """
    import ssl

    der = ssl.PEM_cert_to_DER_cert(certificate.read_text(encoding="ascii"))
    return hashlib.sha256(der).digest().hex(":").upper()


def _listeners(settings: Web, stack: ExitStack) -> list[socket.socket]:
    found: list[socket.socket] = []
    for text in settings.listen:
        wanted = endpoint(text)
        found += [stack.enter_context(listener) for listener in listen_on(wanted.host, wanted.port)]
    return found


def _failed(status: int) -> None:
    said = f"ended with exit code {status}; the log says why"
    emit(Event.PAGE_FAILED, why=f"its process {'could not be started' if status == NOT_STARTED else said}")
