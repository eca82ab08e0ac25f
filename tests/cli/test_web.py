"""`homeport web`, and the page's process beside a real agent: its whole life."""

import hashlib
import json
import os
import shlex
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from fakes.api import Client, access
from fakes.browsing import Browsing, place_of
from fakes.programs import PATIENCE, wait_until

WEB = {"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}"}


@pytest.fixture
def page(around):
    around.configure(changes=WEB)
    return around.folder


def children(process):
    """Return the processes that a process started and that live."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(each) for each in path.read_text(encoding="ascii").split()]


def test_the_link_at_the_first_start_signs_in_and_is_never_told_again(page):
    """In the terminal and in the log's file, at every start until somebody came; then no more."""
    file = page.path / "state" / "homeport.log"
    for log in ("one", "two"):
        with page.running("run", log=log):
            told = page.wait_for(log, "page.unclaimed")
            assert wait_until(lambda link=told["open"]: link in file.read_text())
            if log == "two":
                browser = Browsing(place_of(page, log)).enter(told["open"])
                assert "Sign out" in browser.get("/account")
    with page.running("run", log="three"):
        page.wait_for("three", "record.current")
        assert "page.unclaimed" not in {each["event"] for each in page.events("three")}
        assert Browsing(place_of(page, "three")).ask("GET", "/account")[0] == 303


def test_open_makes_a_link_to_where_the_agent_listens(page):
    """On the port the system chose; printed for people, in JSON for programs, told by nobody in the log."""
    with page.running("run", log="log"):
        place = place_of(page, "log")
        made = page.json("web", "open")
        assert made["url"].startswith(f"http://{place}/enter?link=")
        assert made["fingerprint"] is None
        assert "Account" in Browsing(place).enter(made["url"]).get("/account")
        printed = page.run("web", "open", "--print").stdout.strip()
        assert "Account" in Browsing(place).enter(printed).get("/account")
        for url in (made["url"], printed):
            assert url.split("link=")[1] not in (page.path / "log").read_text()


def test_without_an_agent_or_without_its_page_open_says_so(page):
    """One sentence with the way out."""
    done = page.run("web", "open", check=False)
    assert (done.returncode, done.stdout) == (5, "")
    assert "no agent is running; start it with `homeport run`" in done.stderr
    with page.running("run", "--no-web", log="log"):
        page.wait_for("log", "agent.started")
        done = page.run("web", "open", check=False)
    assert done.returncode == 4
    assert "start it without --no-web" in done.stderr


@pytest.mark.parametrize("runs", [True, False])
def test_a_lost_password_is_no_lock_out(page, runs):
    """Every browser is signed out, the second step is gone, and the next link leads in; with an agent or without."""
    with page.running("run", log="log"):
        browser = Browsing(place_of(page, "log")).enter(page.json("web", "open")["url"])
        browser.post("/account/password", password="a long sentence", again="a long sentence")
        assert "Present password" in browser.get("/account")
        if runs:
            page.run("web", "reset-password")
            assert browser.ask("GET", "/account")[0] == 303
    if not runs:
        page.run("web", "reset-password")
    with page.running("run", log="again"):
        browser.place = place_of(page, "again")
        assert browser.ask("GET", "/account")[0] == 303
        assert "Present password" not in browser.enter(page.json("web", "open")["url"]).get("/account")
        assert "took the password away" in browser.get("/account")
        assert "page.unclaimed" not in {each["event"] for each in page.events("again")}


def test_a_password_can_be_set_before_anybody_looked(page):
    """Of a machine without a screen, or from a container's shell: it claims the page, and a weak one is refused."""
    done = page.run("web", "set-password", text="short\n", check=False)
    assert done.returncode == 4
    assert "at least ten characters" in done.stderr
    done = page.run("web", "set-password", text="a long sentence\n")
    assert "a long sentence" not in done.stdout + done.stderr
    with page.running("run", log="log"):
        page.wait_for("log", "record.verified")
        assert "page.unclaimed" not in {each["event"] for each in page.events("log")}
        browser = Browsing(place_of(page, "log"))
        assert browser.ask("POST", "/login", {"password": "a long sentence"})[0] == 303
        assert "set the password" in browser.get("/account")


def test_the_process_of_the_page_cannot_be_started_by_hand(page):
    """Whoever tries is told what to do."""
    done = page.run("web", "serve", check=False)
    assert done.returncode == 4
    assert "homeport web open" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="children are looked up in /proc")
