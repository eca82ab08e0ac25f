"""What people on Windows download: the executable that PyInstaller makes and the MSI that holds it, run by Wine.

Wine removes the earlier version of an upgrade by a program of its own and does not tell it that it is one, which Windows
does (UPGRADINGPRODUCTCODE): here an upgrade in one step would take the service along. So its two halves are done by
hand, as Windows does them; that Windows does do so is for the release's own workflow to see.
"""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fakes.programs import PATIENCE, wait_until
from fakes.windows_pc import Computer
from fakes.wine import logged_on
from homeport import __version__
from homeport.config.paths import ENVIRONMENT

TOP = Path(__file__).resolve().parents[2]
DIST = TOP / "dist" / "windows"
PREFIX = TOP / ".cache" / "windows-package" / "prefix"
INSTALLED = PREFIX / "drive_c" / "Program Files" / "Homeport"
STATE = PREFIX / "drive_c" / "ProgramData" / "Homeport"
LATER = "99.0.0"
SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\homeport"
SOME_PRODUCT = "{11111111-2222-3333-4444-555555555555}"
LACKING = 3
WINDOWED, CONSOLE = 2, 3  # IMAGE_SUBSYSTEM_WINDOWS_GUI and _CUI
computer = Computer(PREFIX)  # the package's own Windows, which other tests do not end
wine = computer.run
pytestmark = pytest.mark.timeout(1200)  # the executable is made once, from a minute to five on a busy machine


