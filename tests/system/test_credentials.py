"""Files with secrets that systemd reads for a service."""

import re
from pathlib import Path

from homeport.system.credentials import handed, name


def test_two_files_never_get_one_name():
    """Each is one that systemd takes: no slash, no colon, short enough for a file."""
    paths = [Path(each) for each in ("/a/b", "/a-b", "/a/b ", "/密/b:%", "/" + "x" * 300)]
    names = [name(path) for path in paths]
    assert len(set(names)) == len(paths)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]{1,100}", each) for each in names)


def test_the_copy_is_read_where_there_is_one(tmp_path):
    """Else the file itself: by hand, under another service manager, or one that the unit does not name yet."""
    path = tmp_path / "token"
    told = {"CREDENTIALS_DIRECTORY": str(tmp_path / "given")}
    assert handed(path, {}.get) == path
    assert handed(path, told.get) == path
    (tmp_path / "given").mkdir()
    copy = tmp_path / "given" / name(path)
    copy.touch()
    assert handed(path, told.get) == copy
    assert handed(path, {}.get) == path
