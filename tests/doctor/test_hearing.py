"""Hearing what time it is elsewhere."""

from email.utils import formatdate

from fakes.clock import FakeClock
from homeport.doctor.hearing import HearingHttp
from homeport.model.line import Line
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer


class Echo:
    """HTTP that answers with the headers it was given."""

    def __init__(self, headers):
        self.headers, self.calls = headers, []

    async def request(self, method, url, **more):
        self.calls.append((method, url))
        return HttpAnswer(200, self.headers, b"x", url)

    async def renew(self):
        self.calls.append("renew")

    def bound(self, line):
        return self

    def through(self, proxy):
        return self


async def test_the_date_of_every_answer_is_heard():
    """Over any line and through any proxy; what is heard is by how much we are ahead."""
    clock = FakeClock()
    inner = Echo({"date": formatdate(clock.now() - 500, usegmt=True)})
    http = HearingHttp(inner, clock)
    await http.request("GET", "http://a/", changes=False)
    await http.bound(Line("eth0")).request("GET", "http://b/", changes=False)
    await http.through(Secret.literal("http://p")).request("GET", "http://c/", changes=False)
    await http.renew()
    assert [(each.url, each.ahead) for each in http.heard] == [(f"http://{x}/", 500.0) for x in "abc"]
    assert inner.calls[-1] == "renew"


async def test_an_answer_without_a_date_says_nothing():
    """Neither none nor nonsense is an error."""
    for headers in ({}, {"date": "yesterday"}, {"date": "Mon, 99 Foo 2026 99:99:99 GMT"}):
        http = HearingHttp(Echo(headers), FakeClock())
        await http.request("GET", "http://a/", changes=False)
        assert http.heard == []
