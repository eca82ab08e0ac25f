"""What is installed so that Homeport starts by itself, read by those who will read it."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.peers import RECORD, peer
from homeport.config.paths import ENVIRONMENT
from homeport.system import cron, openrc, procd
from homeport.system.method import Job
from homeport.system.systemd import STATE, units


def missing(why):
    """Skip a test loudly; fail it where what it needs is required."""
    if ENVIRONMENT.get("HOMEPORT_PEERS") == "required":
        pytest.fail(why)
    pytest.skip(f"SKIPPED, NOT TESTED: {why}")


EXPOSURE = 2.0  # at most; systemd's scale ends at 10


def job(role, **more):
    program = ("/bin/sh",)  # `verify` wants one that is there
    return Job(role, program, STATE / "homeport.yaml", STATE, **more)


CASES = {
    "agent": job("run"),
    "server": job("serve"),
    "server on port 443": job("serve", binds_low=True),
    "server on port 53": job("serve", dns=(("0.0.0.0", 53), ("::", 53), ("192.0.2.1", 53))),
    "timer": job("once"),
    "agent with files of secrets": job(
        "run", secrets=(Path("/etc/100% mine/token"), Path("/etc/secret/token"))
    ),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def written(request, tmp_path):
    """The units of one case, as files."""
    made = units(request.param)
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    return [tmp_path / name for name in made]


def analyzed(folder, *words, **environment):
    """Run systemd-analyze; loud about being skipped where it finds fault with a unit in which there is none."""
    program = peer("systemd-analyze")
    program = replace(program, environment={**program.environment, **environment})
    plain = folder / "plain.service"
    plain.write_text("[Service]\nExecStart=/bin/sh\n")
    tried = program.run("verify", *[word for word in words if word == "--user"], str(plain))
    if tried.returncode:
        missing(
            f"systemd-analyze does not work for this account here: {(tried.stdout + tried.stderr).strip()}"
        )
    return program.run(*words)


def test_systemd_finds_nothing_wrong_with_a_unit(written, tmp_path):
    """`systemd-analyze verify` has not a word to say, about the timer neither."""
    done = analyzed(tmp_path, "verify", *map(str, written))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_unit_exposes_little(written, tmp_path):
    """`systemd-analyze security` counts what a stranger in the process could reach."""
    done = analyzed(tmp_path, "security", "--offline=true", "--no-pager", str(written[0]))
    [found] = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(found) <= EXPOSURE, done.stdout


def test_an_accounts_own_unit_is_right_too(tmp_path):
    """Read as a user manager reads it."""
    [(name, text)] = units(job("run", scope="user")).items()
    (tmp_path / name).write_text(text)
    done = analyzed(tmp_path, "verify", "--user", str(tmp_path / name), XDG_RUNTIME_DIR=str(tmp_path))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


SCRIPTS = {
    f"{way.__name__.rpartition('.')[2]} {role}": way.script(job(role, environment={"A": "b c"}))
    for way in (openrc, procd)
    for role in ("run", "serve")
}


@pytest.fixture(params=SCRIPTS.values(), ids=SCRIPTS)
def script(request, tmp_path):
    """A service script, as a file."""
    path = tmp_path / "homeport"
    path.write_text(request.param)
    return path


def test_a_shell_reads_a_service_script(script):
    """`sh -n` parses it as the small shells of such machines do."""
    done = subprocess.run(
        [shutil.which("dash") or "sh", "-n", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_shellcheck_finds_nothing_in_a_service_script(script):
    """OpenRC and procd set and read variables of their own: those that are unknown or unused here are theirs."""
    done = peer("shellcheck").run("--shell=dash", "--exclude=SC2034,SC2154", str(script))
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("one", [*CASES.values(), job("once", every=60), job("once", every=18000)])
def test_cron_takes_the_lines(one, tmp_path):
    """`crontab -n` reads them, after lines of somebody else's, and installs nothing."""
    path = tmp_path / "crontab"
    path.write_text(cron.with_block("MAILTO=root\n0 3 * * * /usr/local/bin/backup\n", one))
    done = peer("crontab").run("-n", str(path))
    assert done.returncode == 0, done.stderr
    path.write_text("*/5 * * * 60 /bin/true\n")
    assert peer("crontab").run("-n", str(path)).returncode != 0, "it takes anything"


OPENRC = """\
name=homeport RC_SVCNAME=homeport
ebegin() { :; }
eend() { return "$1"; }
service_set_value() { :; }
supervise-daemon() { for each; do printf '%s\\n' "$each"; done; }
. "$1"
. "$2"
supervise_start
"""


@pytest.mark.parametrize("role", ["run", "serve"])
def test_openrcs_own_shell_understands_a_script(role, tmp_path):
    """Its functions put a command together by `eval`: supervise-daemon, stood in for, gets the words that were meant."""
    functions = RECORD.parent / "openrc" / "lib" / "rc" / "sh" / "supervise-daemon.sh"
    if not functions.exists():
        missing("OpenRC's functions are not under .cache/peers: run `tools/peers fetch openrc`")
    bash = shutil.which("bash") or missing("bash, which knows functions with a hyphen, is not on PATH")
    state = Path("/var/lib/it's here")
    low = replace(
        job(role),
        program=("/opt/my programs/homeport",),
        config=state / "h.yaml",
        state=state,
        binds_low=True,
    )
    (tmp_path / "script").write_text(openrc.script(low))
    done = subprocess.run(
        [bash, "-c", OPENRC, "sh", functions, tmp_path / "script"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    words = done.stdout.splitlines()
    assert words[:2] == ["homeport", "--start"]
    assert tuple(words[words.index("--") + 1 :]) == low.command[1:]
    assert words[words.index("--") - 1] == low.program[0]
    for option, wanted in (
        ("--chdir", str(state)),
        ("--user", "homeport:homeport"),
        ("--capabilities", "^cap_net_bind_service"),
        ("--umask", "0077"),
        ("--respawn-max", "0"),
        ("--respawn-delay", "5"),
    ):
        assert words[words.index(option) + 1] == wanted