def test_the_page_comes_and_goes_and_the_agent_stays(page):
    """None before somebody knocks; a killed one is followed by another; all end with the agent, however it ends."""
    with page.running("run", log="log") as agent:
        place = place_of(page, "log")
        page.wait_for("log", "record.verified")
        assert children(agent) == []
        browser = Browsing(place).enter(page.json("web", "open")["url"])
        [first] = children(agent)
        os.kill(first, signal.SIGKILL)
        failed = page.wait_for("log", "page.failed")
        assert "-9" in failed["why"]
        assert "Account" in browser.get("/account")
        [second] = children(agent)
        assert second != first
        agent.kill()
        agent.wait(PATIENCE)
        wait_until(lambda: not Path(f"/proc/{second}").exists())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="children are looked up in /proc")
def test_an_agent_that_is_told_to_stop_takes_its_page_along(page):
    """With a page open, and without a complaint in the log."""
    with page.running("run", log="log") as agent:
        browser = Browsing(place_of(page, "log")).enter(page.json("web", "open")["url"])
        [child] = children(agent)
        waiting = HTTPConnection(browser.place, timeout=PATIENCE)
        waiting.request("GET", "/events", headers={"Cookie": browser.cookie, "Accept": "text/event-stream"})
        waiting.getresponse()
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(PATIENCE) == 0
        assert not Path(f"/proc/{child}").exists()
        waiting.close()
    assert "page.failed" not in {each["event"] for each in page.events("log")}
    assert "Traceback" not in (page.path / "log").read_text()


def test_sessions_survive_a_restart_of_the_agent(page, around):
    """The browser goes on where it was."""
    port = "127.0.0.1:0"
    with page.running("run", log="one"):
        port = place_of(page, "one")
        browser = Browsing(port).enter(page.json("web", "open")["url"])
    around.configure(changes={"  state: state": f"  state: state\n  web: {{listen: '{port}'}}"})
    with page.running("run", log="two"):
        assert place_of(page, "two") == port
        assert "Sign out" in browser.get("/account")


def test_a_reload_that_changes_the_page_begins_it_anew(page, around):
    """On the new port, by the new rules; one that does not leaves it alone."""
    with page.running("run", log="log"):
        place = place_of(page, "log")
        browser = Browsing(place).enter(page.json("web", "open")["url"])
        around.configure(changes={**WEB, "types: [A]": "types: [A], ttl: 120"})
        page.run("config", "reload")
        assert "Account" in browser.get("/account")
        around.configure(
            changes={"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0', names: [nas.example]}"}
        )
        page.run("config", "reload")
        moved = wait_until(
            lambda: [
                each["address"]
                for each in page.events("log")
                if each["event"] == "listener.opened" and each["address"] != place
            ]
        )
        browser.place = moved[-1]
        assert browser.ask("GET", "/account")[0] == 200
        assert browser.ask("GET", "/account", Host="nas.example")[0] == 200
        with pytest.raises(OSError, match="refused"):
            Browsing(place).get("/")


def test_a_port_that_is_taken_is_told_and_names_are_kept(page, around):
    """The agent works; `web open` says which port, and why."""
    with page.running("run", log="one"):
        place = place_of(page, "one")
        around.configure(changes={"  state: state": f"  state: state2\n  web: {{listen: '{place}'}}"})
        with page.running("run", log="two"):
            failed = page.wait_for("two", "page.failed")
            assert failed["listen"] == [place]
            page.wait_for("two", "record.current")
            done = page.run("web", "open", check=False)
            assert done.returncode == 5
            assert place in done.stderr


def test_beyond_loopback_it_is_told_what_is_lacking(page, around):
    """TLS and a password, each in a warning; with both there is none."""
    everywhere = "  state: state\n  web: {{listen: '0.0.0.0:0'{}}}"
    around.configure(changes={"  state: state": everywhere.format("")})
    with page.running("run", log="one"):
        hints = wait_until(
            lambda: (
                found
                if len(found := [e["hint"] for e in page.events("one") if e["event"] == "listener.exposed"])
                == 2
                else None
            )
        )
        assert "agent.web.tls" in hints[0]
        assert "password" in hints[1]
        url = page.json("web", "open")["url"]
        assert url.startswith("http://127.0.0.1:")
    with sqlite3.connect(page.path / "state" / "access.db") as database:
        database.execute("INSERT INTO setting VALUES ('password', 'a hash')")
    database.close()
    around.configure(changes={"  state: state": everywhere.format(", tls: generated")})
    with page.running("run", log="two"):
        page.wait_for("two", "record.current")
        place_of(page, "two")
        assert page.json("web", "open")["url"].startswith("https://127.0.0.1:")
    assert "listener.exposed" not in {each["event"] for each in page.events("two")}


