"""Why a database cannot be read, in a sentence with the way out."""

import sqlite3

from homeport.stores.damage import why_unreadable


def test_a_sound_database_and_none_at_all_need_no_sentence(tmp_path):
    """Only what is there and broken is told."""
    sqlite3.connect(tmp_path / "agent.db").close()
    with sqlite3.connect(tmp_path / "agent.db") as made:
        made.execute("CREATE TABLE notes (a)")
    made.close()
    assert why_unreadable(tmp_path / "agent.db", 1) is None
    assert why_unreadable(tmp_path / "other.db", 1) is None


def test_damage_is_told_with_the_way_out(tmp_path):
    """What is no database is rebuilt by the next start, and that is said."""
    (tmp_path / "agent.db").write_bytes(b"no database at all" * 100)
    said = why_unreadable(tmp_path / "agent.db", 1)
    assert "agent.db cannot be read (file is not a database)" in said
    assert "sets what is damaged aside" in said


def test_a_later_version_s_is_told_with_the_way_back(tmp_path):
    """It is not damaged, and no start begins anew."""
    with sqlite3.connect(tmp_path / "agent.db") as made:
        made.execute("PRAGMA user_version = 2")
    made.close()
    said = why_unreadable(tmp_path / "agent.db", 1)
    assert "a later version of homeport (format 2)" in said
    assert "install that version again" in said
