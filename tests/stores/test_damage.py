"""Why a database cannot be read, in a sentence with the way out."""

import sqlite3

from homeport.stores.damage import why_unreadable


def test_a_sound_database_and_none_at_all_need_no_sentence(tmp_path):
    """Only what is there and broken is told."""
    sqlite3.connect(tmp_path / "agent.db").close()
    with sqlite3.connect(tmp_path / "agent.db") as made:
        made.execute("CREATE TABLE notes (a)")
    made.close()
    assert why_unreadable(tmp_path / "agent.db") is None
    assert why_unreadable(tmp_path / "other.db") is None


def test_damage_is_told_with_the_way_out(tmp_path):
    """What is no database is rebuilt by the next start, and that is said."""
    (tmp_path / "agent.db").write_bytes(b"no database at all" * 100)
    said = why_unreadable(tmp_path / "agent.db")
    assert "agent.db, cannot be read (file is not a database)" in said
    assert "sets what is damaged aside" in said
