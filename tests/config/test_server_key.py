"""The server's key: made once, missed when it is gone, and told when it is the wrong one."""

import os

import pytest

from homeport.config.server_key import ServerKey
from homeport.control.sealing import Sealer
from homeport.errors import SecretUnreadable
from homeport.model.directory import Token
from homeport.model.name import Fqdn
from homeport.model.secret import Secret

HOSTS = frozenset({Fqdn.parse("home.example.com")})


@pytest.fixture
def key(tmp_path):
    return ServerKey(None, tmp_path / "server.db")


def sealed(sealer, token_id="t1"):
    return Token(token_id, HOSTS, sealed=sealer.seal(token_id, "secret"))


def test_it_is_made_once(key):
    """Beside the database, for its owner alone; the next start opens what this one sealed."""
    token = sealed(key.sealer([]))
    assert key.path == key.database.with_name("server.key")
    assert key.sealer([token]).unseal("t1", token.sealed) == "secret"
    assert key.exposure() is None
    assert os.name == "nt" or key.path.stat().st_mode & 0o777 == 0o600


def test_one_that_is_gone_is_never_made_anew(key):
    """While tokens were sealed with it; those without signing need none."""
    token = sealed(key.sealer([]))
    key.path.unlink()
    with pytest.raises(SecretUnreadable, match=r"server\.key is missing, and 1 tokens .*backup.* t1"):
        key.sealer([token])
    assert not key.path.exists()
    key.sealer([Token("t2", HOSTS, digest=b"x")])
    assert key.path.exists()


@pytest.mark.parametrize(
    ("text", "why"), [("11" * 32, "sealed with another"), ("rubbish", "64 hex"), ("ab" * 31, "64 hex")]
)
def test_a_wrong_one_is_told(key, text, why):
    """Another's, or no key at all: in words, and before anybody is served."""
    token = sealed(key.sealer([]))
    key.path.write_text(text)
    with pytest.raises(SecretUnreadable, match=why):
        key.sealer([token])


def test_one_from_elsewhere_has_no_file(tmp_path):
    """The environment's is used as it is, and a broken one is named by its setting."""
    key = ServerKey(Secret("env:KEY", lambda: "22" * 32), tmp_path / "server.db")
    assert key.path is None
    assert key.exposure() is None
    token = sealed(key.sealer([]))
    assert Sealer.read("22" * 32).unseal("t1", token.sealed) == "secret"
    broken = ServerKey(Secret("env:KEY", lambda: "22"), tmp_path / "server.db")
    with pytest.raises(SecretUnreadable, match=r"server\.key of the configuration"):
        broken.sealer([])
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    """With the setting that chooses another."""
    (tmp_path / "file").write_text("")
    key = ServerKey(Secret(f"file:{tmp_path / 'file' / 'key'}", str), tmp_path / "server.db")
    with pytest.raises(SecretUnreadable, match=r"cannot be made: .*server\.key"):
        key.sealer([])


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_file_that_others_may_read_is_exposed(key):
    """Its mode is told as it is; of one that is not there nothing is."""
    assert key.exposure() is None
    key.sealer([])
    key.path.chmod(0o640)
    assert key.exposure() == (key.path, 0o640)
