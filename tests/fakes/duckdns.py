"""DuckDNS as its specification has it: OK or KO, and little more."""

from fakes.misbehaviour import Answer, Fault, HttpFake


class Fake(HttpFake):
    """Names of one account, mapped to type and address, or text."""

    secret = "a7c4d0ad-114e-40ef-ba1d-d217904a50f2"
    zone = "duckdns.org"

    def __init__(self):
        super().__init__()
        self.names = {}

    def settings(self, **others):
        return {"token": self.secret, "base_url": self.url, **others}

    def put(self, key, *addresses):
        self.names.setdefault(key.name.labels[0], {})[str(key.type)] = addresses[0]

    def create(self, name):
        self.names.setdefault(name.labels[0], {})

    def held(self, key):
        found = self.names.get(key.name.labels[0], {}).get(str(key.type))
        return {found} if found else set()

    def is_write(self, request):
        return True

    def refusal(self, fault, detail=""):
        return Answer.text("KO") if fault is Fault.CREDENTIALS else None

    def answer(self, request):
        query = request.query
        names = query.get("domains", "").split(",")
        if query.get("token") != self.secret or not all(name in self.names for name in names):
            return Answer.text("KO")
        if "txt" in query:  # with it, addresses are not looked at
            return self._tell(names, query)
        before = {name: dict(self.names[name]) for name in names}
        for name in names:
            self._update(self.names[name], query)
        word = "NOCHANGE" if all(self.names[name] == before[name] for name in names) else "UPDATED"
        last = self.names[names[-1]]
        verbose = f"OK\n{last.get('A', '')}\n{last.get('AAAA', '')}\n{word}"
        return Answer.text(verbose if query.get("verbose") == "true" else "OK")

    def _tell(self, names, query):
        for name in names:
            if query.get("clear") == "true":
                self.names[name].pop("TXT", None)
            else:
                self.names[name]["TXT"] = f'"{query["txt"]}"'
        return Answer.text(f"OK\n{query['txt']}\nUPDATED" if query.get("verbose") == "true" else "OK")

    def _update(self, held, query):
        if query.get("clear") == "true":
            held.pop("A", None)
            held.pop("AAAA", None)
            return
        if query.get("ipv6"):
            held["AAAA"] = query["ipv6"]
        if query.get("ip") or not query.get("ipv6"):
            held["A"] = query.get("ip") or "127.0.0.1"  # left out: read off the connection
