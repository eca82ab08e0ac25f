"""A dyndns2 service: Basic credentials, words, a line for every host."""

from base64 import b64encode
from ipaddress import ip_address

from fakes.misbehaviour import Answer, HttpFake


class Fake(HttpFake):
    """A few hosts of one account.

    Attributes:
        hosts: name mapped to type and address.
        says: the word for one host (or `*`, once for all), instead of what it should be.
        body: the whole answer, instead.
    """

    secret = "dd-Passw0rd-x7"
    user = "me"
    zone = "dyn.example.com"

    def __init__(self):
        super().__init__()
        self.hosts = {}
        self.says = {}
        self.body = None
        self.status = 200

    def settings(self, **others):
        return {"server": self.url, "user": self.user, "password": self.secret, **others}

    def put(self, key, *addresses):
        self.hosts.setdefault(str(key.name), {})[str(key.type)] = addresses[0]

    def create(self, name):
        self.hosts.setdefault(str(name), {})

    def held(self, key):
        found = self.hosts.get(str(key.name), {}).get(str(key.type))
        return {found} if found else set()

    def is_write(self, request):
        return True

    def answer(self, request):
        if self.body is not None:
            return Answer(self.status, self.body, {"Content-Type": "text/html"})
        pair = b64encode(f"{self.user}:{self.secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            return Answer.text("badauth\n", 401)
        if "*" in self.says:
            return Answer.text(self.says["*"] + "\n")
        names = request.query["hostname"].split(",")
        given = [
            ip_address(text)
            for word in ("myip", "myipv6")
            for text in request.query.get(word, "").split(",")
            if text not in ("", "no", "preserve")
        ]
        if len(names) > 20:
            return Answer.text("numhost")
        return Answer.text("\n".join(self._update(name, given) for name in names) + "\n")

    def _update(self, name, given):
        if name in self.says:
            return self.says[name]
        if name not in self.hosts:
            return "nohost"
        after = {"A" if address.version == 4 else "AAAA": str(address) for address in given}
        changed = {**self.hosts[name], **after} != self.hosts[name]
        self.hosts[name] |= after
        return f"{'good' if changed else 'nochg'} {','.join(after.values())}"
