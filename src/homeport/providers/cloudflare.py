"""Cloudflare: one list of a zone and one batch for everything that changes in it.

Comment, tags and the proxy are left as they are unless a record's options name them. Longer than other
providers, because a batch is made of single records with ids, and RRsets have to be read out of them.
Source: https://developers.cloudflare.com/api/resources/dns/subresources/records/, and
https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/ for its limit and order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from homeport.errors import (
    ConfigInvalid,
    CredentialsRefused,
    HomeportError,
    Refused,
    Throttled,
    Unavailable,
    Unconfirmed,
)
from homeport.model.name import Fqdn, longest_match
from homeport.model.plan import Change
from homeport.model.rrset import Option, RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.net.http import raise_for_status, retry_after
from homeport.ports import HttpAnswer, Observed, Tools
from homeport.providers import _base
from homeport.providers._base import OneRefused, Results

T = TypeVar("T")
BATCH = 200  # records of one batch: what every plan allows
PAGE = 1000  # records of one page: 5000 are allowed, and would not fit a bounded answer
FRESH = 30.0  # seconds for which a list that was just observed need not be made again
AUTOMATIC = 1  # the TTL that leaves it to Cloudflare, the only one of a proxied record
_PAUSE = 300.0  # seconds all calls are refused after too many
# 10000 authentication, 9109 no such token or right, 6003 and 6111 malformed, 9103 and 9106 email and key
_BAD_CREDENTIALS = frozenset({10000, 9109, 6003, 6111, 9103, 9106})
_TOO_MANY = 971
_NO_SUCH_ZONE = frozenset({7000, 7003, 1001})
_MOVED = frozenset({81044, 81057, 81058})  # gone since it was listed; an identical one came


class Settings(_base.Settings, frozen=True, kw_only=True, tag="cloudflare"):
    """A token with DNS:Edit (and Zone:Read, to find zones), or the account's email and global key."""

    token: Annotated[Secret | None, Meta(description="an API token")] = None
    email: Annotated[str, Meta(description="with `key`, instead of a token")] = ""
    key: Annotated[Secret | None, Meta(description="the global API key")] = None
    zone: Annotated[Fqdn | None, Meta(description="found by listing the zones, where left out")] = None
    base_url: str = "https://api.cloudflare.com/client/v4"

    def __post_init__(self) -> None:
        if bool(self.token) == bool(self.email and self.key):
            raise ConfigInvalid("cloudflare needs either `token`, or `email` and `key`")


class Options(_base.Options, frozen=True, kw_only=True):
    """What Cloudflare keeps beside a record."""

    proxied: Annotated[bool, Meta(description="let the world see Cloudflare's addresses instead")] = False
    comment: str = ""
    tags: Annotated[str, Meta(description="name:value, several with commas")] = ""


class _Record(msgspec.Struct):
    id: str
    name: str
    type: str
    content: str = ""
    ttl: int = AUTOMATIC
    proxied: bool = False
    comment: str | None = None
    tags: list[str] = []

    @property
    def rdata(self) -> str:
        """Return the address as RDATA is spelled everywhere else; what is none stays as it is."""
        try:
            return str(ip_address(self.content))
        except ValueError:
            return self.content

    @property
    def options(self) -> frozenset[Option]:
        return frozenset(
            {("proxied", self.proxied), ("comment", self.comment or ""), ("tags", _tags(",".join(self.tags)))}
        )


class _Zone(msgspec.Struct):
    id: str
    name: str
    status: str = ""


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""
    error_chain: list[_Error] = []


class _Pages(msgspec.Struct):
    total_pages: int = 1
    total_count: int | None = None


class _Envelope(msgspec.Struct):
    """What is around every answer of this API, and by which it is known."""

    success: bool
    errors: list[_Error] = []
    result: msgspec.Raw = msgspec.Raw(b"null")
    result_info: _Pages | None = None


class _Steps(NamedTuple):
    """What makes one change true: JSON objects of a batch."""

    deletes: list[dict[str, Any]]
    patches: list[dict[str, Any]]
    posts: list[dict[str, Any]]

    @property
    def size(self) -> int:
        return sum(map(len, self))


