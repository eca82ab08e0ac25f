"""`homeport doctor`, as a user runs it."""

import json
import os
import signal
from email.utils import formatdate

import pytest

from fakes.neighbourhood import neighbourhood
from fakes.netns import network_namespace
from fakes.programs import Folder, wait_until


@pytest.fixture
def around(tmp_path):
    """The neighbourhood in a network of its own, for a walk looks at routers and resolvers, too."""
    with network_namespace() as ip:
        ip("link set lo up")
        with neighbourhood(tmp_path) as there:
            yield there


@pytest.fixture
def doctor(around):
    """Run it there."""

    def run(*words):
        return around.folder.run("doctor", *words, check=False)

    return run


def told(done):
    return {one["id"]: one for one in json.loads(done.stdout)["findings"]}


def test_a_machine_that_is_well_enough(around, doctor):
    """The whole walk against local servers: each step has its time, and what works is said to work."""
    around.put("8.8.8.8")
    for each in around.echoes:
        each.headers["Date"] = formatdate(usegmt=True)
    found = told(doctor("--json"))
    for name in (
        "configuration.ok",
        "secrets.ok",
        "state.missing",
        "credentials.ok",
        "outside.ok",
        "zone.ok",
    ):
        assert name in found, found
    assert found["clock.ok"]["sentence"].endswith("as 2 servers say")
    assert found["outside.ok"]["seconds"] > 0
    assert all(one["verdict"] in {"ok", "note", "wrong"} for one in found.values())


def test_a_clock_that_is_off(around, doctor):
    """By what the address services answer with."""
    for each in around.echoes:
        each.headers["Date"] = formatdate(1_600_000_000, usegmt=True)
    assert "ahead" in told(doctor("--json"))["clock.off"]["sentence"]


def test_an_agent_that_runs_is_asked(around, doctor):
    """Its answer on the control channel is part of the walk."""
    with around.folder.running("run", "--no-web", log="log") as process:
        around.folder.wait_for("log", "round.ended")
        found = told(doctor("--json"))
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: process.poll() is not None)
    assert "instance.ok" in found


def test_what_is_wrong_is_said_with_its_remedy(around, doctor):
    """For people: a mark, the time, the sentence, the way out; the exit code is 1."""
    (around.folder.path / "token").unlink()
    done = doctor()
    assert done.returncode == 1
    assert "WRONG" in done.stdout
    assert "the secret file" in done.stdout
    assert "-> `homeport secret set NAME`" in done.stdout
    assert "[secrets.unreadable]" in done.stdout


def test_no_file_and_no_network(tmp_path):
    """It walks to the end all the same, and ends with the first thing to do."""
    home = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}  # noqa: TID251 -- for a child
    with network_namespace():
        done = Folder(tmp_path, home).run("doctor", "--json", "--config", "gone.yaml", check=False)
    found = told(done)
    assert done.returncode == 1
    wrong = [name for name, one in found.items() if one["verdict"] == "wrong"]
    assert wrong[0] == "configuration.not_there"
    assert {"interface.none", "gateway.no_route", "outside.dead"} <= set(wrong)
    assert "clock.unknown" in found


def test_fix_mends_what_is_safe_to_mend(around, doctor):
    """The folder is made, and is no finding of the walk that follows."""
    done = doctor("--fix", "--json")
    assert [line for line in json.loads(done.stdout)["mended"] if "make the folder" in line]
    assert "state.ok" in told(done)
    assert "state.missing" not in told(done)


def test_it_speaks_chinese_and_tells_no_secret(around, doctor):
    """The same findings in other words; nothing that was read is shown."""
    done = doctor("--language", "zh", "--port", "443")
    assert "没有错误  [configuration.ok]" in done.stdout
    assert "[reach.nobody]" in done.stdout
    assert around.cloudflare.secret not in done.stdout + done.stderr
    assert around.cloudflare.secret not in doctor("--json").stdout
