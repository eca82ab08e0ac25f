"""Who serves a pipe, as Windows answers; that it does so is proven in tests/peers/test_windows_service.py."""

from pathlib import Path

import pytest

from homeport.system.windows import _advapi, _pipe

HANDLE, PROCESS = 0x2A, 4711
PIPE = Path(r"\\.\pipe\homeport-1234")


class Windows:
    """Windows' two libraries, as far as a pipe is concerned.

    Args:
        codes: how each attempt to open it ends, 0 for well; the last one stays.
    """

    def __init__(self, monkeypatch, *codes):
        self.codes, self.opened, self.closed = list(codes), 0, []
        monkeypatch.setattr(_advapi, "call", self.call)
        monkeypatch.setattr(_advapi, "windows", self)
        monkeypatch.setattr(_pipe, "LOOK", 0.001)
        monkeypatch.setattr(_pipe, "BUSY_FOR", 0.01)

    def call(self, function, *given, **_):
        if function == "CreateFileW":
            if self.opened:
                self.codes[:] = self.codes[1:] or self.codes
            self.opened += 1
            return _pipe.NO_FILE if self.codes[0] else HANDLE
        if function == "GetNamedPipeServerProcessId":
            given[1]._obj.value = PROCESS
        if function == "CloseHandle":
            self.closed.append(given[0].value)
        return 1

    def get_last_error(self):
        return self.codes[0]


def test_a_busy_pipe_is_tried_again(monkeypatch):
    """Somebody else asks it for its status at this moment: it is there, and can be ended."""
    windows = Windows(monkeypatch, _pipe.BUSY, _pipe.BUSY, 0)
    assert _pipe.server_of(PIPE) == PROCESS
    assert windows.opened == 3
    assert windows.closed == [HANDLE]


def test_a_pipe_that_stays_busy_is_told(monkeypatch):
    """It is not waited for without an end, nor taken for one that nobody serves."""
    Windows(monkeypatch, _pipe.BUSY)
    with pytest.raises(_advapi.Failed) as failed:
        _pipe.server_of(PIPE)
    assert failed.value.code == _pipe.BUSY


def test_a_pipe_that_is_not_there_has_no_server(monkeypatch):
    """And is asked for once."""
    windows = Windows(monkeypatch, _pipe.NOBODY)
    assert _pipe.server_of(PIPE) is None
    assert windows.opened == 1
