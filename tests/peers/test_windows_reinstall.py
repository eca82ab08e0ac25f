"""Installed again on Windows: one that fails leaves the former as it was, and another way takes its place."""

import shutil

import pytest

from fakes.wine import Machine

FILE = """
agent:
  {state}
  addresses: {{lan: {{detect: [{{kind: static, address: {address}}}], allow_private: true}}}}
"""
SERVICE = ("--method", "windows-service")
MINE = ("--config", "C:/users/mine/homeport.yaml")


@pytest.fixture
def machine(windows, top):
    """A machine on which nothing is installed, and somebody's folder for a file."""
    machine = Machine(windows, top)
    mine = machine.drive / "users/mine"
    shutil.rmtree(mine, ignore_errors=True)
    mine.mkdir()
    with machine.running():
        yield machine
        machine.homeport("service", "uninstall", "--scope", "machine")
        machine.homeport("service", "uninstall", "--method", "registry")
    shutil.rmtree(mine)


def write(machine, address="203.0.113.7", state=""):
    (machine.drive / "users/mine/homeport.yaml").write_text(FILE.format(address=address, state=state))


def test_a_failed_second_time_leaves_the_service_as_it_was(machine):
    """Windows has the former command, the former file lies there, and the service runs again."""
    write(machine)
    assert "proven: windows-service started it" in machine.homeport("service", "install", *SERVICE, *MINE)
    before = (machine.folder / "homeport.yaml").read_bytes()
    command = machine.run(
        "reg", "query", r"HKLM\SYSTEM\CurrentControlSet\Services\homeport", "/v", "ImagePath"
    )
    (machine.folder / "blocked/agent.db").mkdir(parents=True)
    write(machine, "203.0.113.8", "state: C:/ProgramData/Homeport/blocked")
    said = machine.homeport("service", "install", *SERVICE, *MINE)
    assert "windows-service (run, for the whole machine) stands as before and runs again" in said
    assert "cannot be opened by this account" in said, "its last words"
    assert (machine.folder / "homeport.yaml").read_bytes() == before
    assert not (machine.folder / "homeport.yaml.before").exists()
    assert command == machine.run(
        "reg", "query", r"HKLM\SYSTEM\CurrentControlSet\Services\homeport", "/v", "ImagePath"
    )
    assert "RUNNING" in machine.run("sc", "query", "homeport")
    assert "enabled, running" in machine.homeport("service", "status", *SERVICE)


def test_a_failed_first_time_leaves_nothing(machine):
    """No service, and no file in the machine's folder but the log that says why."""
    (machine.folder / "blocked/agent.db").mkdir(parents=True)
    write(machine, state="state: C:/ProgramData/Homeport/blocked")
    assert "was removed again" in machine.homeport("service", "install", *SERVICE, *MINE)
    assert "nothing starts homeport on this machine" in machine.homeport("service", "status")
    assert not (machine.folder / "homeport.yaml").exists()


def test_the_service_takes_the_place_of_the_run_key(machine):
    """The Run key's program is ended before, its value removed once the service is proven; and back again."""
    write(machine)
    key = ("--method", "registry", "--scope", "user")
    assert "proven: registry started it" in machine.homeport("service", "install", *key, *MINE)
    said = machine.homeport("service", "install", *SERVICE, *MINE)
    assert "moving: registry (run, for this account) is stopped now" in said
    assert "removed: registry (run, for this account), whose place it takes" in said
    assert r"state: C:\ProgramData\Homeport\agent.db, copied from " in said
    assert "proven: windows-service started it" in said
    stands = machine.homeport("service", "status")
    assert "registry" not in stands
    assert "windows-service (run, for the whole machine): enabled, running" in stands
    said = machine.homeport("service", "install", *key, *MINE)
    assert "removed: windows-service (run, for the whole machine), whose place it takes" in said
    assert "windows-service" not in machine.homeport("service", "status")
