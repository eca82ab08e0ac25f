"""`homeport config` says everything there is to say about a file."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from click.testing import CliRunner

from homeport.cli import main
from homeport.net import channel

GOOD = "server:\n  key: hunter2\n"
BAD = "agent:\n  intervall: 60\n  records: x\n  providers: {p: hunter2}\n"


@pytest.fixture
def check(tmp_path):
    """Check a text, return the whole result."""

    def check(text, *words):
        path = tmp_path / "homeport.yaml"
        path.write_text(text)
        path.chmod(0o600)
        done = CliRunner().invoke(main, ["config", "check", "--config", str(path), *words])
        assert "hunter2" not in done.output
        return done

    return check


def test_a_good_file(check, tmp_path):
    """A good file is good, its warnings are told, and the status is 0."""
    done = check(GOOD)
    path = tmp_path / "homeport.yaml"
    assert (done.exit_code, done.stdout) == (0, f"{path}: good\n")
    assert done.stderr.startswith(f"warning: {path}:2: server.key: a secret stands in the file;")


def test_a_bad_file(check, tmp_path):
    """Every fault is told with its line, and the status is 2."""
    done = check(BAD)
    path = tmp_path / "homeport.yaml"
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f'{path}:2: agent.intervall: unknown key; did you mean "interval"?',
        f"{path}:3: agent.records: expected a list, found a text",
        f"{path}:4: agent.providers.p: expected a mapping with `kind`, found a text",
    ]


@pytest.mark.parametrize("scheme", ["keyring", "vault"])
def test_a_secret_that_cannot_be_read(check, tmp_path, scheme):
    """A file that names one at a place which this version does not know is not good; the way out is told."""
    done = check(f"server:\n  key: {scheme}:hunter2\n")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"{tmp_path / 'homeport.yaml'}:2: server.key: this version does not read {scheme}: yet; write secret:NAME,"
        " which `homeport secret set NAME` stores, env:NAME or file:/path\n"
    )


def test_json(check, tmp_path):
    """Machines get the same, by line and path."""
    told = json.loads(check(BAD, "--json").stdout)
    assert told["good"] is False
    assert told["errors"][0] == {
        "line": 2,
        "path": "agent.intervall",
        "message": 'unknown key; did you mean "interval"?',
    }
    good = json.loads(check(GOOD, "--json").stdout)
    assert (good["good"], good["errors"], len(good["warnings"])) == (True, [], 1)


def test_a_file_by_name(tmp_path):
    """The file may be named without an option; a missing one is status 2."""
    done = CliRunner().invoke(main, ["config", "check", str(tmp_path / "none.yaml")])
    assert done.exit_code == 2
    assert "there is no such file" in done.stderr


def test_schema():
    """The schema is JSON and knows both parts."""
    done = CliRunner().invoke(main, ["config", "schema"])
    assert done.exit_code == 0
    assert set(json.loads(done.stdout)["properties"]) == {"agent", "server"}


def test_reload_without_an_agent(tmp_path):
    """With nobody there to read it, the status says unreachable and the sentence says what to start."""
    path = tmp_path / "homeport.yaml"
    path.write_text(f"agent: {{state: {tmp_path}}}")
    done = CliRunner().invoke(main, ["config", "reload", "--config", str(path)])
    assert done.exit_code == 5
    assert "nothing of this file runs" in done.stderr


def test_reload_asks_the_agent(tmp_path):
    """What the agent says changed is printed."""
    path = tmp_path / "homeport.yaml"
    path.write_text(f"agent: {{state: {tmp_path}}}")
    from homeport.agent import DATABASE

    ready, stop = threading.Event(), []

    async def answer(_args):
        return {"changed": ["records"]}

    async def agent():
        done = asyncio.Event()
        stop.append((asyncio.get_running_loop(), done))
        async with channel.serve(channel.path_for(tmp_path / DATABASE), {"reload": answer}):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: asyncio.run(agent()))
    thread.start()
    try:
        assert ready.wait(30)
        done = CliRunner().invoke(main, ["config", "reload", "--config", str(path)])
        assert (done.exit_code, done.stdout) == (0, "records\n")
    finally:
        loop, event = stop[0]
        loop.call_soon_threadsafe(event.set)
        thread.join()


def test_no_command_shows_a_secret(tmp_path):
    """A secret that stands in the file is in no output of any command that reads it, whatever its log level."""
    path = tmp_path / "homeport.yaml"
    path.write_text(
        f"agent:\n  state: {tmp_path}\n  providers:\n    d: {{kind: duckdns, token: hunter2}}\n"
        "  addresses: {here: {detect: [{kind: static, address: 192.0.2.1}], allow_private: true}}\n"
        "  records: [{name: hunt.duckdns.org, types: A, address: here, provider: d}]\n"
    )
    commands = [
        ["config", "check"],
        ["config", "check", "--json"],
        ["config", "reload"],
        ["providers", "duckdns"],
        ["plan"],
        ["plan", "--json"],
        ["detect"],
        ["status", "--json"],
        ["secret", "list"],
    ]
    for words in commands:
        done = CliRunner().invoke(main, [*words, "--config", str(path), "--log-level", "debug"])
        assert done.output, words
        assert "hunter2" not in done.output, words
    assert "hunter2" not in CliRunner().invoke(main, ["config", "schema"]).output
