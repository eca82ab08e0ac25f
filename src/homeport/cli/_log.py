"""Where what runs for long keeps its log: a file beside its state always, and what the machine reads of its output.

Under systemd that is the journal, in a container standard output, else standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from homeport.config import paths

if TYPE_CHECKING:
    from homeport.telemetry.logs import Format


def output(log_format: str, *, stays: bool) -> tuple[Format, TextIO | None]:
    """Return in which format to log, and where to; `None` is standard error."""
    from homeport.config import surroundings

    is_container = stays and surroundings.is_container()
    stream = sys.stdout if is_container else None
    if log_format == "json":
        return "json", stream
    is_journal = stays and not is_container and surroundings.is_journal(sys.stderr)
    return ("journal" if is_journal else "console"), stream


class Log:
    """The file of one that starts. What fails before its place is known is in the platform's, if that is there.

    Args:
        troubled: is told, beside the log's other readers, that the file cannot be written.
    """

    def __init__(
        self, *, is_server: bool = False, troubled: Callable[[Path, str], None] = lambda _path, _why: None
    ) -> None:
        self._is_server = is_server
        self._troubled = troubled
        self._is_kept = False

    def into(self, folder: Path) -> None:
        """Keep the log in a folder from now on; where that cannot be, it is said and nothing else happens."""
        from homeport.errors import HomeportError
        from homeport.system.files import adopt_owner, make_folder
        from homeport.telemetry import logs
        from homeport.telemetry.events import Event, emit
        from homeport.telemetry.log_file import LogFile

        def troubled(error: OSError) -> None:
            why = error.strerror or str(error)
            emit(Event.LOG_UNWRITABLE, path=path, error=why)
            self._troubled(path, why)

        path = paths.log_file(folder, is_server=self._is_server)
        with suppress(HomeportError):  # the file's own trouble then says the same
            make_folder(folder)
        file = LogFile(path, adopt=adopt_owner, troubled=troubled)
        logs.keep(file)
        file.begin()
        self._is_kept = True

    def why(self, said: str) -> None:
        """Write into the file why it ends; standard error is told by whoever called."""
        from homeport.telemetry import logs
        from homeport.telemetry.events import Event

        usual = paths.state_folder(None)
        if not self._is_kept and usual.is_dir():  # the file that would say where it lies could not be read
            self.into(usual)
        logs.into_files(Event.SERVICE_FAILED, error=said)


@contextmanager
def keeping(*, is_server: bool = False) -> Iterator[Log]:
    """Yield the log of one that starts; what ends it is in the file as well."""
    from homeport.cli import sentence_and_code

    log = Log(is_server=is_server)
    try:
        yield log
    except Exception as error:
        log.why(sentence_and_code(error)[0])
        raise
