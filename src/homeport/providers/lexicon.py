"""The long tail of hosts, by way of dns-lexicon, in a process of its own that leaves again.

That process is `_lexicon.py`. It needs `pip install "homeport[lexicon]"`. It follows no line; a proxy is that of its
settings or the environment's.
Source: https://github.com/dns-lexicon/dns-lexicon
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import (
    ConfigInvalid,
    CredentialsRefused,
    HomeportError,
    Refused,
    Unavailable,
    Unconfirmed,
)
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.net.http import raise_for_status
from homeport.ports import HttpAnswer, Observed, Tools
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._base import Results
from homeport.providers._zoned import Zone, Zoned

PATIENCE = 20.0  # seconds for one request of it
LONGEST = 180.0  # seconds for all that it does at once
SECRETS = ("token", "password", "secret", "key", "api_key")
MISSING = 'lexicon needs dns-lexicon: pip install "homeport[lexicon]"'
_MEANINGS: dict[str, type[HomeportError]] = {
    "unknown": ConfigInvalid,
    "credentials": CredentialsRefused,
    "refused": Refused,
    "moved": Unconfirmed,
}
_PROGRAM = Path(__file__).with_name("_lexicon.py")


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="lexicon"):
    """The host, by dns-lexicon's name for it, and the credentials as dns-lexicon wants them."""

    zone: Fqdn
    provider: Annotated[str, Meta(description="dns-lexicon's name of the host")]
    username: Annotated[str, Meta(description="its --auth-username")] = ""
    token: Annotated[Secret | None, Meta(description="its --auth-token")] = None
    password: Annotated[Secret | None, Meta(description="its --auth-password")] = None
    secret: Annotated[Secret | None, Meta(description="its --auth-secret")] = None
    key: Annotated[Secret | None, Meta(description="its --auth-key")] = None
    api_key: Annotated[Secret | None, Meta(description="its --auth-api-key")] = None
    options: Annotated[
        dict[str, str], Meta(description="what else it takes, with _ for -: `pdns_server: ...`")
    ] = msgspec.field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return ""

    def __post_init__(self) -> None:
        if self.interface or self.source:
            raise ConfigInvalid(
                "lexicon can follow neither `interface` nor `source`: dns-lexicon goes its own way"
            )


class _Failure(msgspec.Struct, rename={"kind": "is"}):
    kind: str
    said: str = ""
    status: int = 0
    headers: dict[str, str] = {}


class _Row(msgspec.Struct):
    type: str
    name: str
    content: str


class _Outcome(msgspec.Struct):
    rows: list[_Row] = []
    failures: dict[str, _Failure] = {}
    failed: _Failure | None = None


