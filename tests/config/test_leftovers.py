"""What a page put into the store goes when nothing names it any more, and nothing else does."""

import pytest

from homeport.config import leftovers, secret_store
from homeport.config.versions import KEPT, Versions

FILE = 'agent: {{providers: {{d: {{kind: duckdns, token: "{}"}}}}}}\n'


@pytest.fixture
def home(tmp_path):
    """A file that names one of three secrets of a page, and none of its owner's."""
    store, file = tmp_path / "secrets.json", tmp_path / "homeport.yaml"
    for name in ("d-token", "d-token-2", "d-token.x"):
        secret_store.put(store, name, "of a page", of_page=True)
    secret_store.put(store, "mine", "of the owner")
    file.write_text(FILE.format("secret:d-token-2"))
    return file, store, Versions(file, tmp_path / "versions")


def change(file, versions, text):
    return versions.replace(file.read_bytes(), text.encode(), 1000.0)


def test_what_nothing_names_goes(home):
    """A name that is the beginning of another is another; the owner's own stays, whoever names it."""
    file, store, versions = home
    assert leftovers.sweep(file, store, versions) == ["d-token", "d-token.x"]
    assert secret_store.names(store) == ["d-token-2", "mine"]
    assert secret_store.read(store, "d-token-2") == "of a page"


def test_a_version_that_is_kept_finds_its_secrets(home):
    """Until it is the oldest, and goes itself."""
    file, store, versions = home
    change(file, versions, FILE.format("secret:d-token"))
    leftovers.sweep(file, store, versions)
    assert secret_store.names(store) == ["d-token", "d-token-2", "mine"]
    for number in range(KEPT):
        assert "d-token-2" in secret_store.names(store)
        change(file, versions, FILE.format("secret:d-token") + f"# {number}\n")
        leftovers.sweep(file, store, versions)
    assert secret_store.names(store) == ["d-token", "mine"]


def test_a_name_that_is_spelled_otherwise_is_one(home):
    """YAML has many ways to write a text."""
    file, store, versions = home
    file.write_text(FILE.format(r"secret:d\x2dtoken"))
    assert leftovers.sweep(file, store, versions) == ["d-token-2", "d-token.x"]


def test_a_copy_beside_it_counts(home):
    """Its owner may start homeport with it."""
    file, store, versions = home
    file.with_name("homeport.yaml.old").write_text(FILE.format("secret:d-token"))
    assert leftovers.sweep(file, store, versions) == ["d-token.x"]


def test_what_cannot_be_read_keeps_everything(home):
    """Nobody knows what it names."""
    file, store, versions = home
    before = secret_store.names(store)
    change(file, versions, "agent: [")
    assert leftovers.sweep(file, store, versions) == []
    assert secret_store.names(store) == before


def test_what_its_owner_sets_anew_is_its_owners(home):
    """A page's secret that was written over by hand stays."""
    file, store, versions = home
    secret_store.put(store, "d-token", "of the owner")
    assert leftovers.sweep(file, store, versions) == ["d-token.x"]
    assert secret_store.names_of_pages(store) == ["d-token-2"]
