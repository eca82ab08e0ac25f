"""The heartbeat as bytes: "I am here", and "I see you at this address", each proved with the token's secret.

    beat       HP version 1 | token 16 | flow 8 | session 16 | counter 8 | every 2 | MAC 16    70 octets
    seen       HP version 2 | address 16 | port 2 | MAC 16                                     38 octets
    challenge  HP version 3 | session 16 | MAC 16                                              36 octets

Numbers are big-endian, the token is ASCII filled up with NUL, and an IPv4 address is written as the IPv6 address it is
mapped to. The MAC is HMAC-SHA256, cut to its first half, over all octets before it; an answer's goes on over the MAC of
the beat it answers, so that it fits no other. `docs/design/heartbeat.md` says why.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from homeport.model.address import IPAddress

BEAT_SIZE = 70
FLOW_SIZE = 8
SESSION_SIZE = 16
NO_SESSION = bytes(SESSION_SIZE)
LONGEST_TOKEN = 16
LONGEST_EVERY = 65535
_MAC_SIZE = 16
_MAGIC, _VERSION = b"HP", 1
_BEAT, _SEEN, _CHALLENGE = 1, 2, 3
_LABEL = b"homeport heartbeat 1"  # no canonical request of `wire/signature.py`: those have line ends
_MAPPED = bytes(10) + b"\xff\xff"
_HEAD = struct.Struct("!2sBB")
_BEAT_BODY = struct.Struct("!2sBB16s8s16sQH")
_SEEN_BODY = struct.Struct("!2sBB16sH")
_CHALLENGE_BODY = struct.Struct("!2sBB16s")


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat.

    Attributes:
        token: the credential's id.
        flow: random, the sender's own choice: which of the token's conversations this is.
        session: what the server's challenge gave to this flow; `NO_SESSION` before.
        counter: larger than that of every earlier beat of the flow.
        every: seconds until the next beat, rounded up.
    """

    token: str
    flow: bytes
    session: bytes
    counter: int
    every: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The server's answer: where the beat came from."""

    address: IPAddress
    port: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server's answer to a flow it does not know: beat again, with this session."""

    session: bytes


def key_of(secret: str) -> bytes:
    """Return the key of a token's beats, which is good for nothing else."""
    return hmac.digest(secret.encode("ascii"), _LABEL, "sha256")


def write_beat(beat: Beat, key: bytes) -> bytes:
    """Return a beat, proved.

    Raises:
        ValueError: the token's id is not 1 to 16 ASCII characters.
    """
    token = beat.token.encode("ascii")
    if not 0 < len(token) <= LONGEST_TOKEN:
        raise ValueError(f"a token's id has 1 to {LONGEST_TOKEN} characters")
    body = _BEAT_BODY.pack(_MAGIC, _VERSION, _BEAT, token, beat.flow, beat.session, beat.counter, beat.every)
    return body + _mac(key, body)


def read_beat(data: bytes) -> Beat:
    """Read a beat, of which nothing is proved yet.

    Raises:
        ValueError: it is none.
    """
    if len(data) != BEAT_SIZE or data[:4] != _HEAD.pack(_MAGIC, _VERSION, _BEAT):
        raise ValueError("not a heartbeat")
    _, _, _, token, flow, session, counter, every = _BEAT_BODY.unpack_from(data)
    if not every:
        raise ValueError("a heartbeat that never comes again")
    return Beat(token.rstrip(b"\0").decode("ascii"), flow, session, counter, every)


def is_proved(data: bytes, key: bytes) -> bool:
    """Tell whether a beat was made with `key`."""
    return hmac.compare_digest(data[-_MAC_SIZE:], _mac(key, data[:-_MAC_SIZE]))


def write_seen(data: bytes, packed: bytes, port: int, key: bytes) -> bytes:
    """Return the answer to the beat `data`.

    Args:
        packed: the address it came from, 4 or 16 octets.
    """
    wide = packed if len(packed) == 16 else _MAPPED + packed
    return _answer(_SEEN_BODY.pack(_MAGIC, _VERSION, _SEEN, wide, port), data, key)


def write_challenge(data: bytes, session: bytes, key: bytes) -> bytes:
    """Return the challenge to the beat `data`."""
    return _answer(_CHALLENGE_BODY.pack(_MAGIC, _VERSION, _CHALLENGE, session), data, key)


def read_answer(answer: bytes, data: bytes, key: bytes) -> Seen | Challenge:
    """Read what the server answered to the beat `data`.

    Raises:
        ValueError: it is no answer, not to this beat, or nothing that the server made.
    """
    body = answer[:-_MAC_SIZE]
    if not hmac.compare_digest(answer, _answer(body, data, key)):
        raise ValueError("not an answer to this heartbeat")
    kind = (body[:4], len(body))
    if kind == (_HEAD.pack(_MAGIC, _VERSION, _CHALLENGE), _CHALLENGE_BODY.size):
        return Challenge(body[-SESSION_SIZE:])
    if kind != (_HEAD.pack(_MAGIC, _VERSION, _SEEN), _SEEN_BODY.size):
        raise ValueError("an answer of another version")
    *_, wide, port = _SEEN_BODY.unpack(body)
    return Seen(unpacked(wide.removeprefix(_MAPPED)), port)


def unpacked(packed: bytes) -> IPAddress:
    """Return the address of 4 or 16 octets."""
    return IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)


def _answer(body: bytes, data: bytes, key: bytes) -> bytes:
    return body + _mac(key, body + data[-_MAC_SIZE:])


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")[:_MAC_SIZE]
