"""What the page costs: an overview of 500 names, 50 of them open at once, and what is left when they are closed.

An agent keeps 500 names at a fake host on this machine. Measured: the first byte and the whole of the overview over a
socket, and until Chromium has laid it out; what a browser loads, compressed; the processor time of the page's process
while 50 pages are open for a minute in which every name changes once; the agent's memory before anybody knocked and
after the page's process has ended. Prints one JSON object.
"""

import gzip
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import _results
from _process import cpu, homeport, rss_mib, running

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from many_names import host  # noqa: E402 -- a bench beside this one

from fakes.browser import chromium  # noqa: E402

NAMES = 500
PORT = 29_877
OPEN = int(os.environ.get("HOMEPORT_BENCH_PAGES", "50"))
MINUTE = float(os.environ.get("HOMEPORT_BENCH_IDLE", "60"))  # seconds
LOOKS = 20
SETTLE = 2000  # milliseconds
AGENT = {"interval": 86_400, "web": {"listen": [f"127.0.0.1:{PORT}"]}, "state": "state"}


def configured(folder, settings):
    Path(folder, "address").write_text("203.0.113.1")
    source = {"detect": [{"kind": "file", "path": "address"}], "allow_private": True}
    given = {"kind": "cloudflare", "zone": "example.com", "nameservers": ["127.0.0.1:9"], **settings}
    records = [
        {"name": f"h{number}.example.com", "types": ["A"], "address": "here", "provider": "host"}
        for number in range(NAMES)
    ]
    agent = AGENT | {"addresses": {"here": source}, "providers": {"host": given}, "records": records}
    Path(folder, "homeport.yaml").write_text(json.dumps({"agent": agent}))


def said(folder, *words):
    done = subprocess.run(homeport(*words), cwd=folder, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.stdout.startswith("{") else {}


def move(folder, number):
    """Let every name have another address, and wait until they do."""
    wanted = f"203.0.113.{number}"
    Path(folder, "address").write_text(wanted)
    said(folder, "config", "reload")  # a file is looked at when something happens
    for _ in range(600):
        records = said(folder, "status", "--json").get("records", [])
        if len(records) == NAMES and all(
            record["published"] and wanted in record["published"]["rdata"] for record in records
        ):
            return
        time.sleep(0.2)
    raise SystemExit("the names never changed")


def ask(method, path, cookie="", body=""):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    headers = {"cookie": cookie, "accept-encoding": "gzip"}
    if body:
        headers["content-type"] = "application/x-www-form-urlencoded"
    begin = time.perf_counter()
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    first = time.perf_counter() - begin
    return connection, answer, first


def enter(folder):
    """Return the cookie of a session."""
    link = said(folder, "web", "open", "--json")["url"].partition("link=")[2]
    _, answer, _ = ask("POST", "/enter", body=f"link={link}")
    return answer.headers["set-cookie"].partition(";")[0]


def weight(cookie):
    """Return the KiB that a browser loads for the overview, compressed as they are sent or could be."""
    _, answer, _ = ask("GET", "/", cookie)
    sent = answer.read()
    page = (
        gzip.decompress(sent).decode() if answer.headers.get("content-encoding") == "gzip" else sent.decode()
    )
    brought = (
        "/static/vendor/htmx.min.js",
        "/static/vendor/hx-sse.min.js",
    )  # by a script, once all stands there
    rest = re.findall(r'data-rest="([^"]+)"', page)
    for path in dict.fromkeys([*re.findall(r'(?:src|href)="(/static/[^"]+)"', page), *brought, *rest]):
        _, answer, _ = ask("GET", path, cookie)
        sent += answer.read()
    return len(sent) / 1024


def speed(cookie):
    """Return the median seconds to the first byte."""
    firsts = []
    for _ in range(LOOKS):
        connection, answer, first = ask("GET", "/", cookie)
        answer.read()
        connection.close()
        firsts.append(first)
    return statistics.median(firsts)


def drawn(cookie, start):
    """Return the median milliseconds until Chromium has loaded and laid out the overview, and until all rows are there.

    From a `start` that is empty Chromium begins another process for it, which is part of what is measured.
    """
    name, _, value = cookie.partition("=")
    took = []
    with chromium() as browser:
        context = browser.new_context()
        context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{PORT}"}])
        for _ in range(LOOKS // 2):
            page = context.new_page()
            page.goto(start)
            page.wait_for_timeout(
                SETTLE
            )  # a window of Chromium's loads pages of its own, as many as ours has parts
            page.goto(f"http://127.0.0.1:{PORT}/", wait_until="load")
            loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart")
            page.wait_for_selector(f"#records tr[id] >> nth={NAMES - 1}", state="attached")
            took.append((loaded, page.evaluate("performance.now()")))
            page.close()
    return [statistics.median(each) for each in zip(*took[1:], strict=True)]


def page_process(agent):
    """Return the process of the page, `None` while there is none."""
    children = Path(f"/proc/{agent}/task/{agent}/children").read_text().split()
    return int(children[0]) if children else None


def share(folder, cookie, agent):
    """Return which share of a core `OPEN` pages cost in a minute in which every name changes."""
    streams = [ask("GET", "/events", cookie)[:2] for _ in range(OPEN)]
    time.sleep(3)
    child = page_process(agent)
    before, begin = cpu(child), time.monotonic()
    move(folder, 77)
    time.sleep(max(0.0, MINUTE - (time.monotonic() - begin)))
    spent = (cpu(child) - before) / (time.monotonic() - begin)
    for connection, answer in streams:
        answer.close()
        connection.close()
    return spent * 100


def main():
    with tempfile.TemporaryDirectory() as folder, host("cloudflare") as there:
        configured(folder, there.settings)
        with running(folder, homeport("run")) as [agent]:
            time.sleep(5)
            move(folder, 2)
            time.sleep(3)
            before = rss_mib(agent.pid)
            cookie = enter(folder)
            speed(cookie)
            first = speed(cookie)
            loaded, whole = drawn(cookie, f"http://127.0.0.1:{PORT}/account")
            anew, whole_anew = drawn(cookie, "about:blank")
            rows = [
                _results.at_most("overview of 500 names: first byte", first * 1000, 30, "ms"),
                _results.at_most("overview of 500 names: complete in Chromium", loaded, 150, "ms"),
                _results.row(
                    "the same, all rows below the first there", whole, "ms", "for comparison", ok=True
                ),
                _results.row("the same, in a new tab", anew, "ms", "for comparison", ok=True),
                _results.row("the same, in a new tab, all rows", whole_anew, "ms", "for comparison", ok=True),
                _results.at_most("what a browser loads, compressed", weight(cookie), 120, "KiB"),
                _results.at_most(
                    f"{OPEN} open pages, every name changed once a minute",
                    share(folder, cookie, agent.pid),
                    5,
                    "% of a core",
                ),
            ]
            while page_process(agent.pid):
                time.sleep(1)
            rows.append(
                _results.at_most(
                    "agent's memory after the page was closed", rss_mib(agent.pid) - before, 8, "MiB more"
                )
            )
    _results.show("page", rows)


if __name__ == "__main__":
    main()
