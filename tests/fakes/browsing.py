"""A page of a real agent, asked over real sockets as a browser does, cookie and all."""

import http.client
import re
from contextlib import closing
from urllib.parse import urlencode, urlsplit

PATIENCE = 60.0  # seconds; a bound for machines that are very busy
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Browsing:
    """One browser, which follows no redirect.

    Args:
        place: `address:port`.
    """

    def __init__(self, place):
        self.place = place
        self.cookie = ""

    def ask(self, method, path, fields=None, **headers):
        """Return status, headers and text of an answer."""
        body = None if fields is None else urlencode(fields)
        with closing(http.client.HTTPConnection(self.place, timeout=PATIENCE)) as connection:
            sent = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded", **headers}
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        if said := answer.headers.get("set-cookie"):
            self.cookie = said.split(";")[0]
        return answer.status, answer.headers, text

    def get(self, path):
        return self.ask("GET", path)[2]

    def post(self, path, **fields):
        token = TOKEN.search(self.get("/account"))
        return self.ask("POST", path, {"csrf": token[1] if token else "", **fields})

    def enter(self, url):
        """Sign in by a link."""
        link = urlsplit(url).query.removeprefix("link=")
        status, _, text = self.ask("POST", "/enter", {"link": link})
        assert status == 303, text
        return self


def place_of(folder, log):
    """Return where the agent that logs there has its page."""
    return folder.wait_for(log, "listener.opened", listener="page")["address"]
