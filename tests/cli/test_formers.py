"""What gives way to an installation, what stays beside it, and what is not touched."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from homeport.cli._formers import Formers
from homeport.cli.service import Installed
from homeport.errors import ConfigInvalid, InUse
from homeport.net import channel
from homeport.system.method import NOTHING, Job, Kept, Standing

AGENT = """\
agent:
  addresses: {{lan: {{detect: [{{kind: static, address: 8.8.8.8}}]}}}}
  records: [{{name: {}, types: [A], address: lan, provider: cf}}]
  providers: {{cf: {{kind: cloudflare, zone: example.com, token: secret-of-mine}}}}
"""
SERVER = "server: {zones: [{name: dyn.example.com}]}\n"


@dataclass
class Way:
    """A way of being started, at a seat of its own."""

    kind: str = "cron"
    seat: str = ""
    why: str | None = None

    def why_not(self, _scope):
        return self.why

    def keep(self, _job):
        return Kept({"seat": self.seat}) if self.seat else NOTHING


@dataclass
class House:
    """Where an account's own installation lies, and the machine's."""

    folder: Path

    def file(self, name, text):
        path = self.folder / name / "homeport.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def job(self, scope="machine", role="run"):
        """Return a job whose file and state lie in the folder named for its scope."""
        state = self.folder / scope
        database = state / ("server.db" if role == "serve" else "agent.db")
        return Job(role, ("/bin/homeport",), state / "homeport.yaml", state, scope, database=database)

    def installed(self, scope="machine", role="run", way=None):
        return Installed(
            way or Way("systemd", scope + role), self.job(scope, role), Standing(is_installed=True)
        )

    def formers(self, text, *installed, role="run"):
        return Formers(Way(), self.job(role=role), self.file("mine", text), installed)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_nothing_installed_is_in_nobody_s_way(house):
    """And nothing is said of it."""
    formers = house.formers(AGENT.format("home.example.com"))
    formers.check()
    assert (formers.giving_way, formers.staying, list(formers.lines())) == ([], [], [])


def test_another_way_of_the_same_file_gives_way(house):
    """Both would start the agent of one database; the line says when the old one goes."""
    one = house.installed()
    formers = house.formers(AGENT.format("home.example.com"), one)
    assert formers.giving_way == [one]
    [line] = formers.lines()
    assert (
        line
        == "moving: systemd (run, for the whole machine) is stopped now, and removed once the new one is proven"
    )


def test_its_own_former_is_nothing_to_speak_of(house):
    """It is replaced where it stands."""
    way = Way(seat="cron")
    one = Installed(way, house.job(), Standing(is_installed=True))
    formers = Formers(way, house.job(), house.file("mine", AGENT.format("home.example.com")), [one])
    assert formers.giving_way == [one]
    assert list(formers.lines()) == []


def test_what_keeps_the_same_names_gives_way_wherever_its_file_lies(house):
    """Installed for one account first, and for the machine by now: two agents would fight for the name."""
    house.file("user", AGENT.format("home.example.com"))
    one = house.installed("user")
    assert house.formers(AGENT.format("home.example.com"), one).giving_way == [one]


def test_what_keeps_other_names_stays(house):
    """Removed it would be missed; the line says how it is removed all the same."""
    house.file("user", AGENT.format("other.example.com"))
    formers = house.formers(AGENT.format("home.example.com"), house.installed("user"))
    formers.check()
    assert formers.giving_way == []
    [line] = formers.lines()
    assert line.startswith("also installed: systemd (run, for this account), with ")
    assert line.endswith("`homeport service uninstall --method systemd --scope user --role run` removes it")


def test_what_this_account_may_not_remove_is_in_the_way(house):
    """Before anything is done, with the reason of the system."""
    one = house.installed(way=Way("systemd", "there", "it takes root; run it with sudo"))
    with pytest.raises(InUse, match=r"systemd \(run, .*\) starts it already.*run it with sudo"):
        house.formers(AGENT.format("home.example.com"), one).check()


def test_an_agent_s_file_is_not_taken_from_it(house):
    """The server's would lie in its place: refused, with the way out."""
    house.file("machine", AGENT.format("home.example.com"))
    with pytest.raises(ConfigInvalid, match=r"write both parts into one file"):
        house.formers(SERVER, house.installed(), role="serve").check()


def test_agent_and_server_of_one_file_live_together(house):
    """The other takes the new file when it is started again, and the line says how."""
    formers = house.formers(AGENT.format("home.example.com") + SERVER, house.installed(), role="serve")
    formers.check()
    assert formers.giving_way == []
    [line] = formers.lines()
    assert line.startswith("shared: systemd (run, for the whole machine) reads the same file")
    assert "homeport service restart --role run" in line


@pytest.mark.skipif(sys.platform == "win32", reason="its channel is a Unix socket in a folder")
async def test_one_that_runs_by_hand_is_found_where_its_own_file_says(house):
    """Its state lies beside that file, and not where the service will have it."""

    async def status(_):
        return {}

    formers = house.formers(AGENT.format("home.example.com") + "  state: state\n")
    (house.folder / "mine/state").mkdir()
    async with channel.serve(channel.path_for(house.folder / "mine/state/agent.db"), {"status": status}):
        with pytest.raises(InUse, match=r"runs already with .*/mine/state/agent.db"):
            await asyncio.to_thread(formers.check)
    await asyncio.to_thread(formers.check)
