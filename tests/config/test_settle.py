"""A configuration brought to where a service keeps it."""

import os

import pytest

from homeport.config import loader, paths, secret_store
from homeport.config.settle import settle
from homeport.errors import ConfigInvalid, SecretUnreadable

TEXT = """\
# mine
agent:
  addresses: {{wan: {{detect: [{{kind: static, address: 8.8.8.8}}]}}}}
  records:
    - {{name: home.example.com, types: [A], address: wan, provider: cf}}
  providers:
    cf: {{kind: cloudflare, zone: example.com, token: {token}}}
"""


@pytest.fixture
def home(tmp_path):
    """An account's folder with a file, and where a service would keep it."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "homeport.yaml"


def token(path):
    """Return the token as the service would read it."""
    return loader.load(path).config.agent.providers["cf"].token.reveal()


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        ('"env:HOMEPORT_TEST_TOKEN"', 'token: "secret:HOMEPORT_TEST_TOKEN"'),
        ("env:HOMEPORT_TEST_TOKEN", "token: secret:HOMEPORT_TEST_TOKEN}"),
        ('"file:token.txt"', 'token: "secret:token.txt"'),
        ("secret:cf", "token: secret:cf}"),
    ],
)
def test_a_secret_opens_where_it_was_brought(home, tmp_path, monkeypatch, reference, wanted):
    """From the environment, a file beside, or the encrypted store: the service's own store has it."""
    monkeypatch.setenv("HOMEPORT_TEST_TOKEN", "s3cret-1234")
    (home.parent / "token.txt").write_text("s3cret-1234\n")
    secret_store.put(paths.secret_store(home.parent), "cf", "s3cret-1234")
    home.write_text(TEXT.format(token=reference))
    settled = settle(home, tmp_path / "state")
    monkeypatch.delenv("HOMEPORT_TEST_TOKEN")
    (home.parent / "token.txt").unlink()
    text = settled.path.read_text()
    assert wanted in text
    assert "# mine" in text
    assert "s3cret-1234" not in text
    assert token(settled.path) == "s3cret-1234"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_what_was_brought_is_private(home, tmp_path):
    """File, store and key may be read by their owner alone."""
    secret_store.put(paths.secret_store(home.parent), "cf", "s3cret-1234")
    home.write_text(TEXT.format(token="secret:cf"))
    settled = settle(home, tmp_path / "state")
    modes = {path.name: path.stat().st_mode & 0o777 for path in settled.path.parent.iterdir()}
    assert {modes[name] for name in ("homeport.yaml", "secrets.json", "secrets.key")} == {0o600}


def test_a_second_time_changes_nothing(home, tmp_path):
    """A service's own file is left as it is, and as its owner has edited it."""
    secret_store.put(paths.secret_store(home.parent), "cf", "s3cret-1234")
    home.write_text(TEXT.format(token="secret:cf"))
    first = settle(home, tmp_path / "state")
    first.path.write_text(first.path.read_text() + "# edited\n")
    again = settle(first.path, tmp_path / "state")
    assert again == (first.path, (), None)
    assert "# edited" in first.path.read_text()


def test_another_file_that_was_there_is_kept(home, tmp_path):
    """Nothing a person wrote is lost."""
    home.write_text(TEXT.format(token="plain-token-1"))
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "homeport.yaml").write_text("# the other\n")
    settled = settle(home, tmp_path / "state")
    assert settled.before.read_text() == "# the other\n"
    assert token(settled.path) == "plain-token-1"


def test_a_secret_that_is_not_here_stops_it_before_anything_is_written(home, tmp_path):
    """The sentence names the variable."""
    home.write_text(TEXT.format(token="env:HOMEPORT_TEST_ABSENT"))
    with pytest.raises(SecretUnreadable, match="HOMEPORT_TEST_ABSENT is not set"):
        settle(home, tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_a_bad_file_is_not_brought(home, tmp_path):
    """A service that cannot start is not installed."""
    home.write_text("agent: {recrds: []}\n")
    with pytest.raises(ConfigInvalid):
        settle(home, tmp_path / "state")
    assert not (tmp_path / "state").exists()
