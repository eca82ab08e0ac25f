"""netcup's CCP API in JSON, from its interface description: one URL, a session, and errors with status 200."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (
        4013,
        "Validation Error.",
        "Value in field apikey does not match requirements of type: apikey. ",
    ),
    Fault.ZONE: (
        5028,
        "Update of DNS records failed",
        "Can not update (all) DNS records for zone. The zone could not be found.",
    ),
    Fault.INVALID: (
        4013,
        "Validation Error.",
        "Value in field destination does not match requirements of type.",
    ),
    Fault.THROTTLED: (
        4013,
        "Validation Error.",
        "More than 180 requests per minute. Please wait and retry later. Please contact our customer service.",
    ),
}
OVER = (4001, "Api session id in invalid format", "The session id is not in a valid format.")
LASTS = 900


class Fake(ZoneFake):
    """Zones of one customer; records are listed whole, and changed by sets of those that change.

    Attributes:
        sessions: id mapped to its end, on the clock.
    """

    secret = "pw-S3cret-4f7Xq"
    customer, key = "12345", "a2V5LTRmN1hx"
    is_unique = False

    def __init__(self):
        super().__init__()
        self.sessions = {}

    def settings(self, **others):
        given = {"customer_number": self.customer, "api_key": self.key, "api_password": self.secret}
        return {**given, "zone": self.zone, "base_url": f"{self.url}/endpoint.php", **others}

    def is_write(self, request):
        return b'"updateDnsRecords"' in request.body

    def refusal(self, fault, detail=""):
        if fault is Fault.GONE and detail:
            return self.refusal(Fault.INVALID, detail)
        return _failed(*WORDS[fault], detail) if fault in WORDS else None

    def authenticate(self, request):
        """Let everybody to `route`, where it is known what is asked for."""

    def route(self, request):
        if (request.method, request.target) != ("POST", "/endpoint.php?JSON"):
            return Answer.text("unknown", 404)
        action, param = request.json["action"], request.json["param"]
        if (param.get("customernumber"), param.get("apikey")) != (self.customer, self.key):
            raise Refusal(Fault.CREDENTIALS, param.get("apikey"))
        if action == "login":
            return self._login(param)
        if self.sessions.get(param.get("apisessionid"), 0) < self.clock.monotonic():
            return _failed(*OVER)
        zone = self.zone_named(param["domainname"])
        match action:
            case "infoDnsZone":
                return _done(action, {"name": zone, "ttl": "86400", "serial": "2026112101"})
            case "infoDnsRecords":
                return _done(action, {"dnsrecords": [_shown(row) for row in self.find(zone=zone)]})
            case "updateDnsRecords":
                return self._update(zone, param["dnsrecordset"]["dnsrecords"])
        raise Refusal(Fault.INVALID, "action")

    def _login(self, param):
        if param.get("apipassword") != self.secret:
            raise Refusal(Fault.CREDENTIALS, param.get("apipassword"))
        session = f"session{next(self._ids)}"
        self.sessions[session] = self.clock.monotonic() + LASTS
        return _done("login", {"apisessionid": session})

    def _update(self, zone, records):
        """Do all of it or nothing; what is not mentioned stays."""
        before = dict(self.rows)
        try:
            for one in records:
                name, id_ = self.whole(one["hostname"], zone), one.get("id")
                if not one["hostname"] or one["type"] not in ("A", "AAAA"):
                    raise Refusal(Fault.INVALID, "hostname")
                if one.get("deleterecord"):
                    self.remove(id_)
                elif id_:
                    if self.row(id_).name != name:
                        raise Refusal(Fault.INVALID, "hostname")
                    self.change(id_, content=one["destination"])
                else:
                    self.create(name, one["type"], one["destination"])
        except Refusal:
            self.rows = before
            raise
        return _done("updateDnsRecords", {"dnsrecords": [_shown(row) for row in self.find(zone=zone)]})


def _done(action, data):
    return Answer.of(
        {
            "serverrequestid": "x",
            "action": action,
            "status": "success",
            "statuscode": 2000,
            "shortmessage": "done",
            "longmessage": "",
            "responsedata": data,
        }
    )


def _failed(code, short, long, detail=""):
    said = {"status": "error", "statuscode": code, "shortmessage": short, "longmessage": f"{long} {detail}"}
    return Answer.of({"serverrequestid": "x", "action": "", **said, "responsedata": ""})


def _shown(row):
    return {
        "id": row.id,
        "hostname": row.owner or "@",
        "type": row.type,
        "priority": "0",
        "destination": row.content,
        "deleterecord": False,
        "state": "yes",
    }
