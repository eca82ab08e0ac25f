"""A dyndns2 service: Basic credentials, words, a line for every host."""

from base64 import b64encode
from ipaddress import ip_address

from fakes.misbehaviour import Answer, Fault, HttpFake

WORDS = {
    Fault.CREDENTIALS: ("badauth", 401),
    Fault.ZONE: ("nohost", 200),
    Fault.INVALID: ("notfqdn", 200),
    Fault.QUOTA: ("!donator", 200),
    Fault.THROTTLED: ("911", 200),
}


class Fake(HttpFake):
    """A few hosts of one account.

    Attributes:
        hosts: name mapped to type and address.
        names: what the parameters of host, IPv4 and IPv6 address are called.
        most: hosts of one request.
        says: the word for one host (or `*`, once for all), instead of what it should be.
        body: the whole answer, instead.
    """

    secret = "dd-Passw0rd-x7"
    user = "me"
    zone = "dyn.example.com"
    most = 20

    def __init__(self):
        super().__init__()
        self.hosts = {}
        self.names = ("hostname", "myip", "myipv6")
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

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        word, status = WORDS[fault]
        return Answer.text(f"{word} {detail}\n", status)

    def is_known(self, request):
        """Tell whether the credentials are right."""
        pair = b64encode(f"{self.user}:{self.secret}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {pair}"

    def answer(self, request):
        if self.body is not None:
            return Answer(self.status, self.body, {"Content-Type": "text/html"})
        if not self.is_known(request):
            return self.refusal(Fault.CREDENTIALS, request.headers.get("authorization"))
        if "*" in self.says:
            return Answer.text(self.says["*"] + "\n")
        host, v4, v6 = self.names
        names = request.query[host].split(",")
        if len(names) > self.most:
            return Answer.text("numhost")
        given = {word: request.query[word] for word in (v4, v6) if word in request.query}
        if request.path == "/nic/delete":
            gone = ip_address(given[v4])
            return Answer.text("\n".join(self._delete(name, gone) for name in names) + "\n")
        after = self._wanted(given)
        return Answer.text("\n".join(self._update(name, after) for name in names) + "\n")

    def _wanted(self, given):
        """Return the address of each family that is to be set; nothing for one that is to go."""
        _, _, v6 = self.names
        after = {}
        for word, texts in given.items():
            for text in texts.split(","):
                if text == "":
                    after["AAAA" if word == v6 else "A"] = None
                elif text not in ("no", "preserve"):
                    after["A" if ip_address(text).version == 4 else "AAAA"] = text
        return after

    def _update(self, name, after):
        if name in self.says:
            return self.says[name]
        if name not in self.hosts:
            return "nohost"
        held = {**self.hosts[name], **after}
        changed, self.hosts[name] = held != self.hosts[name], {rr: ip for rr, ip in held.items() if ip}
        return f"{'good' if changed else 'nochg'} {','.join(filter(None, after.values()))}"

    def _delete(self, name, address):
        rrtype = "A" if address.version == 4 else "AAAA"
        self.hosts[name].pop(rrtype, None)
        return f"deleted {rrtype}"
