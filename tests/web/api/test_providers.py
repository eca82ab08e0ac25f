"""The hosts, and whether one takes credentials, asked by a program."""

import pytest

from homeport import providers
from homeport.web.hosts import host


def test_hosts_are_found_by_any_word_for_them(program):
    """In the language that is asked for."""
    every = {each["kind"] for each in program.get("/providers")["providers"]}
    assert every == {kind for kind in providers.kinds() if host(kind, "")}
    assert [each["kind"] for each in program.get("/providers?q=duckd")["providers"]] == ["duckdns"]
    chinese = program.ask("GET", "/providers?q=alidns", accept_language="zh-CN").json["providers"]
    assert "阿里云" in chinese[0]["title"]


@pytest.mark.parametrize("kind", ["cloudflare", "duckdns", "http", "dyndns2"])
def test_a_host_says_what_it_takes(program, kind):
    """Each setting with its type; a secret is marked as one."""
    found = program.get(f"/providers/{kind}")
    assert found["provider"]["kind"] == kind
    assert any(each["is_secret"] for each in found["settings"])
    for wrong in ("nothing", "_base", "..%2f", "Cloudflare"):
        assert program.ask("GET", f"/providers/{wrong}").status == 404


def test_credentials_are_tried_at_the_host_and_kept_nowhere(program, around):
    """Right ones see their zones, wrong ones are told so in the host's words; the file and the store stay."""
    before = sorted(each.name for each in around.folder.path.iterdir())
    here = {"base_url": f"{around.cloudflare.url}/client/v4"}
    right = {"settings": {**here, "token": around.cloudflare.secret}}
    assert program.ask("POST", "/providers/cloudflare/zones", right).json == {
        "is_accepted": True,
        "zones": ["example.com", "example.net"],
        "problems": {},
        "why": "",
        "answer": "",
    }
    wrong = program.ask("POST", "/providers/cloudflare/zones", {"settings": {**here, "token": "wr0ng-t0ken"}})
    assert not wrong.json["is_accepted"]
    assert wrong.json["why"]
    assert "wr0ng-t0ken" not in wrong.text
    metadata = {"settings": {"base_url": "http://169.254.169.254/", "token": "x"}}
    assert set(program.ask("POST", "/providers/cloudflare/zones", metadata).json["problems"]) == {"base_url"}
    assert set(program.ask("POST", "/providers/cloudflare/zones", {"settings": {}}).json["problems"]) == {
        "token"
    }
    assert program.ask("POST", "/providers/cloudflare/zones", {"settings": {"nothing": "x"}}).status == 422
    assert sorted(each.name for each in around.folder.path.iterdir()) == before
