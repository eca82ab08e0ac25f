"""Amazon Route 53's API, from its reference: XML, Signature Version 4 checked from AWS's description of it."""

import hashlib
import hmac
import itertools
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
WORDS = {
    Fault.CREDENTIALS: (
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
    ),
    Fault.ZONE: (404, "NoSuchHostedZone", "No hosted zone found with ID:"),
    Fault.EXISTS: (400, "InvalidChangeBatch", "Tried to create resource record set but it already exists"),
    Fault.GONE: (400, "InvalidChangeBatch", "Tried to delete resource record set but it was not found"),
    Fault.INVALID: (400, "InvalidChangeBatch", "Invalid Resource Record:"),
    Fault.QUOTA: (400, "InvalidChangeBatch", "Number of records limit of 10000 exceeded."),
    Fault.THROTTLED: (400, "Throttling", "Rate exceeded"),
    Fault.MAINTENANCE: (503, "ServiceUnavailable", "Service is unavailable"),
}
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), SignedHeaders=(?P<signed>[^,]+), "
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
WINDOW = 300  # seconds
SKEW = "the clock is wrong"
WORDS[SKEW] = (403, "SignatureDoesNotMatch", "Signature expired:")


class Fake(ZoneFake):
    """Hosted zones of one account.

    Attributes:
        private: the ids of the zones that are private.
        special: name and type mapped to the document's text of what is no plain RRset there.
    """

    omits = "its lists are XML"
    secret = "wJalr/Secret+4f7Xq"
    key = "AKIDEXAMPLE"
    token = ""
    region = "us-east-1"
    ttl = (0, 2**31 - 1)

    def __init__(self):
        super().__init__()
        self.zones = {"Z1": "example.com", "Z2": "example.net"}
        self.private = set()
        self.special = {}
        self.page = 300

    def settings(self, **others):
        keys = {"access_key_id": self.key, "secret_access_key": self.secret}
        return {**keys, "base_url": self.url, **others}

    def is_write(self, request):
        return request.method == "POST"

    def refusal(self, fault, detail=""):
        status, code, message = WORDS[fault]
        said = escape(f"{message} {detail}".strip())
        said = f"[{said}]" if code == "InvalidChangeBatch" else said
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{said}</Message></Error>"
        return self._document("ErrorResponse", f"{error}<RequestId>b25f48e8</RequestId>", status)

    def _document(self, name, inner, status=200):
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{NAMESPACE}">{inner}</{name}>'
        return Answer(status, text.encode(), {"Content-Type": "text/xml"})

    def authenticate(self, request):
        given = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        date = request.headers.get("x-amz-date", "")
        if given is None or given["key"] != self.key:
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))
        signed = given["signed"].split(";")
        must = {"host", *(name for name in request.headers if name.startswith(("x-amz-", "content-type")))}
        if signed != sorted(signed) or not must <= set(signed):
            raise Refusal(Fault.CREDENTIALS, f"SignedHeaders {signed}")
        if given["scope"] != f"{date[:8]}/{self.region}/route53/aws4_request":
            raise Refusal(Fault.CREDENTIALS, given["scope"])
        at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        if abs(at - self.clock.now()) > WINDOW:
            raise Refusal(SKEW, date)
        if request.headers.get("x-amz-security-token", "") != self.token:
            raise Refusal(Fault.CREDENTIALS, "the session's token")
        if not hmac.compare_digest(self._signature(request, date, given), given["signature"]):
            raise Refusal(Fault.CREDENTIALS, request.headers["authorization"])

    def _signature(self, request, date, given):
        """Sign what came in, task by task of AWS's description."""
        split = urlsplit(request.target)
        pairs = sorted(
            (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
            for name, value in parse_qsl(split.query, keep_blank_values=True)
        )
        hashed = hashlib.sha256(request.body).hexdigest()
        canonical = f"{request.method}\n{quote(split.path, safe='/-_.~')}\n"
        canonical += "&".join(f"{name}={value}" for name, value in pairs) + "\n"
        for name in given["signed"].split(";"):
            canonical += f"{name}:{' '.join(request.headers[name].split())}\n"
        canonical += f"\n{given['signed']}\n{hashed}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = f"AWS4{self.secret}".encode()
        for word in given["scope"].split("/"):
            key = hmac.new(key, word.encode(), hashlib.sha256).digest()
        to_sign = "\n".join(("AWS4-HMAC-SHA256", date, given["scope"], digest))
        return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()

    def route(self, request):
        match request.method, request.path.rstrip("/").split("/")[1:]:
            case "GET", ["2013-04-01", "hostedzone"]:
                return self._list_zones(request.query)
            case "GET", ["2013-04-01", "hostedzone", id_, "rrset"]:
                return self._list(self.zone_with(id_), request.query)
            case "POST", ["2013-04-01", "hostedzone", id_, "rrset"]:
                return self._change(self.zone_with(id_), request.body)
        raise Refusal(Fault.ZONE, request.path)

    def _list_zones(self, query):
        ids = sorted(self.zones)
        ids = ids[ids.index(query["marker"]) :] if "marker" in query else ids
        size = min(int(query.get("maxitems", 100)), self.page, 100)
        shown = "".join(
            f"<HostedZone><Id>/hostedzone/{id_}</Id><Name>{self.zones[id_]}.</Name><CallerReference>1"
            f"</CallerReference><Config><PrivateZone>{str(id_ in self.private).lower()}</PrivateZone></Config>"
            "<ResourceRecordSetCount>2</ResourceRecordSetCount></HostedZone>"
            for id_ in ids[:size]
        )
        more = f"<NextMarker>{ids[size]}</NextMarker>" if len(ids) > size else ""
        end = f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}<MaxItems>{size}</MaxItems>"
        return self._document("ListHostedZonesResponse", f"<HostedZones>{shown}</HostedZones>{end}")

    def _list(self, zone, query):
        """List from a name and type on, in the order of the labels from the root."""
        found = {
            key: self._shown(list(rows))
            for key, rows in itertools.groupby(sorted(self.find(zone=zone), key=_order), key=_place)
        }
        found |= {key: text for key, text in self.special.items() if key[0].endswith(zone)}
        places = sorted(found, key=lambda key: (_reversed(key[0]), key[1]))
        if "name" in query:
            start = _reversed(_plain(query["name"])), query.get("type", "")
            places = [key for key in places if (_reversed(key[0]), key[1]) >= start]
        elif "type" in query:
            raise Refusal(Fault.INVALID, "type without name")
        size = min(int(query.get("maxitems", 300)), self.page)
        more = ""
        if len(places) > size:
            name, type_ = places[size]
            more = (
                f"<NextRecordName>{_escaped(name)}</NextRecordName><NextRecordType>{type_}</NextRecordType>"
            )
        shown = "".join(found[key] for key in places[:size])
        end = f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}<MaxItems>{size}</MaxItems>"
        inner = f"<ResourceRecordSets>{shown}</ResourceRecordSets>{end}"
        return self._document("ListResourceRecordSetsResponse", inner)

    def _shown(self, rows):
        values = "".join(
            f"<ResourceRecord><Value>{escape(row.content)}</Value></ResourceRecord>" for row in rows
        )
        return (
            f"<ResourceRecordSet><Name>{_escaped(rows[0].name)}</Name><Type>{rows[0].type}</Type>"
            f"<TTL>{rows[0].ttl}</TTL><ResourceRecords>{values}</ResourceRecords></ResourceRecordSet>"
        )

    def _change(self, zone, body):
        root = ET.fromstring(body)
        if root.tag != f"{{{NAMESPACE}}}ChangeResourceRecordSetsRequest":
            raise Refusal(Fault.INVALID, root.tag)
        words = {"n": NAMESPACE}
        before = dict(self.rows)
        changes = root.findall("n:ChangeBatch/n:Changes/n:Change", words)
        values = len(root.findall(".//n:Value", words))
        if not changes or values > 500:
            raise Refusal(Fault.INVALID, f"{len(changes)} changes, {values} values")
        try:
            for change in changes:
                self._do(zone, change, words)
        except Refusal:
            self.rows = before
            raise
        info = (
            "<Id>/change/C2682N5</Id><Status>PENDING</Status><SubmittedAt>2026-11-21T10:00:00Z</SubmittedAt>"
        )
        return self._document("ChangeResourceRecordSetsResponse", f"<ChangeInfo>{info}</ChangeInfo>")

    def _do(self, zone, change, words):
        rrset = change.find("n:ResourceRecordSet", words)
        name, type_ = _plain(rrset.findtext("n:Name", "", words)), rrset.findtext("n:Type", "", words)
        ttl = int(rrset.findtext("n:TTL", "-1", words))
        contents = [each.text for each in rrset.findall(".//n:Value", words)]
        if self.zone_of(name) != zone or (name, type_) in self.special or not contents:
            raise Refusal(Fault.INVALID, name)
        held = self.find(name=name, type=type_)
        match change.findtext("n:Action", "", words):
            case "UPSERT":
                self.replace(name, type_, contents, ttl)
            case "CREATE" if held:
                raise Refusal(Fault.EXISTS)
            case "CREATE":
                self.replace(name, type_, contents, ttl)
            case "DELETE" if not held:
                raise Refusal(Fault.GONE)
            case "DELETE" if sorted((row.content, row.ttl) for row in held) == sorted(
                (each, ttl) for each in contents
            ):
                self.replace(name, type_, [])
            case action:
                raise Refusal(Fault.INVALID, f"{action}: the values provided do not match the current values")


def _order(row):
    return _reversed(row.name), row.type


def _place(row):
    return row.name, row.type


def _reversed(name):
    return name.split(".")[::-1]


def _plain(name):
    """Read a name as requests spell it."""
    return name.removesuffix(".").replace(r"\052", "*").lower()


def _escaped(name):
    """Spell a name as answers do."""
    return name.replace("*", r"\052") + "."
