"""What is kept comes back, to whoever holds the key and to nobody else."""

from __future__ import annotations

import json
import os
import stat
import sys

import pytest

from homeport.config import secret_store
from homeport.errors import InUse, SecretUnreadable
from homeport.system.lock import Lock

VALUE = "pÄss wörd\n家"
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")


@pytest.fixture
def store(tmp_path):
    """A store with one secret."""
    path = tmp_path / "secrets.json"
    secret_store.put(path, "cf", VALUE)
    return path


def test_kept_replaced_removed(store):
    """A value comes back whole; set again it is the new one; removed it is gone."""
    assert secret_store.read(store, "cf") == VALUE
    secret_store.put(store, "cf", "new")
    secret_store.put(store, "other", "x")
    assert (secret_store.read(store, "cf"), secret_store.names(store)) == ("new", ["cf", "other"])
    secret_store.remove(store, "cf")
    with pytest.raises(
        SecretUnreadable, match=r"no secret cf in .*there are other; `homeport secret set cf`"
    ):
        secret_store.read(store, "cf")


def test_nothing_is_readable_on_disk(store):
    """The value is in no file, and one value twice is not one text twice."""
    secret_store.put(store, "again", VALUE)
    written = b"".join(path.read_bytes() for path in store.parent.iterdir())
    assert VALUE.encode() not in written
    assert json.dumps(VALUE).encode() not in written
    kept = json.loads(store.read_text())["secrets"]
    assert kept["cf"] != kept["again"]


@posix
def test_only_the_owner_may_read(store):
    """Store and key are 0600 whatever the umask was."""
    for path in (store, secret_store.key_path(store)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix
def test_a_key_others_may_read_is_refused(store):
    """The line to type is in the message."""
    secret_store.key_path(store).chmod(0o640)
    with pytest.raises(SecretUnreadable, match=r"\(mode 0640\); chmod 600 .*secrets.key"):
        secret_store.read(store, "cf")


def test_a_value_is_bound_to_its_name(store):
    """Moved under another name, cut or altered, a value does not open."""
    held = json.loads(store.read_text())
    kept = held["secrets"]["cf"]
    for altered in ({"evil": kept}, {"evil": kept[:8]}, {"evil": "!"}, {"evil": "A" + kept[1:]}):
        store.write_text(json.dumps({**held, "secrets": altered}))
        with pytest.raises(SecretUnreadable, match=r"was not sealed by .* or was altered"):
            secret_store.read(store, "evil")


def test_a_lost_key_is_never_made_anew(store):
    """Without its key a store is an error with the way back, for reading and for writing."""
    secret_store.key_path(store).unlink()
    with pytest.raises(SecretUnreadable, match="is gone; restore it, or remove"):
        secret_store.read(store, "cf")
    with pytest.raises(SecretUnreadable, match="is gone"):
        secret_store.put(store, "new", "x")
    assert not secret_store.key_path(store).exists()


def test_a_later_version_s_store_is_left_alone(store):
    """Nothing is read of it and nothing written over it; the sentence says which version to install."""
    store.write_text('{"version": 2, "secrets": {"cf": {"sealed": "x"}}, "more": true}')
    before = store.read_bytes()
    for use in (lambda: secret_store.read(store, "cf"), lambda: secret_store.put(store, "cf", "v")):
        with pytest.raises(
            SecretUnreadable, match=r"later version of homeport \(format 2, this one knows 1\)"
        ):
            use()
    assert store.read_bytes() == before


def test_damaged_files_say_so(store):
    """Half a store and half a key are named."""
    secret_store.key_path(store).write_bytes(b"half")
    with pytest.raises(SecretUnreadable, match="is damaged or another account's"):
        secret_store.read(store, "cf")
    store.write_text("{")
    with pytest.raises(SecretUnreadable, match="is damaged; restore it"):
        secret_store.names(store)


@pytest.mark.parametrize(("name", "value"), [("a/b", "x"), ("", "x"), ("a", ""), ("a", "x" * 70_000)])
def test_what_cannot_be_kept(tmp_path, name, value):
    """A bad name, nothing, or too much is refused before anything is written."""
    with pytest.raises(SecretUnreadable):
        secret_store.put(tmp_path / "secrets.json", name, value)
    assert list(tmp_path.iterdir()) == []


def test_a_child_reads_and_its_answer_is_remembered(store, monkeypatch):
    """The child answers once; the store changed, it is asked again; it says why it cannot."""
    asked = []
    real = secret_store.subprocess.run

    def run(command, **words):
        asked.append(command)
        assert VALUE not in " ".join(command)
        return real(command, **words)

    monkeypatch.setattr(secret_store.subprocess, "run", run)
    assert secret_store.read_apart(store, "cf") == VALUE
    assert secret_store.read_apart(store, "cf") == VALUE
    assert len(asked) == 1
    secret_store.put(store, "cf", "rotated")
    assert secret_store.read_apart(store, "cf") == "rotated"
    assert len(asked) == 2
    with pytest.raises(SecretUnreadable, match="no secret nothing in"):
        secret_store.read_apart(store, "nothing")


def test_the_reader_of_secrets_does_not_load_the_cipher(store):
    """A program that reads a secret never holds the cipher library."""
    script = (
        "import sys; from pathlib import Path; from homeport.config import secret_store as s;"
        f"assert len(s.read_apart(Path({str(store)!r}), 'cf')) > 1;"
        "sys.exit(any(name.startswith('cryptography') for name in sys.modules))"
    )
    assert secret_store.subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_two_writers_never_lose_a_secret(store):
    """While one process changes the store another is refused, and what was kept stays."""
    with Lock(store):
        for change in (lambda: secret_store.put(store, "b", "x"), lambda: secret_store.remove(store, "cf")):
            with pytest.raises(InUse, match="is in use"):
                change()
    assert secret_store.names(store) == ["cf"]
