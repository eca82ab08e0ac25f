"""A wall clock that is wrong for one program and can be set while it runs: libfaketime, told by a file."""

from dataclasses import dataclass
from pathlib import Path

from fakes import peers
from homeport.config.paths import ENVIRONMENT


@dataclass
class WrongClock:
    """What the programs started with `environment` take for the time."""

    file: Path
    library: Path

    @property
    def environment(self):
        """The monotonic clock stays right, as it does when a person sets the time."""
        return dict(ENVIRONMENT) | {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, off):
        """Be off by so much: `-7y`, `+3d`; `+0` is right."""
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{off}\n", encoding="ascii")
        beside.replace(self.file)


def wrong_clock(folder, off):
    """Return a clock that is off; the test is skipped, loudly, where libfaketime is not."""
    root = peers.peer("faketime").root
    library = next(root.glob("usr/lib/*/faketime/libfaketime.so.1"))
    clock = WrongClock(folder / "clock", library)
    clock.set(off)
    return clock
