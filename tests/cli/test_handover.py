"""An installation in the place of others, or everything as it was; with ways that are files of the test."""

import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fakes import standin
from homeport.cli._handover import Undo, hand_over
from homeport.cli.service import Installed
from homeport.config import loader, paths, secret_store
from homeport.config.settle import settle
from homeport.errors import NotAllowed, Refused
from homeport.system import cron, systemd
from homeport.system.files import replace_private
from homeport.system.lock import holder
from homeport.system.method import NOTHING, Job, Kept, Standing

AGENT = "agent: {{addresses: {{lan: {{detect: [{{kind: static, address: {}}}]}}}}}}\n"


@dataclass
class Way:
    """A way of being started that is a file naming its job, whose rounds end with `code`, and which tells its steps."""

    folder: Path
    kind: str = "one"
    code: int = 0
    told: list = field(default_factory=list)
    fails: str = ""
    at_start: object = None

    def step(self, word):
        self.told.append(f"{self.kind} {word}")
        if word == self.fails:
            raise Refused(f"{self.kind} does not {word}")

    @property
    def unit(self):
        return self.folder / f"{self.kind}.unit"

    def why_not(self, _scope):
        return None

    def keep(self, _job):
        return Kept({"unit": self.unit.read_text()}) if self.unit.exists() else NOTHING

    def put_back(self, _job, kept):
        self.step("put back" if kept else "remove")
        if kept:
            replace_private(self.unit, kept.parts["unit"].encode())
        else:
            self.unit.unlink(missing_ok=True)

    def install(self, job):
        self.step("install")
        replace_private(self.unit, " ".join(job.command).encode())

    def start(self, _job):
        self.step("start")
        if self.at_start:
            self.at_start()

    def stop(self, _job):
        self.step("stop")

    def standing(self, _job):
        return Standing(self.unit.exists(), is_running=True, last_exit=self.code)


def job(folder, program="new"):
    return Job(
        "once", (f"/bin/{program}",), folder / "homeport.yaml", folder, "user", database=folder / "agent.db"
    )


def stands(way, folder):
    """Install `/bin/old`, and return it as an installation that runs."""
    way.install(job(folder, "old"))
    way.told.clear()
    return Installed(way, job(folder, "old"), way.standing(None))


def bring(folder, address="8.8.4.4"):
    """Return what brings a file with another address to where it belongs."""
    mine = folder / "mine.yaml"
    mine.write_text(AGENT.format(address))

    def brought(keep):
        settle(mine, folder, keep=keep)
        return job(folder)

    return brought


@pytest.fixture
def folder(tmp_path):
    """A folder with the file of what stands there."""
    (tmp_path / "homeport.yaml").write_text(AGENT.format("8.8.8.8"))
    return tmp_path


def held(folder):
    return {
        path.name: path.read_text()
        for path in folder.iterdir()
        if path.suffix in {".yaml", ".unit", ".before"}
    }


def test_the_former_is_stopped_before_the_new_one_is_installed_and_started(folder):
    """There are never two, and afterwards the new one stands alone."""
    way = Way(folder)
    hand_over(way, job(folder), [stands(way, folder)], bring(folder))
    assert way.told == ["one stop", "one install", "one start"]
    assert "/bin/new" in way.unit.read_text()
    assert "8.8.4.4" in (folder / "homeport.yaml").read_text()


@pytest.mark.parametrize(
    ("fault", "steps"),
    [
        ({"code": 2}, ["stop", "install", "start", "stop", "put back", "start"]),
        ({"fails": "install"}, ["stop", "install", "put back", "start"]),
    ],
    ids=["it does not come up", "the system does not take it"],
)
def test_the_former_is_put_back(folder, fault, steps):
    """Its unit, its file and what was before that, and it runs again; the cause stands first."""
    way = Way(folder)
    former = stands(way, folder)
    (folder / "homeport.yaml.before").write_text("# of long ago\n")
    brought = bring(folder)
    before = held(folder)
    for name, value in fault.items():
        setattr(way, name, value)
    with pytest.raises(Refused, match=r"once, for this account\) stands as before and runs again"):
        hand_over(way, job(folder), [former], brought)
    assert way.told == [f"one {step}" for step in steps]
    assert held(folder) == before


