"""INWX's JSON-RPC API (DomRobot), from its documentation and from what its own client sends."""

import base64
import hashlib
import hmac
import json
import struct

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (2200, "Authentication error"),
    Fault.EXISTS: (2302, "Object exists"),
    Fault.GONE: (2303, "Object does not exist"),
    Fault.INVALID: (2005, "Parameter value syntax error"),
    Fault.QUOTA: (2104, "Billing failure"),
    Fault.THROTTLED: (2502, "Session limit exceeded; server closing connection"),
    Fault.MAINTENANCE: (2400, "Command failed"),
}
READS = ("account.", "nameserver.info", "nameserver.list")


class Fake(ZoneFake):
    """One account; a login gives a cookie, without which everything is 2002, always with status 200."""

    ttl = (300, 2592000)
    seed = "JBSWY3DPEHPK3PXP"

    def __init__(self):
        super().__init__()
        self.has_two_factors = False
        self.sessions = {}
        self.spent = set()

    def settings(self, **others):
        return {"user": "homer", "password": self.secret, "base_url": self.url, **others}

    def expire(self):
        """Let every session be over."""
        self.sessions.clear()

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return self.refusal(Fault.GONE, detail) if detail else None
        code, msg = WORDS[fault]
        return Answer.of(
            {"code": code, "msg": msg, "reason": str(detail), "svTRID": "20261121-1", "runtime": 0.01}
        )

    def is_write(self, request):
        return not json.loads(request.body)["method"].startswith(READS)

    def answer(self, request):
        if (request.method, request.path) != ("POST", "/jsonrpc/"):
            return Answer.text("Not Found", 404)
        if not request.headers.get("content-type", "").startswith("application/json"):
            return Answer.text("Bad Request", 400)
        return super().answer(request)

    def authenticate(self, request):
        """Leave it to the session, which a login begins."""

    def route(self, request):
        method, params = request.json["method"], request.json["params"]
        cookie = request.headers.get("cookie", "")
        if method == "account.login":
            return self._login(params)
        if method == "account.unlock" and cookie in self.sessions:
            return self._unlock(cookie, params)
        if not self.sessions.get(cookie):
            return Answer.of({"code": 2002, "msg": "Command use error", "svTRID": "20261121-2"})
        found = getattr(self, "_" + method.replace(".", "_"), None)
        if found is None:
            return Answer.of({"code": 2000, "msg": "Unknown command"})
        result = found(params)
        return Answer.of(
            {"code": 1000, "msg": "Command completed successfully", **({"resData": result} if result else {})}
        )

    def _login(self, params):
        if (params["user"], params["pass"]) != ("homer", self.secret):
            raise Refusal(Fault.CREDENTIALS, f"{params['user']} {params['pass']}")
        cookie = f"domrobot={len(self.sessions):032x}"
        self.sessions[cookie] = not self.has_two_factors
        tfa = "GOOGLE-AUTH" if self.has_two_factors else "0"
        answer = Answer.of({"code": 1000, "msg": "Command completed successfully", "resData": {"tfa": tfa}})
        answer.headers["Set-Cookie"] = f"{cookie}; path=/; secure; HttpOnly"
        return answer

    def _unlock(self, cookie, params):
        expected = code_at(self.seed, self.clock.now())
        if str(params["tan"]).zfill(6) != expected or expected in self.spent:
            raise Refusal(Fault.CREDENTIALS, params["tan"])
        self.spent.add(expected)
        self.sessions[cookie] = True
        return Answer.of({"code": 1000, "msg": "Command completed successfully"})

    def _nameserver_list(self, params):
        some, _ = self.paged(list(self.zones.items()), params.get("page", 1), params.get("pagelimit", 20))
        domains = [{"roId": int(id_), "domain": name, "type": "MASTER"} for id_, name in some]
        return {"count": len(self.zones), "domains": domains}

    def _nameserver_info(self, params):
        found = self.find(zone=self.zone_named(params["domain"]))
        shown = [
            {
                "id": int(row.id),
                "name": row.name,
                "type": row.type,
                "content": row.content,
                "ttl": row.ttl,
                "prio": 0,
            }
            for row in found
        ]
        return {
            "roId": 1,
            "domain": params["domain"],
            "count": len(shown),
            **({"record": shown} if shown else {}),
        }

    def _nameserver_createRecord(self, params):  # noqa: N802 -- INWX's word
        zone = self.zone_named(params["domain"])
        name = params["name"] if params["name"].endswith(zone) else self.whole(params["name"], zone)
        row = self.create(name, params["type"], params["content"], params.get("ttl", 3600))
        return {"id": int(row.id)}

    def _nameserver_updateRecord(self, params):  # noqa: N802 -- INWX's word
        if not isinstance(params["id"], int):
            raise Refusal(Fault.INVALID, "id")
        self.change(
            params["id"],
            **{word: params[word] for word in ("name", "type", "content", "ttl") if word in params},
        )

    def _nameserver_deleteRecord(self, params):  # noqa: N802 -- INWX's word
        self.remove(params["id"])


def code_at(seed, now):
    """Return an authenticator's code, from RFC 6238."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", int(now) // 30), hashlib.sha1).digest()
    start = digest[19] & 0xF
    return str((struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000).zfill(6)
