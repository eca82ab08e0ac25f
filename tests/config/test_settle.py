"""A configuration brought to where a service keeps it."""

import os

import pytest

from homeport.config import loader, paths, secret_store
from homeport.config.settle import Account, Settled, handed, settle
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
    assert again == Settled(first.path)
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


ALIEN = Account(lambda _: False, is_own=False)
"""An account that reaches nothing of ours."""
DWELLER = Account(lambda _: True, is_own=False)
"""Another account, to which everything is open."""
FILES = """\
agent:
  state: mine
  addresses:
    wan: {{detect: [{detector}]}}
server:
  gateway: {{tls: {{certificate: tls/server.pem, key: 'tls/server.key'}}}}
  store: {{path: db/server.db}}
"""
STATIC = "{kind: static, address: 8.8.8.8}"


@pytest.fixture
def tls(home):
    """A certificate and a key beside the file, the key for its owner alone."""
    (home.parent / "tls").mkdir()
    (home.parent / "tls/server.pem").write_text("certificate")
    (home.parent / "tls/server.key").write_text("key")
    (home.parent / "tls/server.key").chmod(0o600)
    return home.parent / "tls"


def test_relative_paths_lead_where_they_led(home, tmp_path, tls):
    """Absolute by then, state and database too, for it is the same account that runs it."""
    home.write_text(FILES.format(detector="{kind: file, path: ip.txt}"))
    config = loader.load(settle(home, tmp_path / "state").path).config
    assert config == loader.load(home).config
    assert config.server.gateway.tls.key == tls / "server.key"
    assert config.server.store.path == home.parent / "db/server.db"


def test_another_account_writes_beside_its_file(home, tmp_path, tls):
    """State and database begin at the folder that is its own."""
    home.write_text(FILES.format(detector=STATIC))
    config = loader.load(settle(home, tmp_path / "state", DWELLER).path).config
    assert config.agent.state == tmp_path / "state/mine"
    assert config.server.store.path == tmp_path / "state/db/server.db"
    assert config.server.gateway.tls.certificate == tls / "server.pem"


def test_what_the_account_cannot_reach_is_copied_for_it_alone(home, tmp_path, tls):
    """Certificate and key are there, private, and one that was there with another content stays."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state/server.pem").write_text("the other's")
    home.write_text(FILES.format(detector=STATIC))
    settled = settle(home, tmp_path / "state", ALIEN)
    found = loader.load(settled.path).config.server.gateway.tls
    assert (found.certificate.read_text(), found.key.read_text()) == ("certificate", "key")
    assert set(settled.copies) == {found.certificate, found.key}
    assert {path.parent for path in settled.copies} == {tmp_path / "state"}
    assert (tmp_path / "state/server.pem").read_text() == "the other's"
    if os.name != "nt":
        assert [path.stat().st_mode & 0o777 for path in settled.copies] == [0o600] * 2
    assert settle(home, tmp_path / "state", ALIEN).copies == (), "copied once more"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_a_copy_is_owned_by_the_account_that_runs_it(home, tmp_path, tls):
    """Root installs, and the service's own account opens what was copied."""
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", 12345, 12345)
    home.write_text(FILES.format(detector=STATIC))
    settled = settle(home, tmp_path / "state", ALIEN)
    assert {path.stat().st_uid for path in (settled.path, *settled.copies)} == {12345}


@pytest.mark.parametrize(
    "detector",
    ["{kind: file, path: ip.txt}", "{kind: command, run: [./my-ip]}", "{kind: command, run: [sh, my-ip]}"],
)
def test_what_others_keep_writing_is_not_copied(home, tmp_path, detector):
    """A copy of an address file or of a program would be of yesterday for ever: refused, with the way out."""
    (home.parent / "ip.txt").write_text("8.8.8.8")
    (home.parent / "my-ip").write_text("echo 8.8.8.8")
    home.write_text(FILES.format(detector=detector))
    with pytest.raises(ConfigInvalid, match=r"wan.detect\[0\].*--scope user"):
        settle(home, tmp_path / "state", ALIEN)
    assert not (tmp_path / "state").exists()


