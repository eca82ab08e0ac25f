"""IPv64.net's update URL, as its page has it: any user name, and the token as password."""

from base64 import b64decode

from fakes import dyndns2
from fakes.misbehaviour import Answer, Fault


class Fake(dyndns2.Fake):
    """Hosts of one account."""

    most = 1

    def settings(self, **others):
        return {"base_url": self.url, "token": self.secret, **others}

    def refusal(self, fault, detail=""):
        if fault is Fault.THROTTLED:
            return Answer.of({"info": "Updateintervall overcommited", "status": "fail"}, 403)
        return Answer.text("nohost\n", 404) if fault is Fault.ZONE else super().refusal(fault, detail)

    def answer(self, request):
        said = super().answer(request)
        if request.query.get("output") == "min" or said.status != 200:
            return said
        return Answer.of({"info": said.body.decode().split()[0], "status": "success"})

    def is_known(self, request):
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        return scheme == "Basic" and b64decode(pair).decode().partition(":")[2] == self.secret
