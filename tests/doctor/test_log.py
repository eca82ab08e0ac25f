"""The log, its end read."""

from fakes.account import ordinary
from fakes.patient import agent, findings, ids, patient
from homeport.doctor import log

START = "2026-11-21 10:00:00 info    agent.started version=1"
BAD = "2026-11-21 10:00:0{} error   round.failed error={}"


def written(folder, *lines, name="agent.log"):
    (folder / "state").mkdir(exist_ok=True)
    (folder / "state" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return patient(folder, agent(folder))


async def test_no_log_yet(tmp_path):
    """Where one would lie."""
    [found] = await findings(log.check, patient(tmp_path, agent(tmp_path)))
    assert found.said.id == "log.none"
    assert str(tmp_path / "state") in found.sentence


async def test_a_log_without_trouble(tmp_path):
    """Troubles of the run before are over."""
    case = written(tmp_path, BAD.format(1, "old"), START, "2026-11-21 10:00:01 info    record.current x=1")
    assert ids(await findings(log.check, case)) == ["log.ok"]


async def test_the_newest_troubles_each_once(tmp_path):
    """What repeats is told once, at its newest time."""
    lines = [BAD.format(at, why) for at, why in enumerate("aabcd")]
    found = await findings(log.check, written(tmp_path, START, *lines))
    assert ids(found) == ["log.said"] * 3
    assert [each.sentence[-1] for each in found] == ["b", "c", "d"]


async def test_lines_of_json(tmp_path):
    """Machines' logs are read as well."""
    bad = '{"timestamp": "2026-11-21T10:00:00.000Z", "level": "error", "event": "record.halted", "reason": "badauth"}'
    good = '{"timestamp": "2026-11-21T10:00:00.000Z", "level": "info", "event": "agent.started"}'
    found = await findings(log.check, written(tmp_path, good, bad, "{half"))
    assert ids(found) == ["log.said"]
    assert "badauth" in found[0].sentence


async def test_a_network_that_came_late(tmp_path):
    """It is told as what it is, and needs nothing."""
    late = "2026-11-21 10:00:01 warning address.unknown why='Network is unreachable'"
    assert ids(await findings(log.check, written(tmp_path, START, late))) == ["log.boot"]


def test_only_the_end_of_a_long_log_is_read(tmp_path, monkeypatch):
    """The line that was cut is dropped."""
    monkeypatch.setattr(log, "TAIL", 20)
    (tmp_path / "x").write_text("one line that is long\nlast line\n")
    assert log.last_lines(tmp_path / "x") == ["last line"]


async def test_what_a_host_says_makes_no_lines(tmp_path):
    """A line separator in its error could otherwise tell of a start, or of a trouble, that never was."""
    said = f"of a host's\u2028{START}\u0085\x0b{BAD.format(2, 'made up')}"
    case = written(tmp_path, START, BAD.format(1, said))
    [found] = await findings(log.check, case)
    assert found.said.id == "log.said"
    assert found.sentence.endswith(said)


def test_lines_may_end_as_on_windows(tmp_path):
    """The return is no part of them."""
    (tmp_path / "x").write_bytes(b"one\r\ntwo\r\n")
    assert log.last_lines(tmp_path / "x") == ["one", "two"]


def test_a_log_of_another_account(tmp_path):
    """That it may not be read is said."""
    (tmp_path / "x.log").touch()
    (tmp_path / "x.log").chmod(0)
    said = ordinary(
        "from pathlib import Path; from homeport.doctor.log import _of;"
        "print([found.said.id for found in _of(Path(sys.argv[1]))])",
        str(tmp_path / "x.log"),
    )
    assert said == "['log.unreadable']"


def test_a_folder_of_another_account(tmp_path):
    """A log that cannot be seen is not said to be missing."""
    (tmp_path / "state").mkdir(mode=0o000)
    said = ordinary(
        "import asyncio; from pathlib import Path; from fakes.patient import agent, findings, patient;"
        "from homeport.doctor.log import check; folder = Path(sys.argv[1]);"
        "print([found.said.id for found in asyncio.run(findings(check, patient(folder, agent(folder))))])",
        str(tmp_path),
    )
    (tmp_path / "state").chmod(0o700)
    assert said == "['log.unreadable']"
