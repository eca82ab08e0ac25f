"""Dynu's REST API v2, from its page: POST creates and changes, and 501 is its word for a wrong argument.

Which sentence stands in a 501 is not on that page; those here are assumed.
"""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "Authentication Exception", "Failed authentication."),
    Fault.ZONE: (501, "Argument Exception", "Invalid domain."),
    Fault.GONE: (501, "Argument Exception", "Invalid ID."),
    Fault.EXISTS: (501, "Argument Exception", "The record already exists."),
    Fault.INVALID: (501, "Argument Exception", "Invalid."),
    Fault.QUOTA: (503, "Quota Exception", "The limit of a free account is reached."),
}
FAMILIES = {"ipv4": "A", "ipv6": "AAAA"}
DOMAIN = {"ipv4WildcardAlias": True, "ipv6WildcardAlias": False, "allowZoneTransfer": True, "dnssec": False}


class Fake(ZoneFake):
    """Domains of one account, each with what it holds beside its addresses; those are not among its records."""

    ttl = (30, 86400)

    def __init__(self):
        super().__init__()
        self.domains = {id_: {**DOMAIN, "group": "home"} for id_ in self.zones}

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/v2", **others}

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, kind, message = WORDS[fault]
        error = {"statusCode": status, "type": kind, "message": f"{message} {detail}"}
        return Answer.of({"statusCode": status, "exception": error}, status)

    def authenticate(self, request):
        if request.headers.get("api-key") != self.secret:
            raise Refusal(Fault.CREDENTIALS, request.headers.get("api-key"))

    def route(self, request):
        if request.body and request.headers.get("content-type") != "application/json":
            raise Refusal(Fault.INVALID, "content type")
        match request.method, request.path.split("/")[2:]:
            case "GET", ["dns"]:
                return _said(domains=[self._domain(id_) for id_ in self.zones])
            case "GET", ["dns", id_]:
                self.zone_with(id_)
                return _said(**self._domain(id_))
            case "POST", ["dns", id_]:
                self._tell(id_, self.zone_with(id_), request.json)
                return _said()
            case _, ["dns", id_, "record", *rest]:
                return self._records(request, self.zone_with(id_), rest)
        raise Refusal(Fault.ZONE)

    def _records(self, request, zone, rest):
        match request.method, rest:
            case "GET", []:
                return _said(dnsRecords=[_shown(row) for row in self.find(zone=zone) if row.owner])
            case "POST", [*one]:
                body = request.json
                if not body["nodeName"] or body["nodeName"] == "*":
                    raise Refusal(Fault.INVALID, "nodeName")
                name = self.whole(body["nodeName"], zone)
                content = body["ipv4Address" if body["recordType"] == "A" else "ipv6Address"]
                fields = {"name": name, "type": body["recordType"], "content": content, "ttl": body["ttl"]}
                kept = {"group": body["group"], "state": body["state"]}
                if one:
                    return _said(**_shown(self.change(one[0], **fields, **kept)))
                row = self.create(name, body["recordType"], content, body["ttl"], **kept)
                return _said(**_shown(row))
            case "DELETE", [id_]:
                self.remove(id_)
                return _said()
        raise Refusal(Fault.ZONE)

    def _tell(self, id_, zone, body):
        """Make a domain what the whole of a request says; what it leaves out is as if it had never been."""
        if body["name"] != zone:
            raise Refusal(Fault.INVALID, "name")
        self.domains[id_] = {name: body.get(name) for name in (*DOMAIN, "group")}
        for word, rrtype in FAMILIES.items():
            address = body.get(f"{word}Address") if body.get(word) else ""
            self.replace(zone, rrtype, [address] if address else [], body["ttl"])

    def _domain(self, id_):
        zone = self.zones[id_]
        held = {
            word: next((row for row in self.find(name=zone, type=rr)), None) for word, rr in FAMILIES.items()
        }
        shown = {"id": int(id_), "name": zone, "state": "Complete", **self.domains.get(id_, DOMAIN)}
        shown["ttl"] = max((row.ttl for row in held.values() if row), default=90)
        for word, row in held.items():
            shown |= {word: row is not None, f"{word}Address": row.content if row else None}
        return shown


def _said(**fields):
    return Answer.of({"statusCode": 200, **fields})


def _shown(row):
    kind, zone = row.type, row.zone
    shown = {"id": int(row.id), "domainName": zone, "nodeName": row.owner, "hostname": row.name}
    shown |= {"recordType": kind, "ttl": row.ttl, "state": True, "group": "", "content": row.content}
    word = {"A": "ipv4Address", "AAAA": "ipv6Address"}.get(kind)
    return {**shown, **row.extra, **({word: row.content} if word else {})}
