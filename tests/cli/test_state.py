"""`homeport state restore` as a user types it, after an upgrade that was taken back."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner

from homeport.cli import main
from homeport.system.lock import Lock

EARLIER = Path(__file__).parents[1] / "stores" / "data"


def version(path, number=None):
    """Return the format of a database, after making it `number`."""
    with closing(sqlite3.connect(path)) as database:
        if number is not None:
            database.execute("INSERT INTO format VALUES (?, '9.1.0', 0.0)", (number,))
            database.execute(f"PRAGMA user_version = {number}")
            database.commit()
        return database.execute("PRAGMA user_version").fetchone()[0]


def restored(path):
    return CliRunner().invoke(main, ["state", "restore", str(path)])


def test_the_first_program_s_ledger_goes_on(tmp_path, around):
    """What it published is known to this one: nothing is written at the host again, and the file of before is kept."""
    (tmp_path / "state").mkdir(mode=0o700)
    shutil.copy(EARLIER / "agent-1.db", tmp_path / "state" / "agent.db")
    around.put("8.8.8.8")
    assert "unchanged" in around.folder.run("once").stdout
    assert {request.method for request in around.cloudflare.requests} <= {"GET"}
    assert version(tmp_path / "state" / "agent.db.before-4") == 1


def test_an_upgrade_is_taken_back(tmp_path, around):
    """The older program refuses the later file and says what to do; that done, it knows what it knew before."""
    around.folder.run("once")
    database = tmp_path / "state" / "agent.db"
    kept = database.with_name("agent.db.before-99")
    kept.write_bytes(database.read_bytes())
    version(database, 99)
    refused = around.folder.run("once", check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    [_, command, _] = refused.stderr.split("`")
    assert command == f"homeport state restore {kept}"
    asked = around.folder.run("status", check=False)
    assert "was written by homeport 9.1.0 (format 99)" in asked.stderr
    done = around.folder.run(*command.split()[1:])
    assert f"restored {database}" in done.stdout
    assert version(next(database.parent.glob("agent.db.replaced-*Z"))) == 99
    assert "unchanged" in around.folder.run("once").stdout


def test_what_is_in_use_is_not_replaced(tmp_path):
    """The program is to be stopped first; nothing is moved."""
    database, kept = tmp_path / "agent.db", tmp_path / "agent.db.before-3"
    with closing(sqlite3.connect(kept)) as made:
        made.execute("PRAGMA user_version = 1")
    with Lock(database):
        done = restored(kept)
    assert done.exit_code == 2
    assert "in use by another homeport process" in done.stderr
    assert kept.exists()


def test_another_file_is_not_restored(tmp_path):
    """It says what a kept one is called."""
    (tmp_path / "agent.db").write_bytes(b"mine")
    done = restored(tmp_path / "agent.db")
    assert done.exit_code == 2
    assert "named like agent.db.before-3" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["agent.db"]
