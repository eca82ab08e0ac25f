"""The error hierarchy. A class says what to do next, not merely what went wrong.

* HomeportError
  x ConfigInvalid         fix the file                       HALT
  x SecretUnreadable      the secret's source lacks it       RETRY
  x PeerError             provider, node, server
    + CredentialsRefused  the host's own word for it         HALT
    + Refused             the host's own word: nohost, 81057 HALT
    + Abused              blocked for abuse, never probed    HALT
    + Throttled           911, 429                           WAIT  (retry_after)
    + Unavailable         nothing changed: 5xx, no route     RETRY
    + Unconfirmed         sent, outcome unknown              OBSERVE
  x StoreError
    + Conflict            lost a race                        RETRY
    + StoreUnavailable    disk full, locked, unreadable      RETRY
    + Gap                 deltas are gone: load a base       RETRY
  x InUse                 another process owns it            HALT
  x NotAllowed            permission denied                  HALT
  x LaterVersion          the state is a later version's     HALT

`exit_code` is what a command ends with when this is why: 1 some failed, 2 configuration, 4 refused,
5 unreachable. A message is one sentence for a person: the cause and the way out. It never quotes a request, for that
may hold a secret.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import ClassVar


class Disposition(Enum):
    """What the engine does with a failed change."""

    RETRY = auto()  # again, after a backoff with full jitter
    WAIT = auto()  # again, not before the peer's own deadline
    OBSERVE = auto()  # read the world again before touching it
    HALT = auto()  # not again until a person changes something, or a rare probe


class HomeportError(Exception):
    """Base of every error this package raises on purpose."""

    disposition: ClassVar[Disposition] = Disposition.HALT
    exit_code: ClassVar[int] = 1


class ConfigInvalid(HomeportError, ValueError):
    """The configuration cannot be honoured; the message holds every fault, a line each."""

    exit_code = 2


class SecretUnreadable(HomeportError):
    """A secret's source does not have it; nothing was sent."""

    disposition = Disposition.RETRY
    exit_code = 2


class PeerError(HomeportError):
    """Somebody across the network did not do what was asked."""


class CredentialsRefused(PeerError):
    """The host said, in its own words, that the credentials are wrong; nothing was changed."""

    exit_code = 4


class Refused(PeerError):
    """The host understood the request and rejected it; sending it again cannot help."""

    exit_code = 4


class Abused(Refused):
    """The host blocks this account or name for abuse; asking again makes it worse."""


class Throttled(PeerError):
    """The peer asks for patience; nothing was changed.

    Attributes:
        retry_after: seconds to wait, as the peer said or as its documentation does.
    """

    disposition = Disposition.WAIT
    exit_code = 5

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(PeerError):
    """The peer cannot be reached or is broken; nothing was changed."""

    disposition = Disposition.RETRY
    exit_code = 5


class Unconfirmed(PeerError):
    """The change was sent and its outcome is not known."""

    disposition = Disposition.OBSERVE
    exit_code = 5


class StoreError(HomeportError):
    """The store did not do what was asked; nothing was changed."""

    disposition = Disposition.RETRY


class Conflict(StoreError):
    """Another writer moved first."""


class StoreUnavailable(StoreError):
    """The store cannot be written or read: a full disk, a permission, a broken file."""


class Gap(StoreError):
    """Deltas after the asked revision are no longer kept; load a base and go on from there."""


class InUse(HomeportError):
    """Another process owns the database or the port."""

    exit_code = 2


class NotAllowed(HomeportError):
    """The operating system refuses this account."""

    exit_code = 4


class LaterVersion(HomeportError):
    """A later version of this program wrote the state, and it was not touched."""

    exit_code = 2
