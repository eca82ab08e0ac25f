"""Hetzner's Cloud API for zones, from its reference as Hetzner's client follows it: RRsets, and actions that take time."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "unauthorized", "unable to authenticate"),
    Fault.ZONE: (404, "not_found", "zone not found"),
    Fault.EXISTS: (409, "uniqueness_error", "an RRSet with this name and type exists already"),
    Fault.GONE: (404, "not_found", "rrset not found"),
    Fault.INVALID: (422, "invalid_input", "invalid input in field 'records'"),
    Fault.QUOTA: (403, "resource_limit_exceeded", "the limit of RRSets is reached"),
    Fault.THROTTLED: (429, "rate_limit_exceeded", "limit of 3600 requests per hour reached"),
    Fault.MAINTENANCE: (503, "maintenance", "cannot perform operation due to maintenance"),
}


class Fake(ZoneFake):
    """The zones of one project.

    Attributes:
        secondary: the names of the zones that Hetzner only transfers.
        slow: how often an action is still running when it is asked after.
        fails: actions come to nothing.
        actions: id mapped to how often it will still be found running.
    """

    ttl = (60, 2**31 - 1)

    def __init__(self):
        super().__init__()
        self.secondary = set()
        self.slow = 1
        self.fails = False
        self.actions = {}
        self.page = 50

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/v1", **others}

    def refusal(self, fault, detail=""):
        status, code, message = WORDS[fault]
        return Answer.of(
            {"error": {"code": code, "message": f"{message} {detail}".strip(), "details": {}}}, status
        )

    def authenticate(self, request):
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))

    def route(self, request):
        match request.method, request.path.split("/")[2:]:
            case "GET", ["zones"]:
                named = request.query.get("name")
                found = [self._zone(id_) for id_, name in self.zones.items() if named in (None, name)]
                return self._listed("zones", found, request)
            case "GET", ["actions", id_] | ["zones", "actions", id_] if int(id_) in self.actions:
                return Answer.of({"action": self._action(int(id_))})
            case "GET", ["zones", zone]:
                return Answer.of({"zone": self._zone(self._id(zone))})
            case method, ["zones", zone, "rrsets", *below]:
                return self._rrsets(method, self.zones[self._id(zone)], below, request)
        raise Refusal(Fault.ZONE, request.path)

    def _rrsets(self, method, zone, below, request):
        match method, below:
            case "GET", []:
                keys = dict.fromkeys((row.name, row.type) for row in self.find(zone=zone))
                return self._listed("rrsets", [self._shown(*key) for key in keys], request)
            case "POST", []:
                self._writable(zone, request)
                body = request.json
                name = self._name(body["name"], zone)
                if self.find(name=name, type=body["type"]):
                    raise Refusal(Fault.EXISTS)
                self._set(name, body["type"], body["records"], body.get("ttl"))
                shown = {"rrset": self._shown(name, body["type"]), "action": self._started("create_rrset")}
                return Answer.of(shown, 201)
            case method, [owner, type_, *more]:
                name = self._name(owner, zone)
                if not (rows := self.find(name=name, type=type_)):
                    raise Refusal(Fault.GONE)
                return self._one(method, rows, more, request)
        raise Refusal(Fault.ZONE, request.path)

    def _one(self, method, rows, more, request):
        name, type_, zone = rows[0].name, rows[0].type, rows[0].zone
        match method, more:
            case "GET", []:
                return Answer.of({"rrset": self._shown(name, type_)})
            case "DELETE", []:
                self._writable(zone)
                if not self.fails:
                    self.replace(name, type_, [])
                return Answer.of({"action": self._started("delete_rrset")}, 201)
            case "POST", ["actions", "set_records"]:
                self._writable(zone, request)
                self._set(name, type_, request.json["records"], rows[0].ttl)
                return Answer.of({"action": self._started("set_rrset_records")}, 201)
            case "POST", ["actions", "change_ttl"]:
                self._writable(zone, request)
                for row in rows:
                    self.change(row.id, ttl=request.json["ttl"])
                return Answer.of({"action": self._started("change_rrset_ttl")}, 201)
        raise Refusal(Fault.ZONE, request.path)

    def _writable(self, zone, request=None):
        if zone in self.secondary:
            raise Refusal(Fault.INVALID, "incorrect_zone_mode")
        if request and request.headers.get("content-type") != "application/json":
            raise Refusal(Fault.INVALID, "Content-Type")

    def _name(self, owner, zone):
        if owner != owner.lower() or owner.endswith((".", zone)) or not owner:
            raise Refusal(Fault.INVALID, f"name {owner}")
        return self.whole(owner, zone)

    def _set(self, name, type_, records, ttl):
        if self.fails:
            return
        before = dict(self.rows)
        contents = [each["value"] for each in records]
        if len(set(contents)) != len(contents) or not contents:
            raise Refusal(Fault.INVALID, f"{contents}")
        try:
            self.replace(name, type_, [])
            for each in records:
                self.create(name, type_, each["value"], ttl or 3600, comment=each.get("comment"))
        except Refusal:
            self.rows = before
            raise

    def _started(self, command):
        id_ = 7000 + len(self.actions)
        self.actions[id_] = self.slow
        return self._action(id_, command, asked=False)

    def _action(self, id_, command="", *, asked=True):
        left = self.actions[id_]
        self.actions[id_] -= asked and left > 0
        ended = {"status": "error", "error": {"code": "action_failed", "message": "Action failed"}}
        good = {"status": "success", "error": None}
        outcome = {"status": "running", "error": None} if left else ended if self.fails else good
        shown = {"id": id_, "command": command, "progress": 0 if left else 100, "resources": []}
        return {**shown, "started": "2026-11-21T10:00:00Z", "finished": None, **outcome}

    def _id(self, zone):
        """Return the id of a zone by its id or name."""
        if zone in self.zones:
            return zone
        return next((id_ for id_, name in self.zones.items() if name == zone), None) or self.zone_with(zone)

    def _zone(self, id_):
        mode = "secondary" if self.zones[id_] in self.secondary else "primary"
        return {"id": int(id_), "name": self.zones[id_], "mode": mode, "ttl": 3600, "labels": {}}

    def _listed(self, word, found, request):
        page, size = int(request.query.get("page", 1)), int(request.query.get("per_page", 25))
        some, pages = self.paged(found, page, size)
        pagination = {
            "page": page,
            "per_page": size,
            "previous_page": page - 1 or None,
            "next_page": page + 1 if page < pages else None,
            "last_page": pages,
            "total_entries": len(found),
        }
        return Answer.of({word: some, "meta": {"pagination": pagination}})

    def _shown(self, name, type_):
        rows = self.find(name=name, type=type_)
        if not rows:
            return {
                "id": f"{name}/{type_}",
                "name": name,
                "type": type_,
                "ttl": None,
                "labels": {},
                "records": [],
            }
        return {
            "id": f"{rows[0].owner or '@'}/{type_}",
            "name": rows[0].owner or "@",
            "type": type_,
            "ttl": rows[0].ttl,
            "labels": {},
            "protection": {"change": False},
            "zone": next(int(id_) for id_, zone in self.zones.items() if zone == rows[0].zone),
            "records": [{"value": row.content, "comment": row.extra.get("comment") or ""} for row in rows],
        }
