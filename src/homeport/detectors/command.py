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
    """Believes what the program prints, when it ends well."""

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
            process = await asyncio.create_subprocess_exec(
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
                return self._verdict(*await _finish(process), family)
        except TimeoutError:
            return Unknown(f"{self._name} did not end within {self._timeout:g} s and was killed")
        except ValueError as error:
            return Unknown(f"{self._name} printed {error}")
        finally:
            await _kill(process)

    def _verdict(self, code: int, printed: bytes, complained: bytes, family: Family) -> Observation:
        if code:
            why = next(iter(complained.decode("utf-8", "replace").strip().splitlines()), "")[:_SHOWN]
            return Unknown(f"{self._name} ended with {code}{': ' if why else ''}{why}")
        found = parse_addresses(printed.decode("utf-8", "replace"))
        wanted = tuple(address for address in found if address.version == family)
        return Addresses(wanted) if wanted else Unknown(f"{self._name} printed no {family} address")

    def describe(self) -> str:
        return f"{self.kind} {self._name}"


async def _finish(process: asyncio.subprocess.Process) -> tuple[int, bytes, bytes]:
    """Read what the program prints and wait for its end.

    Raises:
        ValueError: it prints without end.
    """
    assert process.stdout is not None  # noqa: S101 -- for the type checker: both are pipes
    assert process.stderr is not None  # noqa: S101 -- ditto
    try:
        async with asyncio.TaskGroup() as group:
            printed = group.create_task(_read(process.stdout))
            complained = group.create_task(_read(process.stderr))
    except ExceptionGroup:
        raise ValueError(f"more than {_MOST} bytes") from None
    return await process.wait(), printed.result(), complained.result()


async def _read(stream: asyncio.StreamReader) -> bytes:
    try:
        await stream.readexactly(_MOST + 1)
    except asyncio.IncompleteReadError as ended:
        return ended.partial
    raise ValueError("too much")


def _own_group() -> dict[str, Any]:
    """Give the program a process group, so that what it started can be killed with it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


DETECTOR = Command
