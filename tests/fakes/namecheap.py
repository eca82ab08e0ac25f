"""Namecheap's update URL: XML with status 200 whatever happened, that calls itself UTF-16 and is not."""

from ipaddress import IPv4Address

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import UpdateFake

WORDS = {
    Fault.CREDENTIALS: ("Passwords do not match", "304156", "Validation error; invalid ; password"),
    Fault.ZONE: ("Domain name not found", "316153", "Validation error; not found; domain name(s)"),
    Fault.INVALID: ("Invalid IP", "304156", "Validation error; invalid ; IP Address"),
}
XML = (
    '<?xml version="1.0" encoding="utf-16"?><interface-response><Command>SETDNSHOST</Command>'
    "<Language>eng</Language>{}<Done>true</Done><debug><![CDATA[]]></debug></interface-response>"
)


class Fake(UpdateFake):
    """One domain's hosts; one that is not there is "A record not Found"."""

    secret = "0123456789abcdef0123456789abcdef"

    def settings(self, **others):
        return {"zone": self.zone, "password": self.secret, "base_url": self.url, **others}

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        error, number, text = WORDS[fault]
        return _xml(
            f"<ErrCount>1</ErrCount><errors><Err1>{error}</Err1></errors><ResponseCount>1</ResponseCount>"
            f"<responses><response><ResponseNumber>{number}</ResponseNumber>"
            f"<ResponseString>{text} {detail}</ResponseString></response></responses>"
        )

    def authenticate(self, request):
        if request.query.get("password") != self.secret:
            raise Refusal(Fault.CREDENTIALS, request.query.get("password"))

    def route(self, request):
        if request.method != "GET" or request.path != "/update":
            return Answer.text("Not Found", 404)
        query = request.query
        if query["domain"] != self.zone or not query["host"]:
            raise Refusal(Fault.ZONE)
        try:
            address = IPv4Address(query["ip"])
        except ValueError:
            raise Refusal(Fault.INVALID) from None
        name = self.zone if query["host"] == "@" else f"{query['host']}.{self.zone}"
        self.named(name)["A"] = str(address)
        return _xml(f"<IP>{address}</IP><ErrCount>0</ErrCount><ResponseCount>0</ResponseCount>")


def _xml(inner):
    return Answer(200, XML.format(inner).encode(), {"Content-Type": "text/xml; charset=utf-8"})
