"""A secret is read when it is used, from where it was said to be, and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport import providers
from homeport.config import paths, secret_store, secrets
from homeport.errors import SecretUnreadable
from homeport.model.secret import Secret
from homeport.system import credentials

VALUE = "correct horse"


def test_an_environment_variable_is_read_when_used(tmp_path, monkeypatch):
    """Nothing is read at first, and what is set later is found; unset is an error with the way out."""
    monkeypatch.setattr(paths, "ENVIRONMENT", environment := {})
    secret = secrets.secret("env:TOKEN", folder=tmp_path)
    with pytest.raises(SecretUnreadable, match="environment variable TOKEN is not set; set it"):
        secret.reveal()
    environment["TOKEN"] = VALUE
    assert (secret.reveal(), secret.source, repr(secret)) == (VALUE, "env:TOKEN", "***")


def test_a_file_that_systemd_read_for_us(tmp_path, monkeypatch):
    """Its copy is read, where this account may not read the file itself; one without a copy is read as ever."""
    monkeypatch.setattr(paths, "ENVIRONMENT", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    (tmp_path / credentials.name(Path("/etc/secret/token"))).write_text(f"{VALUE}\n")
    (tmp_path / "plain").write_text("another\n")
    assert secrets.secret("file:/etc/secret/token", folder=tmp_path).reveal() == VALUE
    assert secrets.secret("file:plain", folder=tmp_path).reveal() == "another"
    with pytest.raises(SecretUnreadable, match="the secret file /etc/secret/gone cannot be read"):
        secrets.secret("file:/etc/secret/gone", folder=tmp_path).reveal()


def test_a_rotated_file_is_noticed(tmp_path):
    """A file is read anew, its last line end is no part of it, and its path begins at the file's folder."""
    secret = secrets.secret("file:token", folder=tmp_path)
    assert secret.source == f"file:{tmp_path / 'token'}"
    for content in (f"{VALUE}\n", f"{VALUE}2\r\n", f" {VALUE}\n\n"):
        (tmp_path / "token").write_text(content, newline="")
        assert secret.reveal() == content.removesuffix("\n").removesuffix("\r")


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe", b"x" * (secrets.MAX_BYTES + 1)])
def test_a_file_without_a_secret(tmp_path, content):
    """A missing, empty, huge or binary file says so, and says what to do."""
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    with pytest.raises(SecretUnreadable, match=r"the secret file .*token"):
        secrets.secret("file:token", folder=tmp_path).reveal()


@pytest.mark.parametrize("reference", ["keyring:home", "vault:kv/home#token"])
def test_what_is_not_known_yet(tmp_path, reference):
    """A keyring or a vault is a fault of the file, with the way out: it is never taken for the secret itself."""
    with pytest.raises(ValueError, match=r"does not read (keyring|vault): yet; write secret:NAME") as caught:
        secrets.secret(reference, folder=tmp_path)
    assert "home" not in str(caught.value).replace("homeport", "")


def test_the_encrypted_store(tmp_path):
    """`secret:` reads the store beside the file."""
    secret_store.put(paths.secret_store(tmp_path), "cf", VALUE)
    secret = secrets.secret("secret:cf", folder=tmp_path)
    assert (secret.reveal(), secret.source) == (VALUE, "secret:cf")


@pytest.mark.parametrize("text", ["hunter2", "https://x:y", "a:b"])
def test_anything_else_is_the_secret(tmp_path, text):
    """A value with a colon is not a reference to a place nobody knows."""
    secret = secrets.secret(text, folder=tmp_path)
    assert (secret.reveal(), secret.source) == (text, "***")


@pytest.mark.parametrize(
    "text", ["", "env:", "env:a b", "file:", "secret:", "secret:../x", "file:~nobody-here/x"]
)
def test_a_malformed_reference_is_a_fault(tmp_path, text):
    """What cannot be a reference is a fault of the file, told without quoting it."""
    with pytest.raises(ValueError, match=r"expected|written|there"):
        secrets.secret(text, folder=tmp_path)


def test_a_fingerprint_changes_with_the_secret(tmp_path, monkeypatch):
    """Another value, another fingerprint; the same value, the same; unreadable is a fingerprint too."""
    monkeypatch.setattr(paths, "ENVIRONMENT", environment := {})
    secret = secrets.secret("env:TOKEN", folder=tmp_path)
    seen = [secrets.fingerprint(secret)]
    for value in (VALUE, VALUE + "2"):
        environment["TOKEN"] = value
        seen.append(secrets.fingerprint(secret))
        assert seen[-1] == secrets.fingerprint(Secret.literal(value))
    assert len(set(seen)) == 3
    assert all(len(one) == 6 for one in seen)


def test_a_fingerprint_of_settings(kinds):
    """Settings change their fingerprint with any field, a secret among them, and never show it."""
    settings_of = providers.load("cloud").Settings
    settings = [
        settings_of(token=Secret.literal(VALUE)),
        settings_of(token=Secret.literal("other")),
        settings_of(token=Secret.literal(VALUE), port=1),
    ]
    assert len({secrets.fingerprint(one) for one in settings}) == 3
    assert secrets.fingerprint(settings[0]) == secrets.fingerprint(settings_of(token=Secret.literal(VALUE)))
