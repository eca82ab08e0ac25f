"""A host that nobody wrote a provider for: an update URL that answers in words."""

import ipaddress

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import UpdateFake


class Fake(UpdateFake):
    """Names of one account; they are updated by a query, a form or JSON."""

    def settings(self, **others):
        query = "host={name}&ip={address}&type={type}&key={token}"
        return {
            "url": f"{self.url}/update?{query}",
            "token": self.secret,
            "success": "^(good|nochg)",
            "denied": "^badauth",
            **others,
        }

    def refusal(self, fault, detail=""):
        return Answer.text(f"badauth {detail}") if fault is Fault.CREDENTIALS else None

    def authenticate(self, request):
        if self._asked(request).get("key") != self.secret:
            raise Refusal(Fault.CREDENTIALS, self._asked(request).get("key"))

    def route(self, request):
        asked = self._asked(request)
        if request.path != "/update":
            return Answer.text("no such page", 404)
        if asked["host"] not in self.names:
            return Answer.text("nohost")
        family = {4: "A", 6: "AAAA"}[ipaddress.ip_address(asked["ip"]).version]
        if family != asked["type"]:
            return Answer.text("badtype")
        self.named(asked["host"])[family] = asked["ip"]
        return Answer.text(f"good {asked['ip']}")

    def _asked(self, request):
        kind = request.headers.get("content-type", "")
        if request.body and kind == "application/json":
            return request.json
        if request.body and kind == "application/x-www-form-urlencoded":
            return request.form
        return request.query
