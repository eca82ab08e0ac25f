"""An address that a program prints."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from fakes.clock import settle
from fakes.tools import toolbox
from homeport.detectors.command import Command, Settings
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Unknown


async def run(program, family=Family.V4, patience=60):
    settings = Settings(run=(sys.executable, "-c", program), timeout=patience)
    return await Command(settings, toolbox()).detect(family)


async def test_one_address_a_line_is_learned():
    """Order is kept, empty lines and repetitions are not."""
    verdict = await run("print('203.0.113.9\\n\\n 203.0.113.8 \\n203.0.113.9')")
    assert verdict == Addresses((parse_address("203.0.113.9"), parse_address("203.0.113.8")))


async def test_of_two_families_the_one_asked_for_counts():
    """A program may print all it knows."""
    printed = "print('203.0.113.9\\n2001:db8::9')"
    assert await run(printed, Family.V6) == Addresses((parse_address("2001:db8::9"),))


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("", "printed nothing"),
        ("print('2001:db8::9')", "printed no IPv4 address"),
        ("print('203.0.113.9 203.0.113.8')", "printed '203.0.113.9 203.0.113.8', which is no address"),
        ("print('203.0.113.9\\nerror')", "printed 'error', which is no address"),
        ("import sys; print('203.0.113.9'); sys.exit(3)", "ended with 3"),
        ("import sys; sys.exit('no line\\nmore')", "ended with 1: no line"),
        ("import sys; sys.exit('x' * 5000)", "ended with 1: " + "x" * 200),
        ("while True: print('203.0.113.9')", "printed more than 65536 bytes"),
        ("import os; os.abort()", "ended with -6"),
    ],
)
async def test_anything_else_is_unknown_and_says_why(program, why):
    """Its exit code and its first complaint, or what it printed, are the reason."""
    verdict = await run(program)
    assert isinstance(verdict, Unknown)
    assert verdict.why == f"{Path(sys.executable).name} {why}"


async def test_a_missing_program_is_unknown():
    """A program that is not there is told by name."""
    verdict = await Command(Settings(run=("/nowhere/my-ip",)), toolbox()).detect(Family.V4)
    assert verdict == Unknown("my-ip cannot be started: No such file or directory")


async def test_nothing_is_read_by_a_shell():
    """What looks like shell is an argument."""
    settings = Settings(run=(sys.executable, "-c", "import sys; print(sys.argv[1])", "$(echo 203.0.113.9)"))
    assert isinstance(await Command(settings, toolbox()).detect(Family.V4), Unknown)


async def test_what_hangs_is_killed():
    """At the end of its time the program goes, and the reason says so."""
    verdict = await run("import time; time.sleep(600)", patience=0.3)
    assert verdict == Unknown(f"{Path(sys.executable).name} did not end within 0.3 s and was killed")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups of this kind")
async def test_its_children_are_killed_with_it(tmp_path):
    """What the program started does not outlive it."""
    told = tmp_path / "child"
    os.mkfifo(told)
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(told)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(600)"
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(run(program))
        pid = int(await asyncio.to_thread(told.read_text))
        assert is_running(pid)
        running.cancel()
    while is_running(pid):  # noqa: ASYNC110 -- the kernel ends it in its own time and tells nobody
        await asyncio.sleep(0.01)


LEFT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session={apart})
open({told!r}, "w").write(str(child.pid))
print("203.0.113.9", flush=True)
os._exit({code})  # no wait for the child, and no word of it
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups of this kind")
@pytest.mark.parametrize("code", [0, 3])
async def test_what_it_leaves_running_ends_with_it(tmp_path, code):
    """Though it holds the pipes: what the program itself printed counts, at once, and its end does."""
    told = tmp_path / "child"
    verdict = await run(LEFT.format(told=str(told), apart=False, code=code))
    if code:
        assert verdict == Unknown(f"{Path(sys.executable).name} ended with 3")
    else:
        assert verdict == Addresses((parse_address("203.0.113.9"),))
    pid = int(told.read_text())
    while is_running(pid):  # noqa: ASYNC110 -- the kernel ends it in its own time and tells nobody
        await asyncio.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sessions of this kind")
async def test_a_daemon_of_its_own_keeps_no_descriptor_here(tmp_path):
    """A program may start one that is meant to stay: it stays, the address counts, and both pipes are closed."""
    told, there = tmp_path / "child", descriptors()
    for _ in range(2):
        verdict = await run(LEFT.format(told=str(told), apart=True, code=0))
        pid = int(told.read_text())
        assert is_running(pid)
        os.kill(pid, signal.SIGKILL)
        assert verdict == Addresses((parse_address("203.0.113.9"),))
        await settle()
    assert descriptors() == there


def descriptors():
    """Return how many this process has open."""
    return sum(1 for _ in Path("/dev/fd").iterdir())


def is_running(pid):
    """Tell whether a process runs; one that was killed and not yet collected by init does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_it_is_described_by_the_program_alone():
    """Arguments may hold a secret."""
    assert Command(Settings(run=("/bin/my-ip", "--key=s3cr3t")), toolbox()).describe() == "command my-ip"


@pytest.mark.parametrize("words", [(), ("",)])
def test_no_program_is_refused_when_it_is_read(words):
    """The mistake is told with the file."""
    with pytest.raises(ValueError, match="expected a program"):
        Settings(run=words)
