"""OVH's API for zones, from its guide and its client; the signature is checked from the guide's description."""

import copy
import hashlib

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

SIGNATURE, TIME = "the signature is wrong", "the time is wrong"
WORDS = {
    Fault.CREDENTIALS: (403, "Client::Forbidden", "INVALID_CREDENTIAL", "This credential is not valid"),
    Fault.ZONE: (404, "Client::NotFound", "", "This service does not exist"),
    Fault.EXISTS: (409, "Client::Conflict", "", "This record already exists"),
    Fault.GONE: (404, "Client::NotFound", "", "The requested object (id = 1) does not exist"),
    Fault.INVALID: (400, "Client::BadRequest", "", "Invalid target"),
    Fault.QUOTA: None,
    Fault.THROTTLED: (429, "Client::TooManyRequests", "TOO_MANY_REQUESTS", "Too many requests"),
    Fault.MAINTENANCE: (503, "Server::ServiceUnavailable", "", "The service is not available"),
    SIGNATURE: (400, "Client::BadRequest", "INVALID_SIGNATURE", "Invalid signature"),
    TIME: (400, "Client::BadRequest", "QUERY_TIME_OUT", "Query out of time"),
}
WINDOW = 120  # seconds


class Fake(ZoneFake):
    """The zones of one account.

    Attributes:
        public: what is served; it becomes what is written when a zone is refreshed.
    """

    secret = "AS-s3cret-4f7Xq"
    consumer, key = "CK-c0nsumer-9Zk", "7kbG7Bk7S9Nt7ZSV"
    ttl = (60, 2**31 - 1)

    def __init__(self):
        super().__init__()
        self.public = {}

    def settings(self, **others):
        keys = {"application_key": self.key, "application_secret": self.secret, "consumer_key": self.consumer}
        return {**keys, "base_url": f"{self.url}/1.0", **others}

    def put(self, key, *contents, **others):
        ids = super().put(key, *contents, **others)
        self.publish(self.zone_of(str(key.name)))
        return ids

    def held(self, key):
        return {
            row.content
            for row in self.public.values()
            if (row.name, row.type) == (str(key.name), str(key.type))
        }

    def publish(self, zone):
        """Serve what is written."""
        self.public = {id_: row for id_, row in self.public.items() if row.zone != zone}
        self.public |= {row.id: copy.copy(row) for row in self.find(zone=zone)}

    def refusal(self, fault, detail=""):
        if WORDS[fault] is None:
            return None
        status, class_, code, message = WORDS[fault]
        named = {"errorCode": code} if code else {}
        body = {"class": class_, "message": f"{message} {detail}".strip(), **named}
        return Answer.of({**body, "httpCode": f"{status} As Told"}, status)

    def answer(self, request):
        if (request.method, request.path) == ("GET", "/1.0/auth/time"):
            return Answer.of(int(self.clock.now()))
        return super().answer(request)

    def authenticate(self, request):
        headers = request.headers
        if (headers.get("x-ovh-application"), headers.get("x-ovh-consumer")) != (self.key, self.consumer):
            raise Refusal(Fault.CREDENTIALS, headers.get("x-ovh-consumer"))
        if abs(int(headers["x-ovh-timestamp"]) - self.clock.now()) > WINDOW:
            raise Refusal(TIME)
        words = f"{self.secret}+{self.consumer}+{request.method}+{self.url}{request.target}+"
        words += f"{request.body.decode()}+{headers['x-ovh-timestamp']}"
        if headers.get("x-ovh-signature") != "$1$" + hashlib.sha1(words.encode()).hexdigest():
            raise Refusal(SIGNATURE)

    def route(self, request):
        if request.body and request.headers.get("content-type") != "application/json":
            raise Refusal(Fault.INVALID, "Content-Type")
        match request.method, request.path.split("/")[2:]:
            case "GET", ["domain", "zone"]:
                return Answer.of(list(self.zones.values()))
            case "GET", ["domain", "zone", zone, "record"]:
                wanted = {"type": request.query.get("fieldType")}
                if request.query.get("subDomain"):
                    wanted["name"] = f"{request.query['subDomain']}.{zone}"
                return Answer.of([int(row.id) for row in self.find(zone=self.zone_named(zone), **wanted)])
            case "POST", ["domain", "zone", zone, "record"]:
                body = request.json
                name = self.whole(body.get("subDomain") or "", self.zone_named(zone))
                row = self.create(name, body["fieldType"], body["target"], body.get("ttl") or 3600)
                return Answer.of(_shown(row))
            case "POST", ["domain", "zone", zone, "refresh"]:
                self.publish(self.zone_named(zone))
                return Answer.of(None)
            case method, ["domain", "zone", zone, "record", id_]:
                self.zone_named(zone)
                return self._one(method, id_, request)
        raise Refusal(Fault.ZONE, request.path)

    def _one(self, method, id_, request):
        match method:
            case "GET":
                return Answer.of(_shown(self.row(id_)))
            case "PUT":
                body = request.json
                fields = {"content": body.get("target"), "ttl": body.get("ttl")}
                self.change(id_, **{name: value for name, value in fields.items() if value is not None})
            case "DELETE":
                self.remove(id_)
        return Answer.of(None)


def _shown(row):
    return {
        "id": int(row.id),
        "zone": row.zone,
        "subDomain": row.owner,
        "fieldType": row.type,
        "target": row.content,
        "ttl": row.ttl,
    }
