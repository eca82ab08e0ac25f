"""The last versions of a file: whole, private, and only of what nobody changed meanwhile."""

import stat

import pytest

from homeport.config.versions import KEPT, Changed, Versions


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "homeport.yaml"
    path.write_bytes(b"one\n")
    path.chmod(0o640)
    return path


def test_a_replaced_text_is_a_version(file, tmp_path):
    """The file keeps its mode; a version is for its owner alone."""
    versions = Versions(file, tmp_path / "versions")
    made = versions.replace(b"one\n", b"two\n", 1000.0)
    assert file.read_bytes() == b"two\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert versions.read(made.id) == b"one\n"
    [kept] = [each for each in (tmp_path / "versions").iterdir() if each.suffix == ".yaml"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert versions.all() == [made]


def test_what_was_changed_meanwhile_is_not_written_over(file, tmp_path):
    """The file stays as somebody else left it, and no version is made."""
    versions = Versions(file, tmp_path / "versions")
    file.write_bytes(b"by hand\n")
    with pytest.raises(Changed):
        versions.replace(b"one\n", b"two\n", 1000.0)
    assert file.read_bytes() == b"by hand\n"
    assert versions.all() == []


def test_the_oldest_goes(file, tmp_path):
    """Twenty are kept, the newest first, though the clock stands still."""
    versions = Versions(file, tmp_path / "versions")
    texts = [f"{number}\n".encode() for number in range(KEPT + 3)]
    before = b"one\n"
    for text in texts:
        versions.replace(before, text, 1000.0)
        before = text
    assert [versions.read(each.id) for each in versions.all()] == texts[-2 : -KEPT - 2 : -1]


def test_one_is_taken_back(file, tmp_path):
    """As if nothing had been."""
    versions = Versions(file, tmp_path / "versions")
    made = versions.replace(b"one\n", b"two\n", 1000.0)
    versions.take_back(made)
    assert file.read_bytes() == b"one\n"
    assert versions.all() == []


def test_a_change_by_hand_breaks_the_row(file, tmp_path):
    """What stands before it is no longer all the page's own doing; what comes after it is."""
    versions = Versions(file, tmp_path / "versions")
    first = versions.replace(b"one\n", b"two\n", 1000.0)
    assert versions.is_own(first.id)
    second = versions.replace(b"two\n", b"three\n", 1001.0)
    assert versions.is_own(first.id)
    assert versions.is_own(second.id)
    file.write_bytes(b"by hand\n")
    assert not versions.is_own(second.id)
    third = versions.replace(b"by hand\n", b"four\n", 1002.0)
    assert versions.is_own(third.id)
    assert not versions.is_own(second.id)


@pytest.mark.parametrize("wanted", ["../homeport", "", "1", "../../etc/passwd"])
def test_no_other_file_is_read(file, tmp_path, wanted):
    """A version is one of those that are there."""
    versions = Versions(file, tmp_path / "versions")
    versions.replace(b"one\n", b"two\n", 1000.0)
    assert versions.read(wanted) is None
    assert not versions.is_own(wanted)


def test_a_link_stays_one(file, tmp_path):
    """What it leads to is what changes."""
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    Versions(link, tmp_path / "versions").replace(b"one\n", b"two\n", 1000.0)
    assert link.is_symlink()
    assert file.read_bytes() == b"two\n"
