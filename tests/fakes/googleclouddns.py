"""Google Cloud DNS and Google's token endpoint, from their references; statements are checked with the public key."""

import json
from base64 import urlsafe_b64decode
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (403, "forbidden", "Permission denied to change record sets."),
    Fault.ZONE: (404, "notFound", "The 'parameters.managedZone' resource named"),
    Fault.EXISTS: (409, "alreadyExists", "The resource 'entity.change.additions[0]' already exists"),
    Fault.GONE: (404, "notFound", "The 'entity.change.deletions[0]' resource does not exist."),
    Fault.INVALID: (400, "invalid", "Invalid value for 'entity.change.additions[0].rrdata[0]':"),
    Fault.QUOTA: (403, "quotaExceeded", "The resource record sets in the zone would exceed quota."),
    Fault.THROTTLED: (403, "rateLimitExceeded", "Rate Limit Exceeded"),
    Fault.MAINTENANCE: None,
}
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES = {
    "https://www.googleapis.com/auth/ndev.clouddns.readwrite",
    "https://www.googleapis.com/auth/cloud-platform",
}
AUDIENCE = "https://oauth2.googleapis.com/token"
EMAIL, PROJECT = "homeport@home-123.iam.gserviceaccount.com", "home-123"


@cache
def private_key(which):
    """Return one of the keys that tests use; making one takes a while."""
    return rsa.generate_private_key(65537, 2048)


class Fake(ZoneFake):
    """Managed zones of one project.

    Attributes:
        private: the ids of the zones that are private.
        policies: the names that have a routing policy.
        tokens: those that were given out, with the time at which each ends.
    """

    omits = "Google leaves out a list that is empty"
    ttl = (0, 2**31 - 1)

    def __init__(self):
        super().__init__()
        self.zones = {"example-com": "example.com", "example-net": "example.net"}
        self.private = set()
        self.policies = set()
        self.tokens = {}
        self.page = 100

    @property
    def secret(self):
        return self.key_file("right")

    @property
    def wrong(self):
        return {"service_account": self.key_file("wrong")}

    def key_file(self, which):
        """Return a service account's JSON key."""
        pem = private_key(which).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        fields = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": f"key-{which}",
            "private_key": pem.decode(),
            "client_email": EMAIL,
            "token_uri": f"{self.url}/token",
        }
        return json.dumps(fields)

    def settings(self, **others):
        return {"service_account": self.secret, "base_url": self.url, **others}

    def is_write(self, request):
        return request.path.endswith("/changes")

    def refusal(self, fault, detail=""):
        if WORDS[fault] is None:
            return None
        status, reason, message = WORDS[fault]
        return self._error(status, reason, f"{message} {detail}".strip())

    def _error(self, status, reason, message):
        errors = [{"message": message, "domain": "global", "reason": reason}]
        return Answer.of({"error": {"code": status, "message": message, "errors": errors}}, status)

    def answer(self, request):
        if request.path == "/token":
            return self._grant(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= self.clock.now():
            return self._error(401, "authError", f"Invalid Credentials {token}")
        return super().answer(request)

    def authenticate(self, request):
        """Leave it to the token, which was looked at before."""

    def _grant(self, request):
        """Check a statement as RFC 7523 and Google's description say, and give a token for it."""
        if request.method != "POST" or request.form.get("grant_type") != GRANT:
            return self._no("unsupported_grant_type", "Invalid grant_type")
        content, _, signature = request.form.get("assertion", "").rpartition(".")
        head, claims = (json.loads(_decoded(part)) for part in content.split("."))
        if head["alg"] != "RS256" or claims["iss"] != EMAIL:
            return self._no("invalid_grant", "Invalid grant: account not found")
        try:
            private_key("right").public_key().verify(
                _decoded(signature), content.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return self._no("invalid_grant", "Invalid JWT Signature.")
        now = self.clock.now()
        if not (claims["iat"] - 300 <= now <= claims["exp"] and claims["exp"] - claims["iat"] <= 3600):
            wrong = "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe."
            return self._no("invalid_grant", wrong)
        if claims["aud"] != AUDIENCE or not SCOPES & set(claims["scope"].split()):
            return self._no("invalid_scope", f"Invalid audience or scope {claims}")
        token = f"ya29.t0ken-{len(self.tokens)}"
        self.tokens[token] = now + 3599
        return Answer.of({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _no(self, error, description):
        return Answer.of({"error": error, "error_description": description}, 400)

    def route(self, request):
        match request.method, request.path.split("/")[1:]:
            case "GET", ["dns", "v1", "projects", project, "managedZones"] if project == PROJECT:
                named = request.query.get("dnsName")
                found = [
                    {"name": id_, "dnsName": f"{name}.", "visibility": self._visibility(id_), "kind": "dns#x"}
                    for id_, name in self.zones.items()
                    if named in (None, f"{name}.")
                ]
                return self._listed("managedZones", found, request.query)
            case "GET", ["dns", "v1", "projects", project, "managedZones", id_, "rrsets"] if (
                project == PROJECT
            ):
                return self._listed("rrsets", self._rrsets(self.zone_with(id_)), request.query)
            case "POST", ["dns", "v1", "projects", project, "managedZones", id_, "changes"] if (
                project == PROJECT
            ):
                return self._change(self.zone_with(id_), request.json)
        raise Refusal(Fault.ZONE, request.path)

    def _visibility(self, id_):
        return "private" if id_ in self.private else "public"

    def _listed(self, word, found, query):
        start = int(query.get("pageToken", 0))
        end = start + min(int(query.get("maxResults", self.page)), self.page)
        more = {"nextPageToken": str(end)} if end < len(found) else {}
        return Answer.of({"kind": f"dns#{word}List", word: found[start:end], **more})

    def _rrsets(self, zone):
        found = {}
        for row in self.find(zone=zone):
            found.setdefault((row.name, row.type), []).append(row)
        shown = []
        for (name, type_), rows in sorted(found.items()):
            plain = {"ttl": rows[0].ttl, "rrdatas": [row.content for row in rows]}
            policy = {"ttl": 60, "routingPolicy": {"geo": {"items": []}}}
            values = policy if name in self.policies and type_ == "A" else plain
            shown.append({"name": f"{name}.", "type": type_, "signatureRrdatas": [], **values})
        return shown

    def _change(self, zone, body):
        """Do all of it, deletions first, or nothing."""
        before = dict(self.rows)
        try:
            for each in body.get("deletions", []):
                self._delete(zone, each)
            for each in body.get("additions", []):
                name = self._name(zone, each)
                if self.find(name=name, type=each["type"]):
                    raise Refusal(Fault.EXISTS)
                self.replace(name, each["type"], each["rrdatas"], each["ttl"])
        except Refusal:
            self.rows = before
            raise
        return Answer.of({"kind": "dns#change", "id": "7", "status": "pending", "isServing": False, **body})

    def _delete(self, zone, each):
        name = self._name(zone, each)
        held = self.find(name=name, type=each["type"])
        if not held:
            raise Refusal(Fault.GONE)
        if name in self.policies or {(row.content, row.ttl) for row in held} != {
            (value, int(each["ttl"])) for value in each["rrdatas"]
        }:
            raise Refusal(Fault.INVALID, "Precondition not met for 'entity.change.deletions[0]'")
        self.replace(name, each["type"], [])

    def _name(self, zone, each):
        if not each["name"].endswith(".") or self.zone_of(each["name"][:-1]) != zone:
            raise Refusal(Fault.INVALID, each["name"])
        return each["name"][:-1]


def _decoded(part):
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
