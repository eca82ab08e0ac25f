"""DNSPod's API with a `login_token`, Chinese and international, from its two documentations."""

import re

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: ("-1", "Login failed"),
    Fault.ZONE: ("6", "Domain id invalid"),
    Fault.EXISTS: ("104", "Record already exists, no need to add it again"),
    Fault.GONE: ("8", "Record id invalid"),
    Fault.INVALID: ("34", "Record value invalid"),
    Fault.QUOTA: ("500025", "Too many A records"),
    Fault.THROTTLED: ("-2", "API usage is limited"),
    Fault.MAINTENANCE: ("-99", "This function is not open, try again later"),
}
LINES = {"默认", "电信", "联通", "移动", "境外"}
AGENT = re.compile(r"[\w-]+/[\w.+-]+( \(\S+@\S+\))?")
LIBRARIES = ("python", "curl", "go-http", "httpx", "okhttp", "wget")


class Fake(ZoneFake):
    """Domains of a free plan; `/api.dnspod.com` before the action is the international twin."""

    secret = "13490,6b5976c68aba5b14a0558b77c17c3932"
    ttl = (600, 604800)
    line = "电信"
    beside = (("weight", "30"), ("status", "disable"), ("remark", "by hand"))

    def settings(self, **others):
        return {"token": self.secret, "email": "me@example.com", "base_url": self.url, **others}

    def put(self, key, *contents, ttl=600, line="默认", **extra):
        return super().put(key, *contents, ttl=ttl, line=line, **extra)

    def refusal(self, fault, detail=""):
        code, message = WORDS[fault]
        return _said(code, f"{message} {detail}".strip())

    def is_write(self, request):
        return not request.path.endswith(".List")

    def authenticate(self, request):
        agent = request.headers.get("user-agent", "")
        if not AGENT.fullmatch(agent) or agent.lower().startswith(LIBRARIES):
            raise Blocked
        form = request.form
        if form.get("login_token") != self.secret:
            raise Refusal(Fault.CREDENTIALS, form.get("login_token"))

    def answer(self, request):
        if request.method != "POST":
            return _said("2", "Only POST method allowed")
        try:
            return super().answer(request)
        except Blocked:
            return _said("-8", "The account is blocked for a while")

    def route(self, request):
        form, action = request.form, request.path.rpartition("/")[2]
        is_abroad = request.path.startswith("/api.dnspod.com/")
        if form.get("format") != "json":
            return Answer(200, b"<?xml version='1.0'?><dnspod/>", {"Content-Type": "text/xml"})
        match action:
            case "Domain.List":
                zones = [_domain(id_, name) for id_, name in self.zones.items()]
                return self._listed(form, zones, "domains", "domain_total", "9")
            case "Record.List":
                found = [_shown(row, is_abroad) for row in self.find(zone=self.zone_with(form["domain_id"]))]
                return self._listed(form, found, "records", "record_total", "10")
            case "Record.Create" | "Record.Modify":
                return self._written(form, is_abroad)
            case "Record.Remove":
                self.zone_with(form["domain_id"])
                self.remove(form["record_id"])
                return _said()
        return Answer.text("404 page not found", 404)

    def _listed(self, form, found, word, total, empty):
        start = int(form.get("offset", 0))
        some = found[start : start + min(int(form.get("length", 500)), self.page)]
        if not some and form.get("error_on_empty") != "no":
            return _said(empty, "No records on the list")
        return _said(info={total: str(len(found))}, **{word: some})

    def _written(self, form, is_abroad):
        """Make or change a record; weight and status become what they are by default where they are left out."""
        zone = self.zone_with(form["domain_id"])
        line = form["record_line"]
        if line not in ({"default", "AD"} if is_abroad else LINES):
            return _said("26", "Record line invalid")
        fields = {"content": form["value"], "ttl": int(form.get("ttl", 600)), "line": line}
        fields |= {"weight": form.get("weight"), "status": form.get("status", "enable")}
        name = self.whole(form.get("sub_domain", "@"), zone)
        if "record_id" in form:
            row = self.change(form["record_id"], name=name, type=form["record_type"], **fields)
        else:
            row = self.create(name, form["record_type"], fields.pop("content"), **fields)
        return _said(record={"id": row.id, "name": row.owner or "@", "status": row.extra["status"]})


class Blocked(Exception):
    """The client does not say who it is."""


def _said(code="1", message="Action completed successful", **more):
    return Answer.of(
        {"status": {"code": code, "message": message, "created_at": "2026-11-21 18:00:00"}, **more}
    )


def _domain(id_, name):
    return {"id": int(id_), "status": "enable", "grade": "DP_FREE", "punycode": name, "name": name}


def _shown(row, is_abroad):
    line = row.extra.get("line", "默认")
    return {
        "id": row.id,
        "name": row.owner or "@",
        "line": "Default" if is_abroad and line == "default" else line,
        "type": row.type,
        "ttl": str(row.ttl),
        "value": row.content,
        "weight": row.extra.get("weight"),
        "mx": "0",
        "enabled": "0" if row.extra.get("status") == "disable" else "1",
        "remark": row.extra.get("remark", ""),
    }