class Lexicon(Zoned, settings=Settings):
    kind: ClassVar[str] = "lexicon"
    about = About(
        title="dns-lexicon: 88 hosts",
        evidence=("sdk", "real-server"),
        access='pip install "homeport[lexicon]"; `lexicon PROVIDER --help` says what the host needs',
        access_zh='先运行 pip install "homeport[lexicon]"；用 lexicon PROVIDER --help 查看该服务商所需的凭据',
        asks=("zone", "provider", "token"),
    )
    limits = Limits(at_once=1)

    def __init__(self, settings: Settings, tools: Tools) -> None:
        if find_spec("lexicon") is None:
            raise ConfigInvalid(MISSING)
        super().__init__(settings, tools)
        self._ttls: dict[RRsetKey, int] = {}
        self._turn = asyncio.Lock()

    def clamp(self, wanted: RRset) -> RRset:
        """Leave the TTL to the host: dns-lexicon tells it only when a record is made, and often not then."""
        clamped = super().clamp(wanted)
        if clamped.ttl is not None:
            self._ttls[wanted.key] = clamped.ttl
        return replace(clamped, ttl=None)

    async def look(self, zone: Zone, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        return self._rrsets(zone, await self._done(zone, ()))

    async def write(self, zone: Zone, changes: Sequence[Change]) -> Results:
        outcome = await self._done(zone, changes)
        there = self._rrsets(zone, outcome)
        return {change.key: self._result(change, there.get(change.key), outcome) for change in changes}

    def _result(self, change: Change, there: RRset | None, outcome: _Outcome) -> HomeportError | None:
        """Return what became of one change; what is there counts for more than what was said."""
        if (there and there.rdata) == (change.after and change.after.rdata):
            return None
        if failed := outcome.failures.get(str(change.key)):
            return self._error(failed, changes=True)
        return Unconfirmed(f"{self.settings.provider} took the change of {change.key}, and does not show it")

    def _rrsets(self, zone: Zone, outcome: _Outcome) -> dict[RRsetKey, RRset]:
        found: dict[RRsetKey, set[str]] = {}
        for row in outcome.rows:
            if key := self._key(zone, row):
                found.setdefault(key, set()).add(_zoned.rdata(row.type, row.content))
        return {key: RRset(key, frozenset(rdata), None) for key, rdata in found.items()}

    def _key(self, zone: Zone, row: _Row) -> RRsetKey | None:
        """Read a row, whose name dns-lexicon's providers give whole or relative to the zone."""
        with contextlib.suppress(ValueError):
            if self.name(row.name).is_within(zone.name):
                return self.key(zone, self.name(row.name).relative_to(zone.name), row.type)
        return self.key(zone, row.name.rstrip("."), row.type)

    async def _done(self, zone: Zone, changes: Sequence[Change]) -> _Outcome:
        """Have one job done.

        Raises:
            HomeportError: what the whole failed with.
        """
        job = await self._job(zone, changes)
        async with self._turn:
            printed = await _run(msgspec.json.encode(job), changes=bool(changes))
        try:
            outcome = msgspec.json.decode(printed, type=_Outcome)
        except msgspec.DecodeError:
            failed = Unconfirmed if changes else Unavailable
            raise failed("dns-lexicon ended without a word") from None
        if outcome.failed and outcome.failed.kind == "missing":
            raise ConfigInvalid(MISSING)
        if outcome.failed:
            raise self._error(outcome.failed, changes=False)
        return outcome

    async def _job(self, zone: Zone, changes: Sequence[Change]) -> dict[str, Any]:
        given = [name for name in SECRETS if getattr(self.settings, name)]
        secrets = {f"auth_{name}": await self.secret(name) for name in given}
        user = {"auth_username": self.settings.username} if self.settings.username else {}
        ttls = [self._ttls[change.key] for change in changes if change.key in self._ttls]
        return {
            "provider": self.settings.provider,
            "zone": str(zone.name),
            "options": {**self.settings.options, **user},
            "secrets": secrets,
            "ttl": min(ttls, default=600),
            "patience": PATIENCE,
            "proxy": await self.secret("proxy") if self.settings.proxy else "",
            "types": sorted(self.types),
            "wishes": [_wish(change) for change in changes],
        }

    def _error(self, failed: _Failure, *, changes: bool) -> HomeportError:
        """Return what a failure means: the host's own no is one; what a portal may have said is none."""
        said = f"{self.settings.provider} by dns-lexicon: {_base.quoted(failed.said)}"
        if failed.kind == "answer":
            answer = HttpAnswer(failed.status, failed.headers, b"", f"dns-lexicon://{self.settings.provider}")
            try:
                raise_for_status(answer, changes=changes)
            except HomeportError as error:
                return error
        if failed.kind == "unknown":
            said = f"dns-lexicon has no {self.settings.provider!r} that is ready: {_base.quoted(failed.said)}"
        return _MEANINGS.get(failed.kind, Unconfirmed if changes else Unavailable)(said)


def _wish(change: Change) -> dict[str, Any]:
    return {
        "key": str(change.key),
        "type": change.key.type,
        "name": str(change.key.name),
        "before": sorted(change.before.rdata) if change.before else [],
        "contents": sorted(change.after.rdata) if change.after else [],
    }


async def _run(job: bytes, *, changes: bool) -> bytes:
    """Run the program to its end and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_PROGRAM),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(LONGEST):
            printed, _ = await process.communicate(job)
            return printed
    except TimeoutError:
        failed = Unconfirmed if changes else Unavailable
        raise failed(f"dns-lexicon did not end within {LONGEST:g} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            if process.returncode is None:
                process.kill()
                await process.wait()


PROVIDER = Lexicon
