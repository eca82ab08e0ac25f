"""What the hosts of DNS zones have in common, in memory: zones, records with ids, and the host's own refusals.

A fake of one host is a subclass that speaks that host's API: it checks who asks with code of its own, reads and
writes `rows`, and words every refusal as the host does (`refusal`).
"""

import itertools
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from dns.exception import DNSException
from dns.rdata import from_text

from fakes.misbehaviour import Answer, Fault, HttpFake, Refusal
from homeport.model.rrset import RRsetKey

QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,255}"(?: "(?:[^"\\]|\\.){0,255}")*')
ADDRESS = {"A": IPv4Address, "AAAA": IPv6Address}


@dataclass
class Row:
    """One record.

    Attributes:
        zone: the name of its zone; `name`: the whole owner name, both in A-labels.
        extra: what the host keeps beside it: a comment, a line.
    """

    id: str
    zone: str
    name: str
    type: str
    content: str
    ttl: int
    extra: dict = field(default_factory=dict)

    @property
    def owner(self):
        """The name relative to its zone, empty at the apex."""
        return self.name.removesuffix(self.zone).removesuffix(".")


class AuthenticatedFake(HttpFake):
    """A host that first checks who asks; a refusal from either step is told in its own words."""

    def answer(self, request):
        try:
            self.authenticate(request)
            return self.route(request)
        except Refusal as no:
            return self.refusal(no.fault, no.detail)

    def authenticate(self, request):
        """Check who asks.

        Raises:
            Refusal: `Fault.CREDENTIALS`.
        """
        raise NotImplementedError

    def route(self, request) -> Answer:
        """Answer a request of somebody who may ask."""
        raise NotImplementedError


class ZoneFake(AuthenticatedFake):
    """Zones of one account and what they hold.

    Attributes:
        secret: what gets one in, and must never be seen elsewhere.
        zones: id mapped to name.
        rows: id mapped to record.
        ttl: seconds, the least and the most that are taken.
        page: the most records on a page.
        plain: the content of a TXT record is its text; else character-strings in quotes.
        is_unique: two records with the same name, type and content are refused.
        omits: where there is such an attribute, why an answer without a list is a good one here.
    """

    secret = "s3cret-T0ken-4f7Xq"
    zone = "example.com"
    ttl = (1, 2**31 - 1)
    is_unique = True
    plain = False

    def __init__(self):
        super().__init__()
        self.zones = {"1001": "example.com", "1002": "example.net"}
        self.rows = {}
        self.page = 100
        self._ids = itertools.count(50001)

    def settings(self, **others):
        """Return the settings of a provider at this host."""
        return {"token": self.secret, "base_url": self.url, **others}

    # what the suite does to the host by hand

    def put(self, key: RRsetKey, *contents, ttl=300, **extra):
        """Write records; return their ids."""
        return [self._insert(str(key.name), str(key.type), each, ttl, extra) for each in contents]

    def put_other(self, name, rrtype, content):
        """Write a record of a type that is none of ours."""
        return self._insert(str(name), rrtype, content, 300, {})

    def held(self, key: RRsetKey):
        """Return the contents of one RRset."""
        return {row.content for row in self.find(name=str(key.name), type=str(key.type))}

    # what a subclass's API is made of

    def zone_of(self, name):
        """Return the name of the zone closest above a name.

        Raises:
            Refusal: there is none.
        """
        found = [zone for zone in self.zones.values() if name == zone or name.endswith(f".{zone}")]
        if not found:
            raise Refusal(Fault.ZONE, name)
        return max(found, key=len)

    def zone_named(self, name):
        """Return a zone's name as it is, when there is such a zone."""
        if name not in self.zones.values():
            raise Refusal(Fault.ZONE, name)
        return name

    def zone_with(self, id_):
        """Return the name of the zone with an id."""
        if str(id_) not in self.zones:
            raise Refusal(Fault.ZONE, id_)
        return self.zones[str(id_)]

    def find(self, **wanted):
        """Return the rows whose attributes are these."""
        return [
            row
            for row in self.rows.values()
            if all(getattr(row, name) == value for name, value in wanted.items() if value is not None)
        ]

    def row(self, id_):
        """Return one row by its id."""
        if str(id_) not in self.rows:
            raise Refusal(Fault.GONE, id_)
        return self.rows[str(id_)]

    def whole(self, owner, zone, apex="@"):
        """Return the whole name of an owner name that is relative to a zone."""
        return zone if owner in ("", apex) else f"{owner}.{zone}"

    def create(self, name, rrtype, content, ttl=300, **extra):
        """Make a record as a request asked for it; return the row."""
        row = Row(str(next(self._ids)), self.zone_of(name), name, rrtype, content, int(ttl), extra)
        self._check(row)
        self.rows[row.id] = row
        return row

    def change(self, id_, **fields):
        """Change a record as a request asked for it; return the row. What is not a field of a row is extra."""
        before = self.row(id_)
        plain = {name: value for name, value in fields.items() if name in ("name", "type", "content", "ttl")}
        extra = {name: value for name, value in fields.items() if name not in plain}
        after = Row(**{**vars(before), **plain, "extra": {**before.extra, **extra}})
        after.ttl = int(after.ttl)
        self._check(after)
        self.rows[after.id] = after
        return after

    def remove(self, id_):
        """Delete a record as a request asked for it."""
        del self.rows[self.row(id_).id]

    def replace(self, name, rrtype, contents, ttl=300, **extra):
        """Make an RRset be exactly these contents; none of them is no RRset."""
        before = dict(self.rows)
        for row in self.find(name=name, type=rrtype):
            del self.rows[row.id]
        try:
            return [self.create(name, rrtype, content, ttl, **extra) for content in contents]
        except Refusal:
            self.rows = before
            raise

    def paged(self, found, page, size=None):
        """Return one page (they are counted from 1), and how many pages there are."""
        size = min(int(size or self.page), self.page)
        start = (int(page) - 1) * size
        return found[start : start + size], max(1, -(-len(found) // size))

    def is_write(self, request):
        return request.method != "GET"

    def _insert(self, name, rrtype, content, ttl, extra):
        row = Row(str(next(self._ids)), self.zone_of(name), name, rrtype, content, ttl, dict(extra))
        self.rows[row.id] = row
        return row.id

    def _check(self, row):
        """Refuse what every host refuses."""
        self._check_content(row.type, row.content)
        if not self.ttl[0] <= row.ttl <= self.ttl[1]:
            raise Refusal(Fault.INVALID, f"TTL {row.ttl}")
        for other in self.find(name=row.name):
            if other.id == row.id or other.extra.get("line") != row.extra.get("line"):
                continue
            if "CNAME" in (other.type, row.type) and other.type != row.type:
                raise Refusal(Fault.INVALID, "a CNAME stands alone")
            if self.is_unique and (other.type, other.content) == (row.type, row.content):
                raise Refusal(Fault.EXISTS, row.content)

    def _check_content(self, rrtype, content):
        """Refuse what is no address, no service, or no text as this host has texts."""
        if rrtype == "TXT" and not self.plain and not QUOTED.fullmatch(content):
            raise Refusal(Fault.INVALID, f"not in quotes: {content}")
        try:
            if rrtype in ADDRESS:
                ADDRESS[rrtype](content)
            elif rrtype in ("HTTPS", "SVCB"):
                from_text("IN", rrtype, content)
        except (ValueError, DNSException) as error:
            raise Refusal(Fault.INVALID, f"{content}: {error}") from None


class UpdateFake(AuthenticatedFake):
    """A host with an update URL: names of one account, and the address of each family.

    Attributes:
        names: whole name mapped to type and address; a name that is not there is not the account's.
    """

    secret = "s3cret-T0ken-4f7Xq"
    zone = "example.com"

    def __init__(self):
        super().__init__()
        self.names = {}

    def settings(self, **others):
        return {"token": self.secret, "base_url": self.url, **others}

    def put(self, key, *addresses, **_):
        self.names.setdefault(str(key.name), {})[str(key.type)] = addresses[0]

    def create(self, name):
        """Let a name be one of the account's."""
        self.names.setdefault(str(name), {})

    def held(self, key):
        found = self.names.get(str(key.name), {}).get(str(key.type))
        return {found} if found else set()

    def named(self, name):
        """Return what a name holds.

        Raises:
            Refusal: it is not the account's.
        """
        if name not in self.names:
            raise Refusal(Fault.ZONE, name)
        return self.names[name]

    def is_write(self, request):
        return True
