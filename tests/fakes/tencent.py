"""Tencent Cloud's API 3.0, as its products share it: TC3-HMAC-SHA256, one action a request, 200 for errors too."""

import hashlib
import hmac
import re
from datetime import UTC, datetime

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

PROOF = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/(\w+)/tc3_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


class Said(Exception):
    """An error with a code of its own."""

    def __init__(self, code, message=""):
        super().__init__(code)
        self.code, self.message = code, message


class TencentFake(ZoneFake):
    """One product: a subclass does its actions (`act`).

    Attributes:
        service: its name; `version`: its API's.
        words: faults mapped to code and message.
        actions: each mapped to the parameters that it knows.
    """

    secret = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
    id = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
    service = version = ""

    def settings(self, **others):
        return {"secret_id": self.id, "secret_key": self.secret, "base_url": self.url, **others}

    def refusal(self, fault, detail=""):
        common = {
            Fault.CREDENTIALS: ("AuthFailure.SignatureFailure", "The provided credentials are not valid."),
            Fault.THROTTLED: ("RequestLimitExceeded", "You have exceeded the rate limit of this action."),
            Fault.MAINTENANCE: ("ResourceUnavailable", "The resource is not available."),
        }
        code, message = {**common, **self.words}[fault]
        return _error(code, f"{message} {detail}")

    def is_write(self, request):
        return not request.headers.get("x-tc-action", "").startswith("Describe")

    def answer(self, request):
        try:
            return super().answer(request)
        except Said as error:
            return _error(error.code, error.message)

    def authenticate(self, request):
        headers = request.headers
        match = PROOF.fullmatch(headers.get("authorization", ""))
        if not match:
            raise Said("AuthFailure.InvalidAuthorization", headers.get("authorization", ""))
        id_, date, service, names, given = match.groups()
        if id_ != self.id:
            raise Said("AuthFailure.SecretIdNotFound", id_)
        stamp = headers["x-tc-timestamp"]
        if abs(int(stamp) - self.clock.now()) > 300:
            raise Said("AuthFailure.SignatureExpire", stamp)
        day = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
        if (date, service) != (day, self.service) or not {"content-type", "host"} <= set(names.split(";")):
            raise Said("AuthFailure.SignatureFailure", "the scope, or the headers that are signed")
        lines = [f"{name}:{headers[name].strip().lower()}\n" for name in names.split(";")]
        body = hashlib.sha256(request.body).hexdigest()
        canonical = f"{request.method}\n/\n\n{''.join(lines)}\n{names}\n{body}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"TC3-HMAC-SHA256\n{stamp}\n{date}/{service}/tc3_request\n{digest}"
        key = f"TC3{self.secret}".encode()
        for part in (date, service, "tc3_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, given):
            raise Refusal(Fault.CREDENTIALS, given)

    def route(self, request):
        if (request.method, request.path) != ("POST", "/"):
            return Answer.text("404 Not Found", 404)
        if request.headers["content-type"] != "application/json":
            raise Said("InvalidParameter", "Content-Type")
        if request.headers.get("x-tc-version") != self.version:
            raise Said("NoSuchVersion", request.headers.get("x-tc-version", ""))
        action = request.headers["x-tc-action"]
        if action not in self.actions:
            raise Said("InvalidAction", action)
        given = request.json
        if unknown := set(given) - set(self.actions[action].split()):
            raise Said("UnknownParameter", f"{unknown}")
        return Answer.of({"Response": {**self.act(action, given), "RequestId": "eac6b301"}})

    def act(self, action, given):
        """Do one action and return what it answers."""
        raise NotImplementedError


def _error(code, message):
    return Answer.of({"Response": {"Error": {"Code": code, "Message": message}, "RequestId": "eac6b301"}})