@pytest.fixture(scope="module", autouse=True)
def made():
    """Make the folder and two MSIs, unless they are there and of these sources; say what is lacking."""
    for words in ([], ["msi", "--version", LATER]):
        command = [sys.executable, TOP / "tools" / "windows-package", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == LACKING and ENVIRONMENT.get("HOMEPORT_PEERS") != "required":
            pytest.skip(f"SKIPPED, NO WINDOWS PACKAGE WAS MADE OR TESTED: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
    yield
    subprocess.run(["wineserver", "-k"], env=computer.env, check=False)
    (DIST / f"homeport-{LATER}-x64.msi").unlink()


def msiexec(verb, version, *properties, check=True):
    package = in_windows(DIST / f"homeport-{version}-x64.msi")
    return wine("msiexec", verb, package, "/qn", *properties, check=check)


def in_windows(path):
    return "Z:" + str(path).replace("/", "\\")


def machine_path():
    return wine(
        "reg", "query", r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment", "/v", "PATH"
    )


def installed_version():
    said = wine("reg", "query", r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall", "/s")
    ours = said.partition("DisplayName    REG_SZ    Homeport")[2]
    return ours.partition("DisplayVersion    REG_SZ    ")[2].split("\n")[0].strip()


@pytest.fixture
def clean():
    """A Windows on which Homeport is not installed, before and after, and which runs on between two commands."""

    def remove():
        for version in (__version__, LATER):
            msiexec("/x", version, check=False)

    with logged_on(computer.env):
        remove()
        yield
        remove()


def test_the_executable_runs_from_its_folder():
    """It says its version and lists every provider there is, for nothing was forgotten when it was frozen."""
    from homeport.providers import kinds

    program = DIST / "homeport" / "homeport.exe"
    assert wine(program, "--version").strip() == f"homeport, version {__version__}"
    listed = wine(program, "providers", "--json")
    assert not [kind for kind in kinds() if f'"{kind}"' not in listed]


def test_the_zip_is_the_folder():
    """Who installs nothing gets the same files, the licence among them."""
    with zipfile.ZipFile(DIST / f"homeport-{__version__}-x64.zip") as bundle:
        inside = set(bundle.namelist())
    there = {path.relative_to(DIST).as_posix() for path in (DIST / "homeport").rglob("*") if path.is_file()}
    assert inside == there
    assert {"homeport/homeport.exe", "homeport/homeportw.exe", "homeport/_internal/LICENSE"} <= inside


def test_the_msi_installs_upgrades_and_removes(clean):
    """It is found by its name, the later version takes its place, the earlier does not come back, and nothing stays."""
    before = machine_path()
    msiexec("/i", __version__)
    assert installed_version() == __version__
    assert r"C:\Program Files\Homeport" in machine_path()
    assert wine(INSTALLED / "homeport.exe", "--version").strip() == f"homeport, version {__version__}"
    files = {path.relative_to(INSTALLED) for path in INSTALLED.rglob("*")}

    msiexec("/i", LATER)
    assert installed_version() == LATER
    assert {path.relative_to(INSTALLED) for path in INSTALLED.rglob("*")} == files
    wine(INSTALLED / "homeport.exe", "--version")

    msiexec("/i", __version__, check=False)
    assert installed_version() == LATER

    msiexec("/x", LATER)
    assert not INSTALLED.exists()
    assert installed_version() == ""
    assert "Homeport" not in machine_path()
    assert "Homeport" not in before


def test_the_service_of_the_executable_goes_with_it(clean, tmp_path):
    """`service install` of the installed program is proven, its configuration stays, and no service is left behind."""
    msiexec("/i", __version__)
    (tmp_path / "homeport.yaml").write_text("agent: {}\n")
    program = r"C:\Program Files\Homeport\homeport.exe"
    given = ("--method", "windows-service", "--config", in_windows(tmp_path / "homeport.yaml"))
    assert "proven: windows-service started it" in wine(program, "service", "install", *given)
    seen = wine("sc", "query", "homeport")
    assert "RUNNING" in seen, f"{seen}\n{(STATE / 'homeport.log').read_text()}"

    msiexec("/x", __version__)
    assert not INSTALLED.exists()
    services = wine("reg", "query", SERVICE, check=False)
    assert "Unable to find" in services
    kept = STATE / "homeport.yaml"
    assert kept.read_text() == "agent: {}\n"
    kept.unlink()


def test_an_upgrade_keeps_the_service(clean, tmp_path):
    """The earlier version goes and leaves it, stopped; the later one starts it again, and takes it along when it goes."""
    msiexec("/i", __version__)
    (tmp_path / "homeport.yaml").write_text("agent: {}\n")
    program = r"C:\Program Files\Homeport\homeport.exe"
    given = ("--method", "windows-service", "--config", in_windows(tmp_path / "homeport.yaml"))
    wine(program, "service", "install", *given)
    before = wine("reg", "query", SERVICE, "/s")

    msiexec("/x", __version__, f"UPGRADINGPRODUCTCODE={SOME_PRODUCT}")
    assert installed_version() == ""
    assert "STOPPED" in wine("sc", "query", "homeport")
    msiexec("/i", LATER)
    assert installed_version() == LATER
    assert "RUNNING" in wine("sc", "query", "homeport"), (STATE / "homeport.log").read_text()
    assert wine("reg", "query", SERVICE, "/s") == before

    msiexec("/x", LATER)
    assert "Unable to find" in wine("reg", "query", SERVICE, check=False)
    (STATE / "homeport.yaml").unlink()


def subsystem(program):
    """Return which of Windows' subsystems a program asks for: one with a console window, or one without."""
    image = program.read_bytes()
    optional = int.from_bytes(image[0x3C:0x40], "little") + 24
    return int.from_bytes(image[optional + 68 : optional + 70], "little")


def left_running(program, *words):
    """Run a program to its end, and return what it printed; what it leaves running does not hold that open."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(["wine", str(program), *words], env=computer.env, **pipes) as process:
        process.stdin.close()
        printed = process.stdout.read().decode("utf-8", "replace")
        assert process.wait(PATIENCE) == 0, printed
    return printed


def test_the_run_key_starts_the_program_without_a_window(clean, tmp_path):
    """`service install` for this account is proven and lets its caller go; the next session starts it again."""
    msiexec("/i", __version__)
    assert subsystem(INSTALLED / "homeport.exe") == CONSOLE
    assert subsystem(INSTALLED / "homeportw.exe") == WINDOWED
    program, file = r"C:\Program Files\Homeport\homeport.exe", tmp_path / "homeport.yaml"
    file.write_text(f"agent: {{state: '{in_windows(tmp_path / 'state')}'}}\n")
    given = ("--method", "registry", "--scope", "user")
    said = left_running(program, "service", "install", *given, "--config", in_windows(file))
    assert "proven: registry started it" in said
    assert "enabled, running" in wine(program, "service", "status")
    held = wine("reg", "query", r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run")
    assert r'"C:\Program Files\Homeport\homeportw.exe" run --config' in held

    subprocess.run(["wineserver", "-k"], env=computer.env, check=False)
    log = tmp_path / "state" / "homeport.log"
    assert "agent.started" in log.read_text()
    log.unlink()
    with logged_on(computer.env):
        nowhere = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        subprocess.run(["wine", "wineboot"], env=computer.env, **nowhere, check=True, timeout=PATIENCE)
        wait_until(lambda: log.exists() and "agent.started" in log.read_text())
        assert "enabled, running" in wine(program, "service", "status")
        wine(program, "service", "uninstall", *given)
        assert "Homeport" not in wine("reg", "query", r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run")
        msiexec("/x", __version__)
    for kept in (PREFIX / "drive_c" / "users").glob("*/AppData/Roaming/Homeport"):
        shutil.rmtree(kept)
