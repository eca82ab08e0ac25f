"""The file by the API, with a real agent that takes it: seen, judged, planned, changed, undone, and never its secrets."""

import pytest

from fakes.api import client
from fakes.neighbourhood import neighbourhood
from homeport.web.api.operation import FORM_BYTES

WEB = {"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}"}
LITERAL = "l1teral-S3cret-in-the-file"
SPARE = f"    spare: {{kind: duckdns, token: '{LITERAL}'}}\n"
MORE = "    - {name: more.example.com, types: [A], address: wan, provider: cf}\n"


@pytest.fixture(scope="module")
def around(tmp_path_factory):
    """An agent whose file has a secret in it."""
    with neighbourhood(tmp_path_factory.mktemp("file")) as there:
        there.configure(changes={**WEB, "  providers:\n": f"  providers:\n{SPARE}"})
        with there.folder.running("run", log="log"):
            there.folder.wait_for("log", "record.verified")
            yield there


def put(program, text, mark):
    return program.ask("PUT", "/config", {"text": text}, if_match=f'"{mark}"')


def test_a_change_is_judged_shown_saved_taken_and_undone(program, around):
    """As on the page: a diff and a plan, the file as it was typed, an agent that works with it, and the way back."""
    seen = program.ask("GET", "/config")
    file = seen.json
    assert seen.headers["etag"] == f'"{file["mark"]}"'
    assert "token: '***'" in file["text"]
    changed = file["text"].replace("  providers:\n", f"{MORE}  providers:\n")
    assert program.ask("POST", "/config/check", {"text": changed}).json == {"faults": []}
    proposed = program.ask("POST", "/config/plan", {"text": changed}).json
    assert [each["text"] for each in proposed["diff"] if each["look"] == "come"] == [MORE.rstrip("\n")]
    assert [each["record"] for each in proposed["changes"]] == ["more.example.com A"]
    saved = put(program, changed, file["mark"])
    assert (saved.status, saved.json["is_taken"]) == (200, True)
    assert saved.headers["etag"] == f'"{saved.json["mark"]}"'
    assert LITERAL in (around.folder.path / "homeport.yaml").read_text()
    assert program.get("/config")["text"] == changed
    assert put(program, changed, saved.json["mark"]).json == saved.json
    program.ask("POST", "/round")
    assert program.get("/records/more.example.com")["records"][0]["state"] == "current"
    [version] = program.get("/config/versions")["versions"]
    for mark, status in ((file["mark"], 412), (saved.json["mark"], 200)):
        undone = program.ask("POST", "/config/undo", {"version": version["id"]}, if_match=f'"{mark}"')
        assert undone.status == status
    assert program.get("/config")["text"] == file["text"]
    done = [each["what"] for each in program.get("/audit")["lines"]]
    assert [each for each in done if each.startswith("file.")] == ["file.undone", "file.changed"]
    gone = program.ask("POST", "/config/undo", {"version": "1"}, if_match=undone.json["mark"])
    assert gone.status == 422


def test_nothing_is_written_over_what_was_not_seen(program, around):
    """A mark is needed, and it is the present one's."""
    file, before = program.get("/config"), (around.folder.path / "homeport.yaml").read_text()
    text = file["text"].replace("debounce: 0.05", "debounce: 0.06")
    assert program.ask("PUT", "/config", {"text": text}).status == 428
    for mark in ("", "*", "x" * 32):
        assert put(program, text, mark).status == 412
    assert (around.folder.path / "homeport.yaml").read_text() == before


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("debounce: 0.05", "debounce: often", 1),
        ("token: '***'", "token: 'env:HOME'", 1),
        ("      detect:", "      detect:\n        - {kind: command, command: [id]}", 1),
        ("zone: example.com", "zone: example.com\n      base_url: http://192.0.2.1/", 1),
    ],
)
def test_what_a_page_may_not_save_a_program_may_not(program, around, old, new, line):
    """Faults of the file with their lines, and the page's own rules; nothing is written."""
    file, before = program.get("/config"), (around.folder.path / "homeport.yaml").read_text()
    text = file["text"].replace(old, new, 1)
    assert text != file["text"]
    assert program.ask("POST", "/config/check", {"text": text}).json["faults"]
    answer = put(program, text, file["mark"])
    assert answer.status == 422
    assert answer.json["faults"][0]["line"] >= line
    assert program.ask("POST", "/config/plan", {"text": text}).status == 422
    assert LITERAL not in answer.text
    assert (around.folder.path / "homeport.yaml").read_text() == before


