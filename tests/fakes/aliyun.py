"""What Alibaba Cloud's products share: actions in headers, and signatures V3 that are verified as its description says."""

import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

PROOF = re.compile(
    r"ACS3-HMAC-SHA256 Credential=(?P<id>[^,]+),SignedHeaders=(?P<names>[^,]+),Signature=(?P<signature>[0-9a-f]{64})"
)
MINE = {
    "host",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
}
COMMON = {
    Fault.CREDENTIALS: (400, "SignatureDoesNotMatch", "Specified signature is not matched."),
    Fault.THROTTLED: (400, "Throttling.User", "Request was denied due to user flow control."),
    Fault.MAINTENANCE: (503, "ServiceUnavailable", "The request has failed due to a temporary failure."),
}
WINDOW = 900  # seconds by which a date may differ


class AliyunFake(ZoneFake):
    """A product: a subclass has a method for each action that it knows, and words of its own for what fails.

    Attributes:
        version: its API's.
        words: fault mapped to status, code and message.
    """

    key_id = "LTAI5tFakeKeyId"
    secret = "al1-s3cret-4f7Xq"
    version: str
    words: dict

    def __init__(self):
        super().__init__()
        self._nonces = set()

    def settings(self, **others):
        return {
            "access_key_id": self.key_id,
            "access_key_secret": self.secret,
            "base_url": self.url,
            **others,
        }

    def refusal(self, fault, detail=""):
        status, code, message = {**COMMON, **self.words}[fault]
        return self.error(status, code, f"{message} {detail}")

    def error(self, status, code, message):
        """Return an error as the gateway words it."""
        body = {"RequestId": "7A3F", "HostId": "fake", "Code": code, "Message": message}
        return Answer.of({**body, "Recommend": f"https://next.api.aliyun.com/troubleshoot?q={code}"}, status)

    def is_write(self, request):
        return not request.headers.get("x-acs-action", "").startswith(("Describe", "List"))

    def answer(self, request):
        said = self._checked(request)
        return said or super().answer(request)

    def _checked(self, request):
        """Return the gateway's error for what is wrong with a request before its signature is."""
        headers = request.headers
        moment = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(moment.timestamp() - self.clock.now()) > WINDOW:
            return self.error(400, "InvalidTimeStamp.Expired", "Specified time stamp is expired.")
        if headers["x-acs-signature-nonce"] in self._nonces:
            return self.error(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self._nonces.add(headers["x-acs-signature-nonce"])
        if headers["x-acs-version"] != self.version:
            return self.error(400, "InvalidVersion", "Specified parameter Version is not valid.")
        return None

    def authenticate(self, request):
        found = PROOF.fullmatch(request.headers.get("authorization", ""))
        if not found or found["id"] != self.key_id:
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))
        names = found["names"].split(";")
        present = {name for name in request.headers if name.startswith("x-acs-") or name == "content-type"}
        if names != sorted(names) or not MINE | present <= set(names):
            raise Refusal(Fault.CREDENTIALS, "SignedHeaders are not complete, or not in order")
        if request.headers["x-acs-content-sha256"] != hashlib.sha256(request.body).hexdigest():
            raise Refusal(Fault.CREDENTIALS, "the body is another one")
        told = _told(request, names)
        made = hmac.new(self.secret.encode(), told.encode(), hashlib.sha256).hexdigest()
        if made != found["signature"]:
            raise Refusal(Fault.CREDENTIALS, f"server string to sign is: {told} {found['signature']}")

    def route(self, request):
        do = getattr(self, _snake(request.headers["x-acs-action"]), None)
        if request.path != "/" or do is None:
            return self.error(404, "InvalidAction.NotFound", "Specified api is not found.")
        return Answer.of({**do(request.query), "RequestId": "7A3F"})


def _told(request, names):
    """Return the string that a signature is made of."""
    pairs = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
    query = "&".join(sorted(f"{_escaped(name)}={_escaped(value)}" for name, value in pairs))
    text = f"{request.method}\n/\n{query}\n"
    for name in names:
        text += f"{name}:{request.headers[name]}\n"
    text += f"\n{';'.join(names)}\n{request.headers['x-acs-content-sha256']}"
    return f"ACS3-HMAC-SHA256\n{hashlib.sha256(text.encode()).hexdigest()}"


def _escaped(text):
    kept = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in text.encode())


def _snake(action):
    return "do" + re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", action)
