"""State that goes along to where another account keeps it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from homeport.cli._along import State, elsewhere, state, take_along
from homeport.cli._handover import Undo
from homeport.cli.service import _taken_along
from homeport.config import loader
from homeport.errors import StoreUnavailable
from homeport.jobs.clock import SystemClock
from homeport.stores.access import Access
from homeport.system.files import create_private
from homeport.system.method import Job


def database(path, value):
    """Make a database whose newest row lies in its journal only, as after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / path.name)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE held (value)")
        made.execute("INSERT INTO held VALUES (?)", (value,))
        made.commit()
        for suffix in ("", "-wal"):
            path.with_name(path.name + suffix).write_bytes(Path(folder, path.name + suffix).read_bytes())
    return path


def held(path):
    with closing(sqlite3.connect(path)) as opened:
        return [value for (value,) in opened.execute("SELECT value FROM held")]


@pytest.fixture
def places(tmp_path):
    """A server's state at home, with its key, and the place of a service."""
    home, service = tmp_path / "home", tmp_path / "service"
    source = State(database(home / "server.db", "a zone"), home / "server.key")
    source.key.write_text("ab" * 32)
    return source, State(service / "server.db", service / "server.key")


def nothing(_path):
    pass


def test_the_first_state_there_is_goes_along_with_its_key(places, tmp_path):
    """Rows and key are there, private; what was copied stays."""
    source, target = places
    elsewhere = State(tmp_path / "nowhere/server.db", tmp_path / "nowhere/server.key")
    assert take_along([elsewhere, target, source], target, nothing) == (source.database, None)
    assert held(target.database) == held(source.database) == ["a zone"]
    assert target.key.read_text() == source.key.read_text()
    if os.name != "nt":
        assert [each.stat().st_mode & 0o777 for each in target] == [0o600] * 2
    assert {each.name for each in target.database.parent.iterdir()} == {"server.db", "server.key"}


def test_what_goes_along_is_not_touched(places):
    """Opened by root it would get a journal that its owner may not write, and keep it after a power cut."""
    source, target = places
    before = {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in source.database.parent.iterdir()}
    assert source.database.with_name("server.db-wal") in before
    take_along([source], target, nothing)
    assert {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in before} == before
    assert set(source.database.parent.iterdir()) == set(before)
    assert held(target.database) == ["a zone"]


def test_a_key_that_was_left_without_its_database_is_put_aside(places, tmp_path, capsys):
    """The copied database opens with its own; what the other one opens may lie in a backup, and is told."""
    source, target = places
    target.database.parent.mkdir()
    target.key.write_text("cd" * 32)
    (first := target.key.with_name("server.key.before")).write_text("ef" * 32)
    path = tmp_path / "homeport.yaml"
    path.write_text("server: {zones: [{name: dyn.example.com}]}\n")
    job = Job("serve", ("/bin/homeport",), path, target.database.parent, database=target.database)
    _taken_along(path, job, [source], (undo := Undo()).keep)
    aside = target.key.with_name("server.key.before-2")
    assert f"it lies at {aside} now" in capsys.readouterr().out
    assert target.key.read_text() == source.key.read_text()
    assert (first.read_text(), aside.read_text()) == ("ef" * 32, "cd" * 32)
    assert undo.run() == []
    assert target.key.read_text() == "cd" * 32
    assert not aside.exists()


def test_a_key_that_both_have_stays(places):
    """An installation that was killed after it brought the key goes on."""
    source, target = places
    target.database.parent.mkdir()
    target.key.write_text(source.key.read_text())
    assert take_along([source], target, nothing) == (source.database, None)
    assert {each.name for each in target.database.parent.iterdir()} == {"server.db", "server.key"}


def test_what_a_service_has_is_never_replaced(places):
    """Its own state counts, whatever lies elsewhere."""
    source, target = places
    database(target.database, "its own")
    assert take_along([source], target, nothing) is None
    assert elsewhere([target, source], target) == source  # and is told
    assert held(target.database) == ["its own"]
    assert not target.key.exists()


