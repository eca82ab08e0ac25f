"""The neutral description between another program's configuration and ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from homeport import providers
from homeport.config import kinds
from homeport.config.models import AUTO, YEAR
from homeport.config.scalar import name_of
from homeport.errors import ConfigInvalid
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType

LONGEST_TTL = 86400  # seconds


class Elsewhere(str):
    """Where a secret stands already (`env:NAME`, `file:/path`), in the place of the secret itself."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A provider of ours.

    Attributes:
        secrets: values by the setting they belong to; they go into the encrypted store, never into the file.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def zone(self) -> str:
        return str(self.settings.get("zone", ""))


@dataclass(frozen=True, slots=True)
class Source:
    """An address source of ours; `detect` is as the file has it."""

    name: str
    detect: tuple[Mapping[str, Any], ...]
    witnesses: int | None = None
    allow_private: bool = False
    interface: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of ours; `address` names the source of each type."""

    name: Fqdn
    provider: str
    address: Mapping[RRType, str]
    ttl: int | None = None
    host_id: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def goes_with(self, other: Entry) -> bool:
        """Tell whether both can be one record of several types."""
        return replace(self, address={}) == replace(other, address={}) and not set(self.address) & set(
            other.address
        )


@dataclass(frozen=True, slots=True)
class Note:
    """What became of one thing, in a sentence. Neither half ever holds a secret."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class Moved:
    """What a configuration of another program says, in our words.

    Attributes:
        tool: as people call it.
        left: what cannot be carried over.
        changed: what was carried over and is not quite the same.
        interval: seconds.
        notify: those who are told what happened, each with a kind and settings as a provider has them.
    """

    tool: str
    accounts: tuple[Account, ...]
    sources: tuple[Source, ...]
    records: tuple[Entry, ...]
    interval: float | None
    resolver: tuple[str, ...]
    left: tuple[Note, ...]
    changed: tuple[Note, ...]
    notify: tuple[Account, ...] = ()


