"""FreeDNS's update URLs, both versions: a key for each name, and sentences with status 200."""

from ipaddress import ip_address

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import UpdateFake

WORDS = {
    Fault.CREDENTIALS: "ERROR: Unable to locate this record (changed password recently? deleted and re-created this dns entry?)",
    Fault.INVALID: "ERROR: Invalid address.",
}


class Fake(UpdateFake):
    """Names of one account, each with a key of its own; `target`'s is the secret, unless told otherwise."""

    secret = "Zk3vS2lXbW9vX2Rlc0"
    zone = "mooo.com"
    wrong = {"token": "wr0ng-t0ken-123456"}  # noqa: RUF012 -- nobody changes it

    def __init__(self):
        super().__init__()
        self.target = None

    def refusal(self, fault, detail=""):
        return Answer.text(f"{WORDS[fault]} {detail}\n") if fault in WORDS else None

    def authenticate(self, request):
        first = request.target.partition("/update.php?")[2].partition("&")[0]
        given = first or request.path.removeprefix("/u/").removesuffix("/")
        if given != self.secret:
            raise Refusal(Fault.CREDENTIALS, given)

    def route(self, request):
        name = self.target or next(iter(self.names))
        address = str(ip_address(request.query["address"]))
        rrtype = "AAAA" if ":" in address else "A"
        held = self.named(name)
        if held.get(rrtype) == address:
            if request.path.startswith("/u/"):
                return Answer.text(f"No IP change detected for {name} with IP {address}, skipping update\n")
            return Answer.text(f"ERROR: Address {address} has not changed.\n")
        held[rrtype] = address
        return Answer.text(f"Updated {name} to {address} in 0.326 seconds\n")
