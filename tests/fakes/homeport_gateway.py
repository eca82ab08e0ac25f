"""Our own gateway's native API, written a second time from its description: signatures are checked here."""

import hashlib
import hmac
from ipaddress import ip_address

from fakes.misbehaviour import Answer, HttpFake


class Fake(HttpFake):
    """A server with a few hosts and one token.

    Attributes:
        clock: what it takes for the time.
        refuses: host name mapped to the reason why every update of it is refused.
        prefix: the path it lies below, which is part of what is signed.
        heartbeat_port: where beats go; 0 is nowhere.
    """

    token_id = "t1a2b3"
    key = "5e0c7f2d9b8a41c6"
    secret = f"{token_id}.{key}"
    zone = "dyn.example.com"
    wrong = {"token": "t1a2b3.wr0ng-t0ken"}  # noqa: RUF012 -- read only

    def __init__(self):
        super().__init__()
        self.hosts = {}
        self.revision = 0
        self.refuses = {}
        self.nonces = set()
        self.nameservers = ["127.0.0.1:5300"]
        self.prefix = ""
        self.heartbeat_port = 0

    def settings(self, **others):
        return {"server": self.url, "token": self.secret, **others}

    def put(self, key, *addresses):
        self.hosts.setdefault(str(key.name), set()).update(addresses)

    def create(self, name):
        self.hosts.setdefault(str(name), set())

    def held(self, key):
        version = 4 if key.type == "A" else 6
        return {text for text in self.hosts.get(str(key.name), ()) if ip_address(text).version == version}

    def is_write(self, request):
        return request.method == "POST"

    def answer(self, request):
        if problem := self._authenticate(request):
            return problem
        path = request.path.removeprefix(self.prefix)
        if request.method == "POST" and path == "/api/v1/update":
            return self._update(request.json)
        if path == "/api/v1/heartbeat":
            return (
                Answer.of({"port": self.heartbeat_port})
                if self.heartbeat_port
                else self._problem(404, "none are taken")
            )
        name = path.removeprefix("/api/v1/hosts/")
        if name not in self.hosts:
            return self._problem(404, "there is no such host")
        found = {
            "hostname": name,
            "addresses": sorted(self.hosts[name]),
            "ttl": 60,
            "revision": self.revision,
        }
        return Answer.of({**found, "nameservers": self.nameservers})

    def _authenticate(self, request):
        headers = request.headers
        stamp, nonce = headers.get("homeport-timestamp", ""), headers.get("homeport-nonce", "")
        body = hashlib.sha256(request.body).hexdigest()
        text = f"{request.method}\n{request.target}\n{stamp}\n{nonce}\n{body}"
        right = "v1=" + hmac.new(self.key.encode(), text.encode(), "sha256").hexdigest()
        if (headers.get("homeport-key"), headers.get("homeport-signature")) != (self.token_id, right):
            return self._problem(401, f"the token is unknown or its secret is wrong ({self.key})")
        now = int(self.clock.now())
        if abs(now - int(stamp)) > 300:
            return self._problem(401, "the clocks differ", server_time=now)
        if nonce in self.nonces or not 16 <= len(nonce) <= 64:
            return self._problem(401, "this request was seen before", server_time=now)
        self.nonces.add(nonce)
        return None

    def _update(self, body):
        results = [self._update_one(**each) for each in body.get("updates", [body])]
        self.revision += 1
        return Answer.of({"revision": self.revision, "results": results})

    def _update_one(self, hostname, addresses=(), remove=()):
        reason = self.refuses.get(hostname) or (
            None if hostname in self.hosts else "this token has no such host"
        )
        if reason:
            return {"hostname": hostname, "status": "refused", "addresses": [], "reason": reason}
        before = self.hosts[hostname]
        gone = {4 if rrtype == "A" else 6 for rrtype in remove} | {
            ip_address(text).version for text in addresses
        }
        after = {text for text in before if ip_address(text).version not in gone} | set(addresses)
        self.hosts[hostname] = after
        status = "unchanged" if after == before else "changed"
        return {"hostname": hostname, "status": status, "addresses": sorted(after), "reason": ""}

    @staticmethod
    def _problem(status, detail, **members):
        problem = {"type": "about:blank", "title": "Refused", "status": status, "detail": detail, **members}
        return Answer.of(problem, status, "application/problem+json")
