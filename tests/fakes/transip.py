"""TransIP's REST API, from the vendor's own libraries: tokens for a signed request, entries without ids."""

import base64
import json
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "Your access token is invalid."),
    Fault.ZONE: (404, "Domain with name 'x' not found"),
    Fault.GONE: (404, "Dns entry not found"),
    Fault.EXISTS: (406, "This dns entry already exists"),
    Fault.INVALID: (422, "The dns entry is not valid"),
    Fault.THROTTLED: (429, "Rate limit exceeded"),
    Fault.MAINTENANCE: (409, "The domain is locked, an action is running"),
}
ASKED = {"login", "nonce", "read_only", "expiration_time", "label", "global_key"}


@cache
def key(which):
    """Return a key pair, short for the sake of speed."""
    return rsa.generate_private_key(65537, 1024)


def pem(which="right"):
    return key(which).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class Fake(ZoneFake):
    """The domains of one account.

    Attributes:
        tokens: each that is valid, with the clock's time at which it ends.
        nonces: those that were used; none is taken twice.
    """

    login = "home"
    secret = pem()
    is_unique = False

    def __init__(self):
        super().__init__()
        self.wrong = {"private_key": pem("wrong")}
        self.tokens = {}
        self.nonces = set()

    def settings(self, **others):
        return {
            "login": self.login,
            "private_key": self.secret,
            "base_url": f"{self.url}/v6",
            **others,
        }

    def is_write(self, request):
        return request.method != "GET" and not request.path.endswith("/auth")

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, words = WORDS[fault]
        return Answer.of({"error": f"{words} {detail}"}, status)

    def authenticate(self, request):
        if request.path == "/v6/auth":
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self.tokens.get(token, 0) <= self.clock.now():
            raise Refusal(Fault.CREDENTIALS, token)

    def route(self, request):
        match request.method, request.path.split("/")[2:]:
            case "POST", ["auth"]:
                return self._enter(request)
            case "GET", ["domains"]:
                names = [{"name": name} for name in self.zones.values()]
                some, _ = self.paged(names, request.query.get("page", 1), request.query.get("pageSize", 25))
                return Answer.of({"domains": some})
            case "GET", ["domains", zone, "dns"]:
                found = self.find(zone=self.zone_named(zone))
                return Answer.of({"dnsEntries": [_shown(row) for row in found]})
            case method, ["domains", zone, "dns"]:
                return self._change(method, self.zone_named(zone), request.json["dnsEntry"])
        raise Refusal(Fault.ZONE)

    def _enter(self, request):
        asked = json.loads(request.body)
        try:
            key("right").public_key().verify(
                base64.b64decode(request.headers.get("signature", ""), validate=True),
                request.body,
                padding.PKCS1v15(),
                SHA512(),
            )
        except (InvalidSignature, ValueError):
            raise Refusal(Fault.CREDENTIALS, request.headers.get("signature")) from None
        if asked["login"] != self.login or not asked["global_key"] or asked["read_only"]:
            raise Refusal(Fault.CREDENTIALS, "login")
        if set(asked) != ASKED or len(asked["nonce"]) < 6 or asked["nonce"] in self.nonces:
            raise Refusal(Fault.INVALID, "nonce")
        self.nonces.add(asked["nonce"])
        number, unit = asked["expiration_time"].split()
        token = f"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzUxMiJ9.{len(self.nonces)}.c2ln"
        self.tokens[token] = self.clock.now() + int(number) * {"seconds": 1, "minutes": 60}[unit]
        return Answer.of({"token": token}, 201)

    def _change(self, method, zone, entry):
        name, expire = self.whole(entry["name"], zone), entry["expire"]
        if expire not in (60, 300, 3600, 86400) or set(entry) != {"name", "expire", "type", "content"}:
            raise Refusal(Fault.INVALID, "expire")
        alike = self.find(name=name, type=entry["type"], ttl=expire)
        same = [row for row in alike if row.content == entry["content"]]
        if method == "POST":
            if same:
                raise Refusal(Fault.EXISTS)
            self.create(name, entry["type"], entry["content"], expire)
            return Answer(201)
        if method == "PATCH":
            if len(alike) != 1:
                raise Refusal(Fault.GONE)
            self.change(alike[0].id, content=entry["content"])
            return Answer(204)
        if not same:
            raise Refusal(Fault.GONE)
        self.remove(same[0].id)
        return Answer(204)


def _shown(row):
    return {"name": row.owner or "@", "expire": row.ttl, "type": row.type, "content": row.content}
