"""What is installed so that Homeport starts by itself, read by those who will read it."""

import re
from dataclasses import replace

import pytest

from fakes.peers import peer
from homeport.system.method import Job
from homeport.system.systemd import STATE, units

EXPOSURE = 2.0  # at most; systemd's scale ends at 10


def job(role, **more):
    program = ("/bin/sh",)  # `verify` wants one that is there
    return Job(role, program, STATE / "homeport.yaml", STATE, **more)


CASES = {
    "agent": job("run"),
    "server": job("serve"),
    "server on port 53": job("serve", binds_low=True),
    "timer": job("once"),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def written(request, tmp_path):
    """The units of one case, as files."""
    made = units(request.param)
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    return [tmp_path / name for name in made]


def test_systemd_finds_nothing_wrong_with_a_unit(written):
    """`systemd-analyze verify` has not a word to say, about the timer neither."""
    done = peer("systemd-analyze").run("verify", *map(str, written))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_unit_exposes_little(written):
    """`systemd-analyze security` counts what a stranger in the process could reach."""
    done = peer("systemd-analyze").run("security", "--offline=true", "--no-pager", str(written[0]))
    [found] = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(found) <= EXPOSURE, done.stdout


def test_an_accounts_own_unit_is_right_too(tmp_path):
    """Read as a user manager reads it."""
    [(name, text)] = units(job("run", scope="user")).items()
    (tmp_path / name).write_text(text)
    analyze = peer("systemd-analyze")
    analyze = replace(analyze, environment={**analyze.environment, "XDG_RUNTIME_DIR": str(tmp_path)})
    done = analyze.run("verify", "--user", str(tmp_path / name))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