def test_without_a_former_nothing_is_left(folder):
    """No unit and no copy of the file."""
    (folder / "homeport.yaml").unlink()
    brought = bring(folder)
    with pytest.raises(Refused, match=r"removed again.*exit code 2"):
        hand_over(Way(folder, code=2), job(folder), [], brought)
    assert set(held(folder)) == {"mine.yaml"}


def test_a_file_that_cannot_be_brought_stops_nobody(folder):
    """The one that runs has not even been stopped."""
    way = Way(folder)

    def brought(_keep):
        raise NotAllowed("this account may not write there")

    with pytest.raises(NotAllowed):
        hand_over(way, job(folder), [stands(way, folder)], brought)
    assert way.told == []


def test_another_way_is_removed_once_the_new_one_is_proven(folder):
    """Until then it stands, stopped, and nobody can start it: its database is held."""
    told = []
    old, new = Way(folder, "old", told=told), Way(folder, "new", told=told)
    other = folder / "other"
    other.mkdir()
    former = stands(old, folder)._replace(job=job(other, "old"))
    new.at_start = lambda: told.append(
        f"held by {holder(other / 'agent.db')}, old stands: {old.unit.exists()}"
    )
    hand_over(new, job(folder), [former], bring(folder))
    proof = f"held by {os.getpid()}, old stands: True"
    assert told == ["old stop", "new install", "new start", proof, "old remove"]
    assert holder(other / "agent.db") is None


def test_its_own_database_is_held_until_it_starts(folder):
    """A scheduler that starts the former in between finds it taken; the new one finds it free."""
    seen = []
    old, new = Way(folder, "old"), Way(folder, "new")
    former = stands(old, folder)
    install = new.install
    new.install = lambda made: (seen.append(holder(folder / "agent.db")), install(made))
    new.at_start = lambda: seen.append(holder(folder / "agent.db"))
    hand_over(new, job(folder), [former], bring(folder))
    assert seen == [os.getpid(), None]


def test_another_way_stays_when_the_new_one_fails(folder):
    """And runs again; of the new one nothing stands."""
    told = []
    old, new = Way(folder, "old", told=told), Way(folder, "new", code=2, told=told)
    with pytest.raises(Refused, match=r"old .* stands as before and runs again"):
        hand_over(new, job(folder), [stands(old, folder)], bring(folder))
    assert told == ["old stop", "new install", "new start", "new stop", "new remove", "old start"]
    assert set(held(folder)) == {"homeport.yaml", "mine.yaml", "old.unit"}


def test_another_way_that_cannot_be_removed_is_told(folder):
    """The new one stays: it is proven."""
    old, new = Way(folder, "old"), Way(folder, "new")
    former = stands(old, folder)
    old.fails = "remove"
    with pytest.raises(Refused, match=r"proven, and old .*does not remove.*uninstall --method old"):
        hand_over(new, job(folder), [former], bring(folder))
    assert new.unit.exists()


def test_what_cannot_be_put_back_is_told_and_the_rest_is(tmp_path):
    """One step that fails keeps no other from being taken back."""
    undo = Undo()
    path = tmp_path / "file"
    path.write_text("as it was")
    undo.keep(path)
    path.write_text("new")
    undo.keep(path)
    undo.add(lambda: Way(tmp_path, fails="stop").stop(None))
    assert undo.run() == ["one does not stop"]
    assert path.read_text() == "as it was"


UNIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def number(request):
    """A signal to end that is heeded, as in a terminal; a shell's background and nohup let some be ignored."""
    heeded = signal.default_int_handler if request.param == signal.SIGINT else signal.SIG_DFL
    before = signal.signal(request.param, heeded)
    yield request.param
    signal.signal(request.param, before)


@UNIX
def test_an_interruption_goes_all_the_way_back(folder, number, capsys):
    """Even when it is repeated while things are put back."""
    way = Way(folder)
    former, brought = stands(way, folder), bring(folder)
    before = held(folder)
    way.at_start = lambda: os.kill(os.getpid(), number)
    wanted = KeyboardInterrupt if number == signal.SIGINT else SystemExit
    with pytest.raises(wanted) as ended:
        hand_over(way, job(folder), [former], brought)
    assert number == signal.SIGINT or ended.value.code == 128 + number
    assert held(folder) == before
    assert way.told[-1] == "one start"
    assert "stands as before" in capsys.readouterr().err
    assert signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}