def test_a_certificate_of_its_own_is_told_and_can_be_compared(page, around):
    """The log, the command and the browser see one fingerprint; plain HTTP is told what the port speaks."""
    around.configure(
        changes={"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0', tls: generated}"}
    )
    with page.running("run", log="log"):
        host, _, port = place_of(page, "log").rpartition(":")
        assert Browsing(f"{host}:{port}").ask("GET", "/")[0] == 400
        shown = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, int(port)), timeout=PATIENCE))
        fingerprint = hashlib.sha256(shown).digest().hex(":").upper()
        assert page.wait_for("log", "page.certified")["fingerprint"] == fingerprint
        assert page.json("web", "open")["fingerprint"] == fingerprint
        assert fingerprint in page.run("web", "open", "--print").stdout


def test_a_certificate_that_cannot_be_used_is_told_and_names_are_kept(page, around):
    """The page fails with the reason in the log, ever more slowly; the agent publishes all the same."""
    around.configure(
        changes={
            "  state: state": "  state: state\n  web: {listen: '127.0.0.1:0', tls: {certificate: no, key: no}}"
        }
    )
    with page.running("run", log="log"):
        page.wait_for("log", "record.verified")
        host, _, port = place_of(page, "log").rpartition(":")
        with socket.create_connection((host, int(port))):
            assert "exit code 2" in page.wait_for("log", "page.failed")["why"]
        assert "agent.web.tls" in (page.path / "state" / "homeport.log").read_text()


IDLE = """
import asyncio, json, sys
from homeport.jobs.clock import SystemClock
from homeport.system.on_demand import OnDemand, listen_on
async def main():
    listeners = listen_on("127.0.0.1", 0)
    print(listeners[0].getsockname()[1], flush=True)
    class Told(OnDemand):
        async def _lend(self):
            print("begins", flush=True)
            status = await super()._lend()
            print("ended", status, flush=True)
            return status
    await Told(listeners, json.loads(sys.argv[1]), SystemClock()).run()
asyncio.run(main())
"""


def test_nobody_looking_ends_it_and_the_next_one_has_it_again(page):
    """After its idle time, with status 0: nothing of it is left until somebody comes, who waits no retry."""
    program = [sys.executable, "-m", "homeport", "web", "serve", "--idle", "1.2"]
    with subprocess.Popen(
        [sys.executable, "-c", IDLE, json.dumps(program)], cwd=page.path, stdout=subprocess.PIPE, text=True
    ) as lender:
        port = int(lender.stdout.readline())
        try:
            for _ in range(2):
                assert Browsing(f"127.0.0.1:{port}").ask("GET", "/healthz")[0] == 200
                assert lender.stdout.readline() == "begins\n"
                held = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
                held.request("GET", "/healthz")
                held.getresponse().read()
                held.close()
                assert lender.stdout.readline() == "ended 0\n"
        finally:
            lender.terminate()


def test_a_token_lets_a_program_in_until_it_is_revoked(page):
    """Printed once, kept as a digest, in force at once, whether an agent runs or not; each is written down."""
    first = page.json("web", "token", "create", "--label", "a script", "--may", "read", "--days", "2")
    assert first["token"].startswith(f"{first['id']}.")
    with page.running("run", log="log"):
        place = place_of(page, "log")
        page.wait_for("log", "record.verified")
        printed = page.run("web", "token", "create", "--label", "another", "--may", "act").stdout.strip()
        for token in (first["token"], printed):
            assert Client(place, token).get("/status")["exit_code"] == 0
        listed = page.json("web", "token", "list")
        assert {(each["label"], each["may"]) for each in listed} == {("a script", "read"), ("another", "act")}
        shown = page.run("web", "token", "list").stdout
        assert f"{first['id']}  read   a script  (used " in shown
        assert ", ends " in shown
        assert first["token"].partition(".")[2] not in shown + str(listed)
        page.run("web", "token", "revoke", first["id"])
        assert Client(place, first["token"]).ask("GET", "/status").status == 401
        assert Client(place, printed).ask("GET", "/status").status == 200
        done = page.run("web", "token", "revoke", first["id"], check=False)
        assert done.returncode == 4
        assert "`homeport web token list` shows them" in done.stderr
        logged = (page.path / "log").read_text()
    assert first["token"].partition(".")[2] not in logged
    done = [each.what for each in access(page.path / "state").audited()]
    assert [each for each in done if each != "token.refused"] == ["token.revoked", "token.made", "token.made"]


@pytest.mark.parametrize(
    "words",
    [
        ["--label", "x"],
        ["--may", "read"],
        ["--label", "x", "--may", "all"],
        ["--label", " ", "--may", "read"],
    ],
)
def test_a_token_says_what_it_is_for_and_what_it_may(page, words):
    """Nothing is made before; and what the list says to type makes one."""
    assert page.run("web", "token", "create", *words, check=False).returncode in {2, 4}
    hint, made = page.run("web", "token", "list").stdout.split(": ")
    assert hint == "no token; make one with"
    assert page.run(*shlex.split(made)[1:]).stdout.count(".") == 1
