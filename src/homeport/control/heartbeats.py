"""Heartbeats: which hosts were seen when and from where, and which have fallen silent. No beat changes a binding.

Everything here is memory, and what is known of a token ends with its secret: `docs/design/heartbeat.md`.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field

from homeport.control.directory import Directory
from homeport.control.sealing import Sealer
from homeport.control.telling import Teller
from homeport.errors import SecretUnreadable
from homeport.model.address import IPAddress
from homeport.model.directory import Token
from homeport.ports import Clock
from homeport.telemetry.events import Event, emit
from homeport.wire import heartbeat
from homeport.wire.heartbeat import Beat

MISSED = 3.5  # of a host's own intervals: three lost datagrams, and then some
SWEEP = 5.0  # seconds between two looks at who is silent
FLOWS = 8  # of one token: both families, a few machines, and those that ended
_STALL = 2 * SWEEP  # seconds between two looks that mean that this server itself was away


@dataclass(frozen=True, slots=True)
class Sighting:
    """When a token was last heard of.

    Attributes:
        at: unix seconds.
        sources: where from, the newest of each family, IPv4 first.
        is_silent: it has missed several beats since.
    """

    at: float
    sources: tuple[IPAddress, ...]
    is_silent: bool


@dataclass(slots=True)
class _Flow:
    session: bytes
    counter: int


@dataclass(slots=True)
class _Pulse:
    """What is known of one token.

    Attributes:
        sealed: the sealed secret that `key` was made from; with another one nothing here is true any more.
        key: `None` where the secret cannot be unsealed.
        forgotten: flows that are known no more.
        heard: monotonic seconds; `None` before the first beat.
        sources: the newest of each family, by its size in octets, and when it was heard.
    """

    sealed: bytes
    key: bytes | None
    flows: dict[bytes, _Flow] = field(default_factory=dict)
    forgotten: int = 0
    every: int = 0
    at: float = 0.0
    heard: float | None = None
    sources: dict[int, tuple[bytes, float]] = field(default_factory=dict)
    is_silent: bool = False

    @property
    def patience(self) -> float:
        """Seconds without a beat that are no silence yet."""
        return MISSED * self.every

    def open(self, beat: Beat) -> None:
        """Know a flow from here on; beyond `FLOWS` the one that was opened first is forgotten."""
        self.flows.pop(beat.flow, None)
        if len(self.flows) >= FLOWS:
            del self.flows[next(iter(self.flows))]
            self.forgotten += 1
        self.flows[beat.flow] = _Flow(beat.session, beat.counter)

    def seen(self) -> tuple[IPAddress, ...]:
        """Return the sources that were heard when the newest one was, or not long before, IPv4 first."""
        since = (self.heard or 0.0) - self.patience
        return tuple(
            heartbeat.unpacked(source) for _, (source, at) in sorted(self.sources.items()) if at >= since
        )


class Heartbeats:
    """The use case. Beats of tokens that are gone, renewed or cannot sign are answered nothing."""

    def __init__(self, directory: Directory, sealer: Sealer, clock: Clock, teller: Teller) -> None:
        self._directory = directory
        self._sealer = sealer
        self._clock = clock
        self._teller = teller
        self._pulses: dict[str, _Pulse] = {}
        self._secret = secrets.token_bytes(32)
        self._awake_since = clock.monotonic()

    def answer(self, data: bytes, source: bytes, port: int) -> bytes | None:
        """Return what a datagram is answered with; `None` is nothing. Never raises.

        Args:
            source: the address it came from, 4 or 16 octets.
        """
        try:
            beat = heartbeat.read_beat(data)
        except ValueError:
            return None
        pulse = self._pulse(beat.token)
        if pulse is None or pulse.key is None or not heartbeat.is_proved(data, pulse.key):
            return None
        flow = pulse.flows.get(beat.flow)
        if flow is None or flow.session != beat.session:
            session = self._session(beat, pulse.forgotten)
            if beat.session != session:
                return heartbeat.write_challenge(data, session, pulse.key)
            pulse.open(beat)
        elif beat.counter <= flow.counter:
            return None  # a copy, or one that a later beat overtook
        else:
            flow.counter = beat.counter
        self._note(pulse, beat, source)
        return heartbeat.write_seen(data, source, port, pulse.key)

    def of(self, tokens: Collection[str]) -> Sighting | None:
        """Return when one of these tokens was last heard of; `None` when none was since the server started."""
        heard = [pulse for each in tokens if (pulse := self._pulses.get(each)) and pulse.heard is not None]
        if not heard:
            return None
        newest = max(heard, key=lambda pulse: pulse.at)
        return Sighting(newest.at, newest.seen(), all(pulse.is_silent for pulse in heard))

    async def watch(self) -> None:
        """Tell who falls silent, without end."""
        while True:
            before = self._clock.monotonic()
            await self._clock.sleep(SWEEP)
            if self._clock.monotonic() - before > _STALL:
                self._awake_since = self._clock.monotonic()
            self.sweep()

    def sweep(self) -> None:
        """Forget tokens that are gone or renewed, and tell of those that have fallen silent."""
        now, tokens = self._clock.monotonic(), self._directory.tokens
        for token_id, pulse in list(self._pulses.items()):
            token = tokens.get(token_id)
            if token is None or token.sealed != pulse.sealed:
                del self._pulses[token_id]
            elif pulse.heard is not None and not pulse.is_silent:
                pulse.is_silent = now - max(pulse.heard, self._awake_since) > pulse.patience
                if pulse.is_silent:
                    self._tell(Event.HOST_SILENT, token, pulse)

    def _pulse(self, token_id: str) -> _Pulse | None:
        """Return what is known of a token whose secret is what it was, `None` where there is no such token."""
        token = self._directory.tokens.get(token_id)
        if token is None or token.sealed is None:
            return None
        pulse = self._pulses.get(token_id)
        if pulse is None or pulse.sealed != token.sealed:
            pulse = self._pulses[token_id] = _Pulse(token.sealed, self._key(token, token.sealed))
        return pulse

    def _key(self, token: Token, sealed: bytes) -> bytes | None:
        try:
            return heartbeat.key_of(self._sealer.unseal(token.id, sealed))
        except SecretUnreadable as exc:
            emit(Event.STORE_FAILED, error=str(exc))
            return None

    def _session(self, beat: Beat, forgotten: int) -> bytes:
        """Return the session of a flow that is not known: the same until one of the token's flows is forgotten."""
        said = f"{beat.token} {beat.flow.hex()} {forgotten}".encode()
        return hmac.digest(self._secret, said, "sha256")[: heartbeat.SESSION_SIZE]

    def _note(self, pulse: _Pulse, beat: Beat, source: bytes) -> None:
        was_silent, pulse.is_silent = pulse.is_silent, False
        pulse.at, pulse.heard, pulse.every = self._clock.now(), self._clock.monotonic(), beat.every
        pulse.sources[len(source)] = source, pulse.heard
        if was_silent and (token := self._directory.tokens.get(beat.token)):
            self._tell(Event.HOST_RETURNED, token, pulse)

    def _tell(self, event: Event, token: Token, pulse: _Pulse) -> None:
        if self._teller.is_wanted(event):
            hosts, sources = sorted(map(str, token.hosts)), list(map(str, pulse.seen()))
            self._teller.tell(event, hosts=hosts, token=token.id, sources=sources, last_seen=pulse.at)