def test_taken_back_nothing_is_left(places):
    """An installation that fails after it finds the place empty again."""
    source, target = places
    undo = Undo()
    take_along([source], target, undo.keep)
    assert undo.run() == []
    assert list(target.database.parent.iterdir()) == []
    assert held(source.database) == ["a zone"]


@pytest.fixture
def page(tmp_path):
    """An agent's state at home, with its page's, and the place of a service."""
    source = State(database(tmp_path / "home/agent.db", "a record"))
    source.database.with_name("page-secrets.json").write_text("{}")
    source.database.with_name("page-secrets.key").write_text("ab")
    return source, State(tmp_path / "service/agent.db")


def access_of(at):
    return Access(at.database.with_name("access.db"), SystemClock(), create_private)


def test_an_agent_s_page_goes_along(page):
    """Who set it up in a browser stays signed in, and their authenticator counts; taken back, nothing is left."""
    source, target = page
    session, undo = access_of(source).open_session("127.0.0.1", "a browser"), Undo()
    assert take_along([source], target, undo.keep)
    assert access_of(target).session(session)
    assert target.database.with_name("page-secrets.key").read_text() == "ab"
    if os.name != "nt":
        assert {each.stat().st_mode & 0o777 for each in target.database.parent.iterdir()} == {0o600}
    assert undo.run() == []
    assert list(target.database.parent.iterdir()) == []


def test_a_page_that_is_there_stays_as_it_is(page):
    """Another's key would open no secret, and another's password is not theirs."""
    source, target = page
    session = access_of(source).open_session("127.0.0.1", "a browser")
    target.database.parent.mkdir()
    target.database.with_name("page-secrets.key").write_text("its own")
    assert take_along([source], target, nothing)
    assert access_of(target).session(session) is None
    assert target.database.with_name("page-secrets.key").read_text() == "its own"


def test_what_cannot_be_copied_is_told_with_the_way_out(places):
    """And no half of it lies there."""
    source, target = places
    source.database.write_bytes(b"no database at all" * 100)
    source.database.with_name("server.db-wal").unlink()
    with pytest.raises(StoreUnavailable, match="copy it yourself, or move it away"):
        take_along([source], target, nothing)
    assert [each.name for each in target.database.parent.iterdir()] == [
        "server.key"
    ]  # which `keep` was told of


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_root_copies_it_for_the_folder_s_owner(places):
    """The service opens what it is given."""
    source, target = places
    target.database.parent.mkdir()
    os.chown(target.database.parent, 12345, 12345)
    take_along([source], target, nothing)
    assert [each.stat().st_uid for each in target] == [12345] * 2


def test_a_server_has_a_key_and_an_agent_has_none(tmp_path):
    """The key lies where the file says, else beside the database."""
    path = tmp_path / "homeport.yaml"
    path.write_text("server: {zones: [{name: dyn.example.com}]}\n")
    config = loader.load(path).config
    assert state(config, tmp_path / "server.db", "serve").key == tmp_path / "server.key"
    assert state(config, tmp_path / "agent.db", "run").key is None
    path.write_text("server: {zones: [{name: dyn.example.com}], key: file:my.key}\n")
    assert state(loader.load(path).config, tmp_path / "server.db", "serve").key == tmp_path / "my.key"


def test_state_that_is_not_taken_along_is_told(places, tmp_path, capsys):
    """Who ran it by hand, on a machine that had a service before, would otherwise look for zones that are not there."""
    source, target = places
    database(target.database, "its own")
    path = tmp_path / "homeport.yaml"
    path.write_text("server: {zones: [{name: dyn.example.com}]}\n")
    job = Job("serve", ("/bin/homeport",), path, target.database.parent, database=target.database)
    _taken_along(path, job, [source], nothing)
    assert f"{source.database} is left where it is, unused" in capsys.readouterr().out
