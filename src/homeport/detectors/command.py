"""Run a program of the user's that prints this machine's address."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.address import Family, parse_addresses
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.ports import Tools

_MOST = 64 * 1024  # bytes of output; a program that prints more prints no addresses
_GRACE = 1.0  # seconds for the rest of its output, where somebody else still holds the pipe
_SHOWN = 200  # characters of what it complained about


_Word = Annotated[
    str, Meta(extra={"single": False, "is": "word"})
]  # one text is no list of one: there is no shell to split it


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="command"
):
    """A program that prints one address on each line. It is started without a shell."""

    run: Annotated[
        tuple[_Word, ...],
        Meta(min_length=1, description='the program and its arguments: ["/bin/my-ip", "-4"]'),
    ]
    timeout: Annotated[float, Meta(gt=0, le=60, description="seconds until it is killed")] = 10

    def __post_init__(self) -> None:
        if not self.run or not self.run[0]:
            raise ValueError("expected a program and its arguments, as a list")


class Command:
    """Believes what the program prints, when it ends well. Whatever it leaves running ends with it."""

    kind: ClassVar[str] = "command"
    witnesses: ClassVar[int] = 1
    operator = "this machine"
    protocol = "system"
    camp = ""

    def __init__(self, settings: Settings, _tools: Tools) -> None:
        self._run = settings.run
        self._timeout = settings.timeout
        self._name = os.path.basename(settings.run[0])  # noqa: PTH119 -- a path of another system may stand here

    async def detect(self, family: Family) -> Observation:
        try:
            transport, ran = await asyncio.get_running_loop().subprocess_exec(
                _Ran,
                *self._run,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                **_own_group(),
            )
        except (OSError, ValueError) as error:
            return Unknown(f"{self._name} cannot be started: {getattr(error, 'strerror', None) or error}")
        try:
            async with asyncio.timeout(self._timeout):
                await ran.is_over.wait()
        except TimeoutError:
            return Unknown(f"{self._name} did not end within {self._timeout:g} s and was killed")
        finally:
            await _end(transport, ran)
        try:
            return self._verdict(transport.get_returncode(), *ran.said(), family)
        except ValueError as error:
            return Unknown(f"{self._name} printed {error}")

    def _verdict(self, code: int | None, printed: bytes, complained: bytes, family: Family) -> Observation:
        if code:
            why = next(iter(complained.decode("utf-8", "replace").strip().splitlines()), "")[:_SHOWN]
            return Unknown(f"{self._name} ended with {code}{': ' if why else ''}{why}")
        found = parse_addresses(printed.decode("utf-8", "replace"))
        wanted = tuple(address for address in found if address.version == family)
        return Addresses(wanted) if wanted else Unknown(f"{self._name} printed no {family} address")

    def describe(self) -> str:
        return f"{self.kind} {self._name}"


class _Ran(asyncio.SubprocessProtocol):
    """What the program printed, and its end, apart from each other: what it leaves running may hold its pipes open.

    Attributes:
        is_over: it has ended, or printed more than is looked at.
        has_ended: there is no such process any more.
        is_read: both of its pipes are closed.
    """

    def __init__(self) -> None:
        self.is_over, self.has_ended, self.is_read = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._said = {1: bytearray(), 2: bytearray()}
        self._open = set(self._said)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        said = self._said[fd]
        said += data[: _MOST + 1 - len(said)]
        if len(said) > _MOST:
            self.is_over.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's names
        self._open.discard(fd)
        if not self._open:
            self.is_read.set()

    def process_exited(self) -> None:
        self.has_ended.set()
        self.is_over.set()

    def said(self) -> tuple[bytes, bytes]:
        """Return what it printed, and what it complained about.

        Raises:
            ValueError: it prints without end.
        """
        if max(map(len, self._said.values())) > _MOST:
            raise ValueError(f"more than {_MOST} bytes")
        return bytes(self._said[1]), bytes(self._said[2])


def _own_group() -> dict[str, Any]:
    """Give the program a process group, so that what it started can be killed with it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


async def _end(transport: asyncio.SubprocessTransport, ran: _Ran) -> None:
    """End the program with what it started, and read the rest of what it printed.

    What left its group (a daemon) goes on, and may hold a pipe: that is closed at this end.
    """
    try:
        _kill(transport)
        await ran.has_ended.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await ran.is_read.wait()
    finally:
        transport.close()


def _kill(transport: asyncio.SubprocessTransport) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: of a group of zombies
        if sys.platform == "win32":
            transport.kill()
        else:
            os.killpg(transport.get_pid(), signal.SIGKILL)


DETECTOR = Command
