"""Whatever is installed by a test of this room runs as whoever runs the test: no account of this machine is made."""

import sys

import pytest

from homeport.system import _init_script, launchd, openrc, procd


@pytest.fixture(autouse=True)
def own_account(monkeypatch):
    """Return the account that services get: this one."""
    if sys.platform == "win32":
        return None
    import os
    import pwd

    name = pwd.getpwuid(os.geteuid()).pw_name
    for room in (_init_script, launchd, openrc, procd):
        monkeypatch.setattr(room, "ACCOUNT", name)
    return name
