"""A disk of one's own: small, full when a test wants it, read-only, or failing as real ones do."""

import contextlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Disk:
    """A disk that is mounted at `folder`."""

    folder: Path

    @property
    def _filler(self):
        return self.folder / "filler"

    def fill(self):
        """Leave no room."""
        with contextlib.suppress(OSError), self._filler.open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))

    def make_room(self):
        self._filler.unlink()

    def remount(self, options):
        """Mount it anew with options: `ro`, `rw`, or, on a journalled one, `abort`, which is a failing disk."""
        subprocess.run(["mount", "-o", f"remount,{options}", self.folder], check=True)


@contextlib.contextmanager
def small_disk(folder, size="2m"):
    """Mount a small disk in memory on `folder` for the block; loud about being skipped without the right to."""
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs") as disk:
        yield disk


@contextlib.contextmanager
def journalled_disk(folder, image):
    """Mount a disk with a journal, of a file, on `folder` for the block."""
    if not shutil.which("mkfs.ext4"):
        pytest.skip("PEER MISSING: mkfs.ext4")
    with image.open("wb") as file:
        file.truncate(16 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    with _mounted(folder, "-o", "loop", image) as disk:
        yield disk


@contextlib.contextmanager
def _mounted(folder, *words):
    folder.mkdir()
    done = subprocess.run(["mount", *words, folder], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"SKIPPED, NOT TESTED: mounting a disk takes root: {done.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
