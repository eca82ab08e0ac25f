"""Hurricane Electric's update URL: a key for each record, a request for each of its addresses."""

from base64 import b64encode

from fakes import dyndns2
from fakes.misbehaviour import Answer, Fault


class Fake(dyndns2.Fake):
    """Records with one key."""

    most = 1

    def settings(self, **others):
        return {"base_url": self.url, "password": self.secret, **others}

    def refusal(self, fault, detail=""):
        return Answer.text("interval") if fault is Fault.THROTTLED else super().refusal(fault, detail)

    def is_known(self, request):
        pair = b64encode(f"{request.query['hostname']}:{self.secret}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {pair}"

    def answer(self, request):
        if request.path != "/nic/update" or "," in request.query.get("myip", ","):
            return Answer.text("", 404)
        return super().answer(request)