class Cloudflare(_base.Adapter, settings=Settings, options=Options):
    kind: ClassVar[str] = "cloudflare"

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._url = settings.base_url.rstrip("/")
        self._zone = settings.zone
        self._zones: dict[Fqdn, str] = {}
        self._listed: dict[str, tuple[float, list[_Record]]] = {}
        self._proxied: set[RRsetKey] = set()
        who = settings.token.source if settings.token else settings.email
        self.account = f"cloudflare {who}"

    def clamp(self, wanted: RRset) -> RRset:
        if self._zone and not wanted.key.name.is_within(self._zone):
            raise ConfigInvalid(f"{wanted.key.name} is not within {self._zone}, the provider's zone")
        options = dict(wanted.options)
        if "tags" in options:
            options["tags"] = _tags(str(options["tags"]))
        ttl = wanted.ttl if wanted.ttl in (None, AUTOMATIC) else min(max(wanted.ttl, 60), 86400)
        return RRset(
            wanted.key, wanted.rdata, None if options.get("proxied") else ttl, frozenset(options.items())
        )

    def is_in_dns(self, rrset: RRset) -> bool:
        return not dict(rrset.options).get("proxied", rrset.key in self._proxied)

    async def observe(self, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        zones = await _base.outcome(self._zones_of({key.name for key in keys}))
        if isinstance(zones, HomeportError):
            return dict.fromkeys(keys, zones)
        ids = sorted(set(zones.values()))
        works = (_base.outcome(self._list(zone)) for zone in ids)
        listed = dict(zip(ids, await _base.beside(works), strict=True))
        now = self._tools.clock.monotonic()
        self._listed = {
            zone: (now, found) for zone, found in listed.items() if not isinstance(found, HomeportError)
        }
        return {key: self._found(key, listed.get(zones.get(key.name, ""))) for key in keys}

    def _found(self, key: RRsetKey, listed: list[_Record] | HomeportError | None) -> Observed:
        """Return what the list of a key's zone says of it; `None` is "in no zone"."""
        if listed is None:
            return self._no_zone(key.name)
        return listed if isinstance(listed, HomeportError) else self._rrset(key, listed)

    async def apply(self, changes: Sequence[Change]) -> Results:
        return await _base.settled(changes, self._apply(changes))

    async def _apply(self, changes: Sequence[Change]) -> Results:
        zones = await self._zones_of({change.key.name for change in changes})
        groups: dict[str, list[Change]] = {}
        for change in changes:
            groups.setdefault(zones.get(change.key.name, ""), []).append(change)
        lost = {change.key: self._no_zone(change.key.name) for change in groups.pop("", [])}
        works = [_base.settled(some, self._apply_in(zone, some)) for zone, some in groups.items()]
        return _base.joined([lost, *await _base.beside(works)])

    async def _apply_in(self, zone: str, changes: Sequence[Change]) -> Results:
        """Make the changes of one zone true: a list, unless there is a fresh one, and a batch."""
        at, records = self._listed.pop(zone, (0.0, None))
        if records is None or self._tools.clock.monotonic() - at > FRESH:
            records = await self._list(zone)
        steps: dict[RRsetKey, _Steps] = {}
        results: dict[RRsetKey, HomeportError | None] = {}
        for change in changes:
            found = _of(change.key, records)
            if _is_moved(change, found):
                results[change.key] = Unconfirmed(f"{change.key} was changed by someone else meanwhile")
            elif (step := _steps(change, found)).size:
                steps[change.key] = step
            else:
                results[change.key] = None
        for some in _batches([change for change in changes if change.key in steps], steps):
            results |= await _base.apart(some, lambda part: self._batch(zone, part, steps))
        return results

    async def _batch(self, zone: str, changes: Sequence[Change], steps: Mapping[RRsetKey, _Steps]) -> None:
        """Send one batch; Cloudflare does all of it or, when one record is refused, nothing."""
        parts = zip(*(steps[change.key] for change in changes), strict=True)
        lists = ([each for some in part for each in some] for part in parts)
        body = {word: found for word, found in zip(_Steps._fields, lists, strict=True) if found}
        await self._call("POST", f"/zones/{zone}/dns_records/batch", body)

    async def _list(self, zone: str) -> list[_Record]:
        found = await self._pages(f"/zones/{zone}/dns_records?per_page={PAGE}", list[_Record])
        if len({record.id for record in found}) != len(found):
            raise Unavailable("cloudflare: the zone changed while its records were listed")
        return [record for record in found if record.type in tuple(RRType)]

    async def _zones_of(self, names: Collection[Fqdn]) -> dict[Fqdn, str]:
        """Return the zone id for every name that lies in a zone, asking only when one is not known."""
        if not all(longest_match(name, set(self._zones)) for name in names):
            query = f"?name={self._zone}&per_page=50" if self._zone else "?per_page=50"
            zones = await self._pages(f"/zones{query}", list[_Zone])
            zones.sort(key=lambda zone: zone.status == "active")  # of two of one name the active one counts
            self._zones = {found: zone.id for zone in zones if (found := _zone_name(zone.name))}
        matches = {name: longest_match(name, set(self._zones)) for name in names}
        return {name: self._zones[zone] for name, zone in matches.items() if zone}

    async def _pages(self, path: str, shape: type[list[T]]) -> list[T]:
        """Return every page of a list, complete."""
        first = await self._call("GET", f"{path}&page=1")
        info = first.result_info or _Pages()
        rest = (self._call("GET", f"{path}&page={page}") for page in range(2, info.total_pages + 1))
        found = [
            each for answer in (first, *await _base.beside(rest)) for each in _decode(answer.result, shape)
        ]
        if info.total_count not in (None, len(found)):
            raise Unavailable(
                f"cloudflare listed {len(found)} of {info.total_count}: the list is not complete"
            )
        return found

    async def _call(self, method: str, path: str, body: Any = None) -> _Envelope:
        changes = body is not None
        answer = await self._tools.http.request(
            method,
            self._url + path,
            changes=changes,
            headers=await self._headers(),
            content=msgspec.json.encode(body) if changes else None,
        )
        try:
            envelope = msgspec.json.decode(answer.body, type=_Envelope)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise_for_status(answer, changes=changes)
            raise _base.not_understood(answer, "Cloudflare's JSON", changes=changes) from None
        if not envelope.success:
            self._fail(answer, envelope, changes=changes)
        raise_for_status(answer, changes=changes)
        return envelope

    async def _headers(self) -> dict[str, str]:
        if self._settings.token:
            given = {"Authorization": f"Bearer {await _base.revealed(self._settings.token)}"}
        else:
            key = await _base.revealed(self._settings.key) if self._settings.key else ""
            given = {"X-Auth-Email": self._settings.email, "X-Auth-Key": key}
        return {**given, "Content-Type": "application/json"}

    def _fail(self, answer: HttpAnswer, envelope: _Envelope, *, changes: bool) -> None:
        """Raise what Cloudflare's own error means."""
        codes = {error.code for error in _flat(envelope.errors)}
        said = "cloudflare: " + ", ".join(self._say(error) for error in _flat(envelope.errors))
        if answer.status == 429 or _TOO_MANY in codes:
            raise Throttled(said, retry_after=retry_after(answer, _PAUSE))
        if codes & _BAD_CREDENTIALS:
            raise CredentialsRefused(f"{said}; check the token and its rights (DNS:Edit, Zone:Read)")
        if answer.status >= 500 or not codes:
            raise_for_status(answer, changes=changes)
        if codes & _NO_SUCH_ZONE:
            self._zones.clear()
            raise Unavailable(f"{said}; the zone is looked up again")
        error = (Unconfirmed if codes & _MOVED else Refused)(said)
        raise OneRefused(error) if changes else error

    def _say(self, error: _Error) -> str:
        secrets = [secret.reveal() for secret in (self._settings.token, self._settings.key) if secret]
        return f"{error.code} {_base.quoted(error.message, *secrets)}".strip()

    def _rrset(self, key: RRsetKey, records: Iterable[_Record]) -> RRset | None:
        """Return the records of one RRset; an option that they do not share is not one of it."""
        found = _of(key, records)
        if not found:
            return None
        is_proxied = any(record.proxied for record in found)
        (self._proxied.add if is_proxied else self._proxied.discard)(key)
        ttl = None if is_proxied else min(record.ttl for record in found)
        options = frozenset.intersection(*(record.options for record in found))
        return RRset(key, frozenset(record.rdata for record in found), ttl, options)

    def _no_zone(self, name: Fqdn) -> Refused:
        zones = ", ".join(map(str, self._zones)) or "none"
        return Refused(
            f"{name} is in no zone that these credentials may see ({zones}); check `zone`, or Zone:Read"
        )


def _decode(result: msgspec.Raw, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(result, type=shape)
    except msgspec.DecodeError as error:
        raise Unavailable(f"cloudflare's list is not understood: {error}") from None


def _of(key: RRsetKey, records: Iterable[_Record]) -> list[_Record]:
    """Return the records of one RRset."""
    name = str(key.name)
    return [record for record in records if record.type == key.type and record.name.lower() == name]


def _is_moved(change: Change, found: Sequence[_Record]) -> bool:
    """Tell whether the host holds neither what the change starts from nor what it leads to."""
    now = frozenset(record.rdata for record in found)
    known = (rrset.rdata if rrset else frozenset[str]() for rrset in (change.before, change.after))
    return now not in known


def _steps(change: Change, found: Sequence[_Record]) -> _Steps:
    """Keep what is right, rewrite what is stale, create what is missing, delete the surplus."""
    steps = _Steps([], [], [])
    spare = list(found)
    missing: list[str] = []
    for rdata in sorted(change.after.rdata if change.after else ()):
        kept = next((record for record in spare if record.rdata == rdata), None)
        if kept is None:
            missing.append(rdata)
            continue
        spare.remove(kept)
        if different := _different(kept, change):
            steps.patches.append({"id": kept.id, **different})
    for rdata in missing:
        if spare:
            record = spare.pop(0)
            steps.patches.append({"id": record.id, "content": rdata, **_different(record, change)})
        else:
            steps.posts.append(_new(change.key, rdata, change, found))
    steps.deletes.extend({"id": record.id} for record in spare)
    return steps


def _different(record: _Record, change: Change) -> dict[str, Any]:
    """Return the fields of a record that are not as asked; what is not asked about stays."""
    asked = dict(change.after.options) if change.after else {}
    fields = {word: value for word, value in asked.items() if (word, value) not in record.options}
    ttl = change.after.ttl if change.after else None
    if asked.get("proxied", record.proxied):
        ttl = AUTOMATIC
    if ttl is not None and ttl != record.ttl:
        fields["ttl"] = ttl
    return _spelled(fields)


def _new(key: RRsetKey, rdata: str, change: Change, siblings: Sequence[_Record]) -> dict[str, Any]:
    asked = dict(change.after.options) if change.after else {}
    asked.setdefault("proxied", any(record.proxied for record in siblings))
    ttl = change.after.ttl if change.after else None
    ttl = AUTOMATIC if asked["proxied"] or ttl is None else ttl
    return {"type": str(key.type), "name": str(key.name), "content": rdata, "ttl": ttl, **_spelled(asked)}


def _spelled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as the API has them: tags are a list."""
    listed = {"tags": [tag for tag in fields["tags"].split(",") if tag]} if "tags" in fields else {}
    return {**fields, **listed}


def _batches(changes: Sequence[Change], steps: Mapping[RRsetKey, _Steps]) -> list[list[Change]]:
    """Return the changes in groups that each fit one batch."""
    batches: list[list[Change]] = []
    room = 0
    for change in changes:
        count = steps[change.key].size
        if count > room:
            batches.append([])
            room = BATCH
        batches[-1].append(change)
        room -= count
    return batches


def _flat(errors: Iterable[_Error]) -> list[_Error]:
    """Return the errors and, after each, those it was caused by."""
    return [each for error in errors for each in (error, *_flat(error.error_chain))]


def _tags(text: str) -> str:
    """Return tags in the one order and spelling by which they are compared."""
    return ",".join(sorted({tag.strip() for tag in text.split(",") if tag.strip()}))


def _zone_name(text: str) -> Fqdn | None:
    """Return a zone's name; one that no host name can be in (a classless reverse zone) is none of ours."""
    try:
        return Fqdn.parse(text)
    except ValueError:
        return None


PROVIDER = Cloudflare