SECRET = """\
agent:
  addresses: {{lan: {{detect: [{{kind: static, address: 8.8.8.8}}]}}}}
  records: [{{name: home.example.com, types: [A], address: lan, provider: cf}}]
  providers: {{cf: {{kind: cloudflare, zone: example.com, token: "{}"}}}}
"""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Scene:
    """A machine with a way of being started that is files, and one installation of it, of `/bin/true`."""

    def __init__(self, way, state, unit):
        self.way, self.state, self.unit = way, state, unit
        self.mine = state.parent / "mine.yaml"

    def install(self, program, secret, formers=()):
        (self.mine.parent / "token").write_text(secret)
        self.mine.write_text(SECRET.format("file:token"))
        wanted = job(self.state, program)

        def brought(keep):
            settle(self.mine, self.state, keep=keep)
            return wanted

        hand_over(self.way, wanted, formers, brought)

    def former(self):
        return Installed(self.way, job(self.state, "true"), Standing(is_installed=True, is_running=False))

    def token(self):
        source = loader.load(self.state / "homeport.yaml").config.agent.providers["cf"].token.source
        return secret_store.read(paths.secret_store(self.state), source.removeprefix("secret:"))


def crontab(tmp_path, there):
    file = tmp_path / "crontab"
    file.write_text("0 3 * * * /usr/local/bin/backup\n")
    there.program(
        "crontab", f'case "$1" in -l) cat "{file}";; -) cat > "{file}.new" && mv "{file}.new" "{file}";; esac'
    )
    return cron.Cron(), file


def systemctl(tmp_path, there, monkeypatch):
    there.program("systemctl", 'case "$*" in *show*) echo LoadState=loaded;; esac')
    there.program("loginctl")
    monkeypatch.setenv("HOME", str(tmp_path))
    return systemd.Systemd(), tmp_path / ".config/systemd/user/homeport-once.service"


@pytest.fixture(params=["cron", "systemd"])
def scene(request, tmp_path, monkeypatch):
    """Installed once, as somebody left it."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    made = crontab(tmp_path, there) if request.param == "cron" else systemctl(tmp_path, there, monkeypatch)
    (tmp_path / "state").mkdir()
    found = Scene(made[0], tmp_path / "state", made[1])
    found.install("true", "s3cret-old-1")
    return found


def killed(act, step):
    """Do `act` in a process that is killed before its `step`th change to a file or program; tell whether it came to that."""
    if child := os.fork():
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    steps = iter(range(step, -1, -1))

    def hear(event, given):
        is_change = event in {"os.rename", "os.remove", "subprocess.Popen"}
        is_change |= event == "open" and isinstance(given[2], int) and bool(given[2] & WRITING)
        if is_change and next(steps) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)
    code = 1
    try:
        act()
        code = 0
    finally:
        os._exit(code)


@UNIX
def test_a_power_cut_leaves_the_former_or_the_new(scene):
    """Before each change there is: the lines or units are whole, and the file and its secret open."""
    old = scene.unit.read_text()
    new = old.replace("/bin/true once", "/bin/echo once")
    before = {path: path.read_bytes() for path in scene.state.iterdir()}
    seen = set()
    step = 0
    while killed(lambda: scene.install("echo", "s3cret-new-1", [scene.former()]), step):
        seen.add((scene.unit.read_text(), scene.token()))
        scene.install("echo", "s3cret-new-1", [scene.former()])
        assert (scene.unit.read_text(), scene.token()) == (new, "s3cret-new-1"), "it can be installed again"
        scene.unit.write_text(old)
        for path in scene.state.iterdir():
            path.unlink()
        for path, data in before.items():
            replace_private(path, data)
        step += 1
    assert seen == {(old, "s3cret-old-1"), (old, "s3cret-new-1"), (new, "s3cret-new-1")}
    assert (scene.unit.read_text(), scene.token()) == (new, "s3cret-new-1")