class Draft:
    """A `Moved` in the making: gives names, says everything once, and refuses what could not be loaded."""

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self._accounts: list[Account] = []
        self._zones: dict[str, set[str]] = {}
        self._sources: list[Source] = []
        self._records: list[Entry] = []
        self._left: dict[Note, None] = {}
        self._changed: dict[Note, None] = {}
        self.interval: float | None = None
        self.resolver: tuple[str, ...] = ()
        self._notify: list[Account] = []

    def leave(self, what: str, why: str) -> None:
        """Say that something is not carried over, and why."""
        self._left[Note(what, why)] = None

    def change(self, what: str, why: str) -> None:
        """Say that something was carried over and differs."""
        self._changed[Note(what, why)] = None

    def account(
        self, kind: str, settings: Mapping[str, Any], secrets: Mapping[str, str], zone: str = ""
    ) -> Account:
        """Return the account of these credentials, which is made once.

        Args:
            zone: as the other program has it. Where the host can be asked for it, it is written down only if
                all names of the account are in it.
        """
        given = {key: value for key, value in settings.items() if value not in ("", None)}
        if "@" not in secrets.get("proxy", "@"):  # without a password it is none
            given["proxy"] = secrets["proxy"]
            secrets = {key: value for key, value in secrets.items() if key != "proxy"}
        if _needs_zone(kind):
            given = {"zone": zone, **given}
        made = Account("", kind, given, dict(secrets))
        known = next((one for one in self._accounts if replace(one, name="") == made), None)
        if known is None:
            known = replace(made, name=_free(kind, [one.name for one in self._accounts]))
            self._accounts.append(known)
        self._zones.setdefault(known.name, set()).add(zone)
        return known

    def source(self, base: str, *detect: Mapping[str, Any], **how: Any) -> str:
        """Return the name of the address source that asks so, which is made once."""
        made = Source("", detect, **how)
        for one in self._sources:
            if replace(one, name="") == made:
                return one.name
        named = replace(made, name=_free(_plain(base), [AUTO, *(one.name for one in self._sources)]))
        self._sources.append(named)
        return named.name

    def notifier(self, base: str, kind: str, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Add one who is told."""
        given = {key: value for key, value in settings.items() if value not in ("", None, {})}
        name = _free(base, [one.name for one in self._notify])
        self._notify.append(Account(name, kind, given, dict(secrets)))

    def every(self, seconds: float) -> None:
        """Take over how often the other program looked."""
        if 0 < seconds <= YEAR:
            self.interval = seconds

    def record(self, name: str, types: Iterable[RRType], account: Account, source: str, **how: Any) -> None:
        """Add a record, or the types that the one of this name did not have.

        What could not be loaded is left, with the reason.
        """
        try:
            owner = name_of(name)
            is_within = not account.zone or owner.is_within(name_of(account.zone))
        except ValueError as error:
            self.leave(name, str(error))
            return
        if not is_within:
            self.leave(name, f"it is not within {account.zone}, the zone of its account")
            return
        if missing := [setting for setting, value in account.secrets.items() if not value]:
            self.leave(name, f"{' and '.join(missing)} of {account.kind} is not in it")
            return
        for rrtype in types:
            self._one(
                Entry(owner, account.name, {rrtype: source}, **self._within(name, how)), rrtype, account
            )

    def _within(self, name: str, how: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a record is like, without a TTL that ours cannot have."""
        ttl = how.get("ttl")
        if ttl is None or 1 < ttl <= LONGEST_TTL:
            return dict(how)
        if ttl > 1:
            self.change(name, f"its TTL of {ttl} s became ours of 60 s, for {LONGEST_TTL} s is the longest")
        else:
            self.change(name, "its automatic TTL became ours of 60 s, or the least that its host allows")
        return {**how, "ttl": None}

    def _one(self, entry: Entry, rrtype: RRType, account: Account) -> None:
        what = f"{entry.name} {rrtype}"
        if rrtype not in kinds.types_of(account.kind):
            self.leave(what, f"{account.kind} cannot hold {rrtype} records")
            return
        for i, one in enumerate(self._records):
            if (one.name, one.provider) == (entry.name, entry.provider) and rrtype in one.address:
                if (
                    replace(one, address={}) != replace(entry, address={})
                    or one.address[rrtype] != entry.address[rrtype]
                ):
                    self.leave(what, "it is written twice with different settings; the first is carried over")
                return
            if one.goes_with(entry):
                self._records[i] = replace(one, address={**one.address, **entry.address})
                return
        self._records.append(entry)

    def _in_zone(self, account: Account) -> Account:
        """Return the account with its zone, where there is one for all its names."""
        known = {
            field.name for field in msgspec.structs.fields(kinds.settings_of(providers.load(account.kind)))
        }
        zones = self._zones[account.name]
        if account.zone or len(zones) > 1 or "" in zones or "zone" not in known or account.kind == "http":
            return account
        [zone] = zones
        names = [str(record.name) for record in self._records if record.provider == account.name]
        if not all(f".{name}".endswith(f".{zone.lower()}") for name in names):
            return account
        return replace(account, settings={"zone": zone, **account.settings})

    def moved(self) -> Moved:
        """Return what was gathered; what no record uses is not part of it.

        Raises:
            ConfigInvalid: there is no record.
        """
        if not self._records:
            why = "".join(f"\n  {note}" for note in self._left)
            raise ConfigInvalid(
                f"there is no name in this configuration of {self._tool} that can be kept{why}"
            )
        used_accounts = {record.provider for record in self._records}
        used = {name for record in self._records for name in record.address.values()}
        return Moved(
            self._tool,
            tuple(self._in_zone(one) for one in self._accounts if one.name in used_accounts),
            tuple(one for one in self._sources if one.name in used),
            tuple(self._records),
            self.interval,
            self.resolver,
            tuple(self._left),
            tuple(self._changed),
            tuple(self._notify),
        )


def _needs_zone(kind: str) -> bool:
    fields = msgspec.structs.fields(kinds.settings_of(providers.load(kind)))
    return any(field.name == "zone" and field.required for field in fields)


def _free(base: str, taken: Iterable[str]) -> str:
    """Return `base`, or the first of `base-2`, `base-3`, ... that is not taken."""
    names = set(taken)
    count = 1
    while (name := base if count == 1 else f"{base}-{count}") in names:
        count += 1
    return name


def _plain(text: str) -> str:
    """Return a text that may be a key of the file as it is."""
    kept = "".join(mark if mark.isascii() and mark.isalnum() else "-" for mark in text).strip("-")
    return kept.lower() if kept[:1].isalpha() else f"source-{kept.lower()}".rstrip("-")
