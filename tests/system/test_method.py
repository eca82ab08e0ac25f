"""What every way of being started is given."""

from pathlib import Path

import pytest

from homeport.system.method import Job


def job(role):
    return Job(role, ("/opt/homeport/bin/homeport",), Path("/etc/h.yaml"), Path("/var/lib/homeport"))


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        ("run", ["run", "--config", "/etc/h.yaml", "--no-web"]),
        ("serve", ["serve", "--config", "/etc/h.yaml"]),
        ("once", ["once", "--config", "/etc/h.yaml"]),
    ],
)
def test_the_command_names_its_file(role, wanted):
    """Nothing is left to be looked for in a working directory that nobody chose."""
    assert list(job(role).command) == ["/opt/homeport/bin/homeport", *wanted]


def test_once_does_not_stay():
    """It is started again every so often; the others are kept running."""
    assert [job(role).stays for role in ("run", "serve", "once")] == [True, True, False]