def test_a_program_beside_the_file_is_found_from_there(home, tmp_path, monkeypatch):
    """Its place is written out; a word that is on PATH, an option and a plain word stay words."""
    (home.parent / "my-ip").write_text("echo 8.8.8.8")
    (home.parent / "sh").write_text("not the shell")
    home.write_text(FILES.format(detector="{kind: command, run: [sh, my-ip, -4, wan]}"))
    monkeypatch.chdir(tmp_path)
    agent = loader.load(settle(home, tmp_path / "state").path).config.agent
    assert agent.addresses["wan"].detect[0].run == ("sh", str(home.parent / "my-ip"), "-4", "wan")


def test_two_secrets_of_one_name_are_two(home, tmp_path):
    """Files of the same name in two folders, and what the former installation sealed under it."""
    for folder in ("a", "b"):
        (home.parent / folder).mkdir()
        (home.parent / folder / "token").write_text(f"s3cret-{folder}")
    secret_store.put(paths.secret_store(tmp_path / "state"), "token", "s3cret-former")
    two = TEXT.format(token="file:a/token").replace(
        "cf: {", "other: {kind: cloudflare, zone: example.org, token: file:b/token}\n    cf: {"
    )
    home.write_text(two)
    providers = loader.load(settle(home, tmp_path / "state").path).config.agent.providers
    assert {name: one.token.reveal() for name, one in providers.items()} == {
        "cf": "s3cret-a",
        "other": "s3cret-b",
    }
    assert secret_store.read(paths.secret_store(tmp_path / "state"), "token") == "s3cret-former"


def test_each_place_is_told_before_it_is_written(home, tmp_path, tls, monkeypatch):
    """Whoever undoes it knows every file, and finds it as it was."""
    monkeypatch.setenv("HOMEPORT_TEST_TOKEN", "s3cret-1234")
    home.write_text(FILES.format(detector=STATIC) + "  key: env:HOMEPORT_TEST_TOKEN\n")
    (tmp_path / "state").mkdir()
    (tmp_path / "state/homeport.yaml").write_text("# the other\n")
    told = {}
    settle(home, tmp_path / "state", ALIEN, lambda path: told.setdefault(path.name, path.exists()))
    made = {path.name for path in (tmp_path / "state").iterdir()}
    assert made - set(told) == {"secrets.json.lock"}
    assert {name for name, was_there in told.items() if was_there} == {"homeport.yaml"}


@pytest.mark.parametrize("reference", ['"file:token.txt"', "file:{folder}/token.txt"])
def test_a_file_that_the_system_hands_over_is_not_copied(home, tmp_path, monkeypatch, reference):
    """Its path is written out, so that a new secret in it counts from the next start on; others are sealed as ever."""
    given = Account(lambda _: False, is_own=False, is_handed=True)
    file = home.parent / "token.txt"
    home.write_text(TEXT.format(token=reference.format(folder=home.parent)))
    with pytest.raises(SecretUnreadable):
        settle(home, tmp_path / "state", given)
    file.write_text("s3cret-1234\n")
    assert handed(loader.load(home).references, tmp_path / "state") == (file,)
    settled = settle(home, tmp_path / "state", given)
    assert settled.secrets == ()
    assert f"file:{file}" in settled.path.read_text()
    assert token(settled.path) == "s3cret-1234"
    assert settle(settled.path, tmp_path / "state", given) == Settled(settled.path)
    assert handed(loader.load(settled.path).references, tmp_path / "state") == (file,)
    assert handed(loader.load(settled.path).references, home.parent) == ()
    monkeypatch.setenv("HOMEPORT_TEST_TOKEN", "s3cret-1234")
    home.write_text(TEXT.format(token="env:HOMEPORT_TEST_TOKEN"))
    assert settle(home, tmp_path / "other", given).secrets == ("HOMEPORT_TEST_TOKEN",)


def test_the_copy_is_as_old_as_the_original(home, tmp_path):
    """Which of the two a person edited last can then be seen."""
    home.write_text(TEXT.format(token='"literal"'))
    os.utime(home, ns=(10**18, 10**18))
    assert settle(home, tmp_path / "state").path.stat().st_mtime_ns == 10**18
