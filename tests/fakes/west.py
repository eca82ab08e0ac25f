"""West.cn's interface for the DNS of one domain, as other clients know it; it speaks GBK."""

import json

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: "apidomainkey认证失败",
    Fault.ZONE: "域名不存在",
    Fault.EXISTS: "500 already exists",
    Fault.GONE: "解析记录ID有误",
    Fault.INVALID: "解析值格式错误",
    Fault.THROTTLED: "操作过于频繁",
}
LINES = {"", "LTEL", "LCNC", "LMOB", "LEDU", "LSEO", "LFOR"}
NEEDED = {
    "dnsrec.add": {"hostname", "record_type", "record_value"},
    "dnsrec.modify": {"record_id", "record_value"},
    "dnsrec.remove": {"record_id"},
    "dnsrec.list": set(),
}


class Fake(ZoneFake):
    """One domain with a key of its own, and the account's name and key."""

    secret = "b55c3a4f1d2e6c7b8a9f0e1d2c3b4a59"
    username, apikey = "zhangsan", "0e1d2c3b4a59b55c3a4f1d2e6c7b8a9f"
    ttl = (60, 86400)
    line = "LTEL"

    def settings(self, **others):
        return {
            "apidomainkey": self.secret,
            "zone": self.zone,
            "base_url": f"{self.url}/API/v2",
            **others,
        }

    def put(self, key, *contents, line="", **extra):
        return super().put(key, *contents, line=line, **extra)

    def refusal(self, fault, detail=""):
        return _said(500, f"{WORDS[fault]} {detail}".strip()) if fault in WORDS else None

    def is_write(self, request):
        return request.form.get("act") != "dnsrec.list"

    def authenticate(self, request):
        form = request.form
        if form.get("apidomainkey") == self.secret and form.get("domain") == self.zone:
            return
        if (form.get("username"), form.get("apikey")) != (self.username, self.apikey):
            raise Refusal(Fault.CREDENTIALS, form.get("apidomainkey", form.get("apikey")))

    def route(self, request):
        if (request.method, request.path) != ("POST", "/API/v2/domain/dns/"):
            return Answer.text("404 Not Found", 404)
        form = request.form
        zone = self.zone_named(form["domain"])
        if not NEEDED[form["act"]] <= set(form) or form.get("record_line", "") not in LINES:
            raise Refusal(Fault.INVALID, form["act"])
        match form["act"]:
            case "dnsrec.list":
                return self._list(form, zone)
            case "dnsrec.add":
                name = self.whole(form["hostname"], zone)
                return _said(
                    body={"record_id": int(self.create(name, form["record_type"], **_fields(form)).id)}
                )
            case "dnsrec.modify":
                self.change(form["record_id"], type=form["record_type"], **_fields(form))
            case "dnsrec.remove":
                self.remove(form["record_id"])
        return _said(body={"record_id": int(form["record_id"])})

    def _list(self, form, zone):
        found = self.find(zone=zone)
        if not found:
            return _said(500, "no records")
        some, pages = self.paged(found, form.get("pageno", 1), form.get("limit", 20))
        body = {"total": len(found), "pageno": int(form.get("pageno", 1)), "pagecount": pages}
        return _said(body={"items": [_shown(row) for row in some], **body})


def _said(code=200, message="success", body=""):
    text = json.dumps({"code": code, "msg": message, "body": body}, ensure_ascii=False)
    return Answer(200, text.encode("gbk"), {"Content-Type": "text/html; charset=gb2312"})


def _fields(form):
    ttl = int(form.get("record_ttl", 900))
    return {"content": form["record_value"], "ttl": ttl, "line": form.get("record_line", "")}


def _shown(row):
    return {
        "record_id": int(row.id),
        "hostname": row.owner or "@",
        "record_type": row.type,
        "record_value": row.content,
        "record_mx": 10,
        "record_ttl": row.ttl,
        "record_line": row.extra.get("line", ""),
        "pause": 0,
    }
