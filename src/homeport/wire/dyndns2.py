"""The dyndns2 protocol: its words, what each means to a client, and an answer read line by line.

Source: https://help.dyn.com/remote-access-api/return-codes/
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from homeport.errors import Abused, CredentialsRefused, HomeportError, PeerError, Refused, Throttled

MOST_HOSTS = 20
"""Hosts of one request; more are `numhost`."""
PAUSE = 1800.0
"""Seconds to wait after `911` and `dnserr`."""


class Word(StrEnum):
    """The first word of an answer's line."""

    GOOD = "good"
    NOCHG = "nochg"
    BADAUTH = "badauth"
    BADSYS = "badsys"
    NOTFQDN = "notfqdn"
    NOHOST = "nohost"
    NOT_YOURS = "!yours"
    NOT_ACTIVE = "!active"
    DONATOR = "!donator"
    ABUSE = "abuse"
    NUMHOST = "numhost"
    DNSERR = "dnserr"
    BADAGENT = "badagent"
    EMERGENCY = "911"


MEANING: dict[Word, tuple[type[PeerError], str]] = {
    Word.BADAUTH: (CredentialsRefused, "user and password are wrong, or have no right to this host"),
    Word.BADSYS: (Refused, "it does not know this kind of update"),
    Word.NOTFQDN: (Refused, "the name is not a fully-qualified domain name"),
    Word.NOHOST: (Refused, "this account has no such host; create it there first"),
    Word.NOT_YOURS: (Refused, "the host belongs to another account"),
    Word.NOT_ACTIVE: (Refused, "the host is not activated"),
    Word.DONATOR: (Refused, "this needs a paid account"),
    Word.ABUSE: (Abused, "the host is blocked for abuse; unblock it at the service"),
    Word.NUMHOST: (Refused, "too many hosts in one update, or a round robin"),
    Word.DNSERR: (Throttled, "it has a DNS failure"),
    Word.BADAGENT: (Refused, "it blocks this client"),
    Word.EMERGENCY: (Throttled, "it has a failure or is under maintenance"),
}
"""What every word but `good` and `nochg` is to a client: the error, and why, in words."""

_SAID_OTHERWISE = {"ok": Word.GOOD, "interval": Word.EMERGENCY, "servererror": Word.EMERGENCY}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an answer: a word, and whatever follows it (for `good`, the address)."""

    word: Word
    rest: str = ""

    @property
    def is_success(self) -> bool:
        return self.word in (Word.GOOD, Word.NOCHG)

    def __str__(self) -> str:
        return f"{self.word} {self.rest}".rstrip()


def parse(text: str) -> tuple[Line, ...]:
    """Read a whole answer; empty lines mean nothing.

    Raises:
        ValueError: a line is not one of this protocol (a page of HTML), or there is none.
    """
    lines = tuple(_line(line) for line in text.splitlines() if line.strip())
    if not lines:
        raise ValueError("an empty answer")
    return lines


def failure(line: Line, where: str, addresses: frozenset[str] = frozenset()) -> HomeportError | None:
    """Return what a line means to a client, `None` for success.

    Args:
        where: who said it, for the message.
        addresses: what was asked for; `good 127.0.0.1` when it was not asked for says that the agent is blocked.
    """
    word = line.word
    if word is Word.GOOD and line.rest == "127.0.0.1" and line.rest not in addresses:
        word = Word.BADAGENT
    if word not in MEANING:
        return None
    error, why = MEANING[word]
    said = f"{where} says {line.word}: {why}"
    if issubclass(error, Throttled):
        return error(said, retry_after=PAUSE)
    return error(said)


def _line(text: str) -> Line:
    first, _, rest = text.strip().partition(" ")
    known = _SAID_OTHERWISE.get(first.lower()) or first.lower()
    if known not in tuple(Word):
        raise ValueError("not an answer of dyndns2")
    return Line(Word(known), rest.strip())
