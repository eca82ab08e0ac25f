"""A host's own error codes, mapped once to what they mean here."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from homeport.errors import (
    Abused,
    CredentialsRefused,
    HomeportError,
    Refused,
    Throttled,
    Unavailable,
    Unconfirmed,
)
from homeport.net.http import raise_for_status, retry_after
from homeport.ports import HttpAnswer

Codes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as the host words it.

    Attributes:
        code: the host's own, as text; where it has none, the HTTP status or its fixed sentence.
        message: for people.
        wait: seconds, where the body says after how many to come again.
    """

    code: str
    message: str = ""
    wait: float | None = None


class SessionOver(Unavailable):
    """What lets one in for a while is no longer taken; it is fetched anew."""


class ZoneUnknown(Refused):
    """The host knows no such zone, which it perhaps did a moment ago."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Which codes mean what; each may end in `*`. What is not named here is `Refused`, or a broken server.

    Attributes:
        session: what was given for a while is over, and no fault of the credentials (see `_session`).
        credentials: the key is wrong, expired, or lacks a right.
        zone: there is no such zone in this account.
        moved: the host does not hold what was listed: an identical record is there, or the record is gone.
        quota: no more records or updates until a person acts.
        throttled: too many requests just now.
        maintenance: the host is not at work; nothing was changed.
        broken: it failed inside, perhaps after it changed something; for hosts that say so with a 200.
        abused: blocked, and asking again makes it worse.
        pause: seconds to wait when throttled, where the host does not say.
    """

    session: Codes = ()
    credentials: Codes = ()
    zone: Codes = ()
    moved: Codes = ()
    quota: Codes = ()
    throttled: Codes = ()
    maintenance: Codes = ()
    broken: Codes = ()
    abused: Codes = ()
    pause: float = 60.0

    def names(self, code: str) -> bool:
        """Tell whether a code is one of those above; of several codes of one answer, such a one counts."""
        return any(_is_in(code, codes) for codes, _ in self._meanings(changes=True)) or _is_in(
            code, self.throttled
        )

    def error(self, fault: Fault, answer: HttpAnswer, said: str, *, changes: bool) -> HomeportError:
        """Return what a fault means; `said` is the sentence for people.

        Raises:
            PeerError: the code is not one of those above, and the status speaks of a broken server.
        """
        is_busy = answer.status == 429 and not self.names(fault.code)
        if is_busy or _is_in(fault.code, self.throttled):
            wait = retry_after(answer, self.pause) if fault.wait is None else fault.wait
            return Throttled(said, retry_after=wait)
        for codes, error in self._meanings(changes=changes):
            if _is_in(fault.code, codes):
                return error(said)
        if answer.status >= 500:
            raise_for_status(answer, changes=changes)
        return Refused(said)

    def _meanings(self, *, changes: bool) -> list[tuple[Codes, type[HomeportError]]]:
        return [
            (self.abused, Abused),
            (self.session, SessionOver),
            (self.credentials, CredentialsRefused),
            (self.zone, ZoneUnknown),
            (self.moved, Unconfirmed if changes else Refused),
            (self.quota, Refused),
            (self.maintenance, Unavailable),
            (self.broken, Unconfirmed if changes else Unavailable),
        ]


def _is_in(code: str, codes: Codes) -> bool:
    return any(fnmatchcase(code, each) for each in codes)
