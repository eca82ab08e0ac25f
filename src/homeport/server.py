"""The server: puts store, directory, DNS, gateway and control channel together.

Everything here is putting together; what an update or a host is, is in `homeport.control`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec

from homeport import __version__
from homeport.config.differences import differences
from homeport.config.listen import endpoint
from homeport.config.models import Server as Settings
from homeport.control.commits import Commits
from homeport.control.credentials import Credentials
from homeport.control.heartbeats import Heartbeats
from homeport.control.replay import Replay
from homeport.control.telling import Teller
from homeport.control.updates import Updates
from homeport.dns.server import DnsServer
from homeport.errors import ConfigInvalid, HomeportError, InUse, StoreError
from homeport.gateway.app import App
from homeport.gateway.desk import Desk
from homeport.gateway.heartbeat import HeartbeatListener
from homeport.gateway.limits import Limits
from homeport.gateway.listener import Address, Gateway, show
from homeport.jobs.clock import SystemClock
from homeport.jobs.patience import patient
from homeport.model.address import IPAddress
from homeport.net import channel, interfaces
from homeport.owner import Core, own
from homeport.ports import Clock
from homeport.stores import stream
from homeport.telemetry.events import Event, emit
from homeport.wire.signature import WINDOW

Load = Callable[[], Settings]
REFRESH = 5.0  # seconds between looks at this machine's addresses, where a wildcard is listened on
DNS_PATIENCE = 2.0  # seconds the DNS server may be behind before it counts as ill


class Reloaded(msgspec.Struct, frozen=True):
    """What a reload did.

    Attributes:
        changed: what differs from before, a line each.
        needs_restart: the settings that the file has by now and this server takes with its next start.
    """

    changed: list[str]
    needs_restart: list[str]


class Server:
    """One server; `run` is its whole life.

    Args:
        again: reads and checks the configuration anew, for `reload`.
        given: sockets for DNS that whoever started this program opened for it.

    Attributes:
        gateway_addresses, dns_addresses: where it really listens, once it is ready.
    """

    def __init__(
        self,
        settings: Settings,
        database: Path,
        *,
        clock: Clock | None = None,
        again: Load | None = None,
        limits: Limits | None = None,
        given: Sequence[socket.socket] = (),
    ) -> None:
        self._settings = self._started = settings
        self._database = database
        self._clock = clock or SystemClock()
        self._again = again
        self._limits = limits
        self._given = given
        self._parts: _Parts | None = None
        self._started_at = 0.0

    @property
    def gateway_addresses(self) -> tuple[Address, ...]:
        return self._parts.gateway.addresses if self._parts else ()

    @property
    def dns_addresses(self) -> tuple[Address, ...]:
        return self._parts.dns.addresses if self._parts else ()

    async def run(self, ready: asyncio.Event | None = None) -> None:
        """Serve until cancelled; a full or read-only disk is waited for.

        Raises:
            HomeportError: it could not start, with the way out.
        """
        try:
            opening = partial(own, self._settings, self._database, self._clock)
            async with patient(opening, self._clock) as core:
                await self._serve(core, ready)
        except BaseExceptionGroup as group:
            raise _first(group) from None
        finally:
            if self._parts is not None:
                self._parts = None
                emit(Event.SERVER_STOPPED)

    async def _serve(self, core: Core, ready: asyncio.Event | None) -> None:
        parts = await self._assembled(core)
        calls = {**core.calls(parts.heartbeats), "status": self._on_status, "reload": self._on_reload}
        streams: Mapping[str, channel.Stream] = {
            "base": lambda _: stream.base(core.store),
            "deltas": lambda args: stream.deltas(core.store, int(args["after"])),
        }
        async with parts.serving(), channel.serve(channel.path_for(self._database), calls, streams):
            self._parts, self._started_at = parts, self._clock.now()
            self._announce(parts)
            core.warn()
            if ready:
                ready.set()
            await self._follow_addresses(parts)

    async def _assembled(self, core: Core) -> _Parts:
        """Put the parts together; none of them listens yet."""
        sealer, settings, clock = core.sealer(), self._settings, self._clock
        replay = Replay(await core.store.newest_signed(), window=WINDOW)
        credentials = Credentials(core.directory, sealer, replay, clock)
        answered_at = _endpoints(settings.dns.listen)
        dns = DnsServer(core.store, answered_at, clock, _local_addresses, given=self._given)
        commits = core.commits = Commits(core.store, [core.directory, dns])
        teller = Teller(clock)
        heartbeats = Heartbeats(core.directory, sealer, clock, teller)
        beats = settings.heartbeat
        listener = HeartbeatListener(
            _endpoints(beats.listen) if beats else (), heartbeats, clock, _local_addresses
        )
        desk = Desk(
            credentials,
            Updates(core.directory, commits, teller),
            core.directory,
            teller,
            lambda local: _nameservers(dns.addresses, local),
            self._ailments,
            lambda: self._parts is not None,
            lambda: listener.port,
        )
        app = App(desk, settings.gateway.trusted_proxies)
        listens = _endpoints(settings.gateway.listen)
        gateway = Gateway(app, listens, clock, tls=_tls(settings), limits=self._limits)
        return _Parts(core, app, dns, gateway, heartbeats, listener)

    def _announce(self, parts: _Parts) -> None:
        emit(
            Event.SERVER_STARTED,
            version=__version__,
            database=str(self._database),
            revision=parts.core.directory.revision,
            gateway=list(map(show, parts.gateway.addresses)),
            dns=list(map(show, parts.dns.addresses)),
            heartbeat=list(map(show, parts.listener.addresses)),
        )

    async def _follow_addresses(self, parts: _Parts) -> None:
        """Listen on addresses that come, and no more on those that go, for as long as this runs."""
        beats = self._settings.heartbeat
        listens = _endpoints((*self._settings.dns.listen, *(beats.listen if beats else ())))
        wildcard = any(host in {"0.0.0.0", "::"} for host, _ in listens)  # noqa: S104 -- compared, not bound
        while True:
            await self._clock.sleep(REFRESH if wildcard else 3600.0)
            if wildcard:
                await parts.dns.refresh()
                await parts.listener.refresh()

    async def reload(self) -> Reloaded:
        """Take the zones, proxies and certificate of the file as it is now; a bad one is refused.

        Raises:
            ConfigInvalid: what is wrong with it; nothing changed.
        """
        if self._again is None or self._parts is None:
            raise ConfigInvalid("there is no file to read again")
        try:
            settings = self._again()
            await self._parts.take(settings, self._settings)
        except HomeportError as exc:
            emit(Event.CONFIG_REJECTED, error=str(exc))
            raise
        changed = list(map(str, differences(self._settings, settings, "server")))
        self._settings = settings
        reloaded = Reloaded(changed, _only_at_start(self._started, settings))
        emit(Event.CONFIG_RELOADED, changed=changed, needs_restart=reloaded.needs_restart)
        self._parts.core.warn()
        return reloaded

    async def status(self) -> dict[str, Any]:
        """Return where this server listens, what it holds, and what is wrong with it."""
        if (parts := self._parts) is None:
            return {"role": "server", "ready": False}
        directory = parts.core.directory
        return {
            "role": "server",
            "ready": True,
            "version": __version__,
            "started_at": self._started_at,
            "database": str(self._database),
            "revision": directory.revision,
            "zones": len(directory.zones),
            "hosts": len(directory.hosts),
            "tokens": len(directory.tokens),
            "gateway": list(map(show, parts.gateway.addresses)),
            "dns": list(map(show, parts.dns.addresses)),
            "heartbeat": list(map(show, parts.listener.addresses)),
            "not_listening": parts.dns.failures | parts.listener.failures,
            "ailments": await self._ailments(),
        }

    async def _ailments(self) -> list[str]:
        return await self._parts.ailments() if self._parts else ["this server is still starting"]

    async def _on_status(self, _: Mapping[str, Any]) -> Any:
        return await self.status()

    async def _on_reload(self, _: Mapping[str, Any]) -> Any:
        return msgspec.to_builtins(await self.reload())


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a running server is made of."""

    core: Core
    app: App
    dns: DnsServer
    gateway: Gateway
    heartbeats: Heartbeats
    listener: HeartbeatListener

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Answer from here to the end of the block."""
        async with self.dns.serving(), self.listener.serving(), self.gateway.serving():
            yield

    async def ailments(self) -> list[str]:
        """Return what is wrong, a sentence each."""
        found = []
        try:
            await self.core.store.writable()
        except StoreError as exc:
            found.append(str(exc))
        if not self.dns.addresses:
            found.append("the DNS server listens nowhere; look at the log for why")
        try:
            async with asyncio.timeout(DNS_PATIENCE):
                await self.dns.at(self.core.directory.revision)
        except TimeoutError:
            found.append("the DNS server does not keep up with the store; look at the log for why")
        return found

    async def take(self, new: Settings, old: Settings) -> None:
        """Become what `new` says, as far as that goes without a restart.

        Raises:
            HomeportError: it cannot be; nothing changed.
        """
        self.gateway.renew(_tls(new))
        self.core.settings = new
        try:
            await self.core.prepare()
        except HomeportError:
            self.core.settings = old
            with suppress(
                ConfigInvalid
            ):  # the old certificate is gone from the disk: the new one serves as well
                self.gateway.renew(_tls(old))
            raise
        self.app.trust(new.gateway.trusted_proxies)


async def administer(settings: Settings, database: Path, name: str, /, **args: Any) -> Any:
    """Perform one administration call: through the running server, or on the database when none runs.

    Raises:
        HomeportError: what the call raised, or why the database cannot be had.
    """
    where, clock = channel.path_for(database), SystemClock()
    for attempt in range(3):
        try:
            return await channel.call(where, name, **args)
        except channel.Absent:
            pass
        try:
            async with own(settings, database, clock) as core:
                return await core.calls()[name](args)
        except BaseExceptionGroup as group:
            raise _first(group) from None
        except InUse:
            if attempt == 2:
                raise  # it is neither free nor does anybody listen
    raise AssertionError  # pragma: no cover -- the last attempt returns or raises


def _only_at_start(started: Settings, new: Settings) -> list[str]:
    """Return the settings that differ from those this server was started with, and that no reload changes."""
    differs = {
        "gateway.listen": started.gateway.listen != new.gateway.listen,
        "gateway.tls": (started.gateway.tls is None) != (new.gateway.tls is None),
        "dns": started.dns != new.dns,
        "heartbeat": started.heartbeat != new.heartbeat,
        "store": started.store != new.store,
        "key": _source(started) != _source(new),
    }
    return [f"server.{name}" for name, is_so in differs.items() if is_so]


def _source(settings: Settings) -> str | None:
    return settings.key.source if settings.key else None


def _endpoints(listens: Sequence[str]) -> list[Address]:
    return [(found.host, found.port) for found in map(endpoint, listens)]


def _tls(settings: Settings) -> tuple[Path, Path] | None:
    tls = settings.gateway.tls
    return (tls.certificate, tls.key) if tls else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _nameservers(addresses: Sequence[Address], local: str) -> list[str]:
    """Return where our DNS is for a client that reached us at `local`; a wildcard is there too, in its family."""
    here = local.removeprefix("::ffff:")
    wild = {"0.0.0.0", "::"}  # noqa: S104 -- compared, not bound
    same = [
        (here, port)
        for host, port in addresses
        if host in {here, "::" if ":" in here else "0.0.0.0"}  # noqa: S104
    ]
    named = [address for address in addresses if address[0] not in wild]
    near = [address for address in named if _is_near(address[0]) == _is_near(here)]
    return [show(address) for address in same or near or named]


def _is_near(host: str) -> bool:
    return _is_address(host) and ip_address(host).is_loopback


async def _local_addresses() -> list[IPAddress]:
    return [found.address for found in await interfaces.addresses() if not found.is_tentative]


def _first(error: BaseException) -> BaseException:
    """Return the first real error inside groups of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
