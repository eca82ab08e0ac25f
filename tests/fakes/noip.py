"""No-IP's update URL, as its page for integrators has it."""

from fakes import dyndns2
from fakes.misbehaviour import Answer, Fault


class Fake(dyndns2.Fake):
    """Hosts of one account; a client that does not say what it is is sent away."""

    def settings(self, **others):
        return {"base_url": self.url, "user": self.user, "password": self.secret, **others}

    def refusal(self, fault, detail=""):
        return Answer.text("badauth\n", 401) if fault is Fault.CREDENTIALS else super().refusal(fault, detail)

    def answer(self, request):
        if not request.headers.get("user-agent", "").startswith("homeport/"):
            return Answer.text("badagent\n")
        if request.method != "GET" or request.path != "/nic/update" or "myipv6" in request.query:
            return Answer.text("", 404)
        return super().answer(request)
