"""The doctor and the support bundle, asked by a program."""

import io
import zipfile
from http.client import HTTPConnection

from fakes.api import BASE, PATIENCE


def test_a_walk_is_begun_and_its_findings_are_told(program):
    """One at a time: who asks meanwhile is told of the same, and each finding says what to do where it is wrong."""
    begun = program.ask("POST", "/doctor")
    assert (begun.status, begun.json["is_running"]) == (202, True)
    assert program.ask("POST", "/doctor").json["number"] == begun.json["number"]
    while (seen := program.get("/doctor"))["is_running"]:
        pass
    assert seen["findings"]
    assert {each["verdict"] for each in seen["findings"]} <= {"ok", "note", "wrong"}
    assert all(each["remedy"] for each in seen["findings"] if each["verdict"] == "wrong")
    assert seen["ended"] is not None


def test_a_support_bundle_is_a_file(program):
    """The same as the page's."""
    connection = HTTPConnection(program.place, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {program.token}"}
    connection.request("POST", f"{BASE}/bundle", headers=headers)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.read())) as bundle:
        assert "homeport-support/status.json" in bundle.namelist()
    connection.close()
