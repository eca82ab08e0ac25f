"""Private files are private, whole, and owned by whom they serve."""

import os

import pytest

from homeport.errors import NotAllowed
from homeport.system import files


def test_created_once(tmp_path):
    """The second maker fails and the first one's data stays."""
    path = tmp_path / "server.key"
    files.create_private(path, b"first")
    with pytest.raises(FileExistsError):
        files.create_private(path, b"second")
    assert path.read_bytes() == b"first"
    assert path.stat().st_mode & 0o777 == 0o600


def test_replaced_whole(tmp_path):
    """Replacing leaves the new data and nothing beside it."""
    path = tmp_path / "secrets"
    files.replace_private(path, b"old")
    files.replace_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["secrets"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_leaves_files_to_the_folder_s_owner(tmp_path):
    """What root makes in a service's folder, the service can open."""
    folder = tmp_path / "state"
    files.make_folder(folder)
    os.chown(folder, 12345, 12345)
    files.create_private(folder / "server.key", b"k")
    made = (folder / "server.key").stat()
    assert (made.st_uid, made.st_gid, made.st_mode & 0o777) == (12345, 12345, 0o600)


def test_a_folder_in_the_way_of_a_file_is_explained(tmp_path):
    """A path below a plain file cannot be a folder, and the sentence says so."""
    (tmp_path / "file").write_text("")
    with pytest.raises(NotAllowed, match="is no folder; move what is there away"):
        files.make_folder(tmp_path / "file" / "state")


def test_what_is_put_back_is_as_old_as_it_was(tmp_path):
    """Who compares its age with another's finds nothing changed."""
    path = tmp_path / "homeport.yaml"
    path.write_text("before")
    os.utime(path, ns=(10**18, 10**18))
    before = files.snapshot(path)
    files.replace_private(path, b"after")
    before.put_back()
    assert (path.read_text(), path.stat().st_mtime_ns) == ("before", 10**18)
