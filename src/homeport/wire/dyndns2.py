"""The dyndns2 protocol: its words, what each means to a client, and an answer read line by line.

Source: https://help.dyn.com/remote-access-api/return-codes/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address

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

_SAID_OTHERWISE: dict[str, Word] = {
    "ok": Word.GOOD,
    "interval": Word.EMERGENCY,
    "servererror": Word.EMERGENCY,
}


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


def parse(text: str, words: Mapping[str, Word] | None = None) -> tuple[Line, ...]:
    """Read a whole answer; empty lines mean nothing.

    Args:
        words: what a service says in place of the protocol's own words, in small letters; the empty one stands for
            an answer without a body.

    Raises:
        ValueError: a line is not one of this protocol (a page of HTML), or there is none.
    """
    known = {**_SAID_OTHERWISE, **(words or {})}
    lines = tuple(_line(line, known) for line in text.splitlines() if line.strip())
    if not lines and "" in known:
        return (Line(known[""]),)
    if not lines:
        raise ValueError("an empty answer")
    return lines


def failure(line: Line, where: str, addresses: frozenset[str] = frozenset()) -> HomeportError | None:
    """Return what a line means to a client, `None` for success.

    Args:
        where: who said it, for the message.
        addresses: what was asked for; `good 127.0.0.1` when it was not asked for says that the agent is blocked, and
            another address that the service took it from the connection.
    """
    word = line.word
    if word is Word.GOOD and line.rest == "127.0.0.1" and line.rest not in addresses:
        word = Word.BADAGENT
    if line.is_success and word is line.word and (other := _other(line.rest, addresses)):
        return Refused(f"{where} set {other} and not what was asked: it takes the address of the connection")
    if word not in MEANING:
        return None
    error, why = MEANING[word]
    said = f"{where} says {line.word}: {why}"
    if issubclass(error, Throttled):
        return error(said, retry_after=PAUSE)
    return error(said)


def _other(rest: str, addresses: frozenset[str]) -> str:
    """Return the addresses of an answer when they are of a family that was asked for, and none is one of those."""
    asked = {address for text in addresses if (address := _address(text))}
    told = {address for text in rest.replace(",", " ").split() if (address := _address(text))}
    told = {each for each in told if each.version in {address.version for address in asked}}
    return "" if told & asked else ",".join(sorted(map(str, told)))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _line(text: str, known: Mapping[str, Word]) -> Line:
    first, _, rest = text.strip().partition(" ")
    word = known.get(first.lower()) or first.lower()
    if word not in tuple(Word):
        raise ValueError("not an answer of dyndns2")
    return Line(Word(word), rest.strip())
