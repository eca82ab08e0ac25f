"""What the operating system is told to start."""

from pathlib import Path

import pytest

from homeport.system.method import Job

PROGRAM = ("/usr/bin/python3", "-m", "homeport")


def job(role):
    return Job(role, PROGRAM, Path("/etc/homeport/homeport.yaml"), Path("/var/lib/homeport"))


@pytest.mark.parametrize(("role", "more"), [("run", ["--no-web"]), ("once", []), ("serve", [])])
def test_runs_the_role_with_its_file(role, more):
    """The file is always named: a service has no folder and no environment to look for it in."""
    assert list(job(role).command) == [*PROGRAM, role, "--config", "/etc/homeport/homeport.yaml", *more]


def test_tells_what_stays_from_what_ends():
    """`once` ends by itself and must be started again and again."""
    assert [role for role in ("run", "once", "serve") if job(role).stays] == ["run", "serve"]