@pytest.mark.parametrize("password", ["secret:fritz", "env:HOME", "file:token", "***"])
def test_a_router_gets_no_password_that_stands_elsewhere(program, around, password):
    """As on the page: what is no password of its own is refused, and nothing is written."""
    file, before = program.get("/config"), (around.folder.path / "homeport.yaml").read_text()
    text = file["text"] + f"  push: {{fritz: {{password: '{password}'}}}}\n"
    answer = put(program, text, file["mark"])
    assert (answer.status, answer.json["faults"][0]["path"]) == (422, "agent.push.fritz.password")
    assert (around.folder.path / "homeport.yaml").read_text() == before


def test_a_routers_password_goes_into_the_store(program, around):
    """It is typed once, and is in no answer and not in the file; the agent lets the router push at once."""
    file = program.get("/config")
    text = file["text"] + "  push: {fritz: {password: typed-passw0rd, names: home.example.com}}\n"
    saved = put(program, text, file["mark"])
    assert (saved.status, saved.json["is_taken"]) == (200, True)
    assert "typed-passw0rd" not in saved.text + program.ask("GET", "/config").text
    assert "password: secret:fritz-password" in (around.folder.path / "homeport.yaml").read_text()
    [word] = program.get("/status")["pushed"]
    assert (word["by"], word["names"]) == ("fritz", ["home.example.com"])
    mark = saved.json["mark"]
    assert put(program, file["text"], mark).status == 200
    assert program.get("/status")["pushed"] == []


def test_a_file_that_cannot_be_read_is_not_shown_in_part(program, around):
    """Nobody knows what is secret in it: each fault is told, and the agent goes on with the last good one."""
    path = around.folder.path / "homeport.yaml"
    before = path.read_text()
    path.write_text(before + "  nonsense: 1\n")
    for method, where in (("GET", "/config"), ("GET", "/plan"), ("POST", "/detect")):
        answer = program.ask(method, where)
        assert answer.status == 409
        assert "nonsense" in answer.json["faults"][0]["message"]
        assert LITERAL not in answer.text
    path.unlink()
    assert program.ask("GET", "/config").status == 404
    path.write_text(before)
    assert program.get("/records")["records"][0]["state"] == "current"
    assert FORM_BYTES > 512 * 1024  # a whole file goes into a request


def test_what_a_round_would_do_and_what_witnesses_say_is_asked_anew(program, around):
    """Of what is published, nothing; of the address sources, what they say now."""
    assert program.get("/plan") == {"changes": [], "held": []}
    around.say("9.9.9.9")
    assert program.get("/plan")["changes"][0]["after"] == ["9.9.9.9"]
    for body in ({}, {"source": "wan"}):
        found = program.ask("POST", "/detect", body).json["addresses"]
        assert {tuple(each["addresses"]) for each in found if each["family"] == "IPv4"} == {("9.9.9.9",)}
    assert program.ask("POST", "/detect", {"source": "nothing"}).status == 404
    around.say("8.8.8.8")
    reader = client(around.folder, "log", "read")  # who only reads has nobody out there asked, however often
    assert {
        reader.ask(*what).status for what in (("GET", "/plan"), ("HEAD", "/plan"), ("POST", "/detect"))
    } == {403}
