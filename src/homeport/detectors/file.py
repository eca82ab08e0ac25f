"""Read the address from a file that another program keeps."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.address import Family, parse_addresses
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.ports import Tools

_MOST = 64 * 1024  # bytes; a longer file is no list of addresses


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="file"
):
    """A file with one address on each line, read anew every time."""

    path: Annotated[
        Path,
        Meta(description="where it lies; relative to the configuration file's folder", extra={"is": "live"}),
    ]


class File:
    """Believes what stands in the file now."""

    kind: ClassVar[str] = "file"
    witnesses: ClassVar[int] = 1
    operator = "this machine"
    protocol = "system"
    camp = ""

    def __init__(self, settings: Settings, _tools: Tools) -> None:
        self._path = settings.path

    async def detect(self, family: Family) -> Observation:
        try:
            found = parse_addresses(await asyncio.to_thread(_text, self._path))
        except OSError as error:
            return Unknown(f"{self._path} cannot be read: {error.strerror or error}")
        except ValueError as error:
            return Unknown(f"{self._path} holds {error}")
        wanted = tuple(address for address in found if address.version == family)
        return Addresses(wanted) if wanted else Unknown(f"{self._path} holds no {family} address")

    def describe(self) -> str:
        return f"{self.kind} {self._path.name}"


def _text(path: Path) -> str:
    """Return what the file holds, without waiting for anybody to write it.

    Raises:
        OSError: it is not there, may not be read, or is no file.
        ValueError: it is too long.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(None, "it is not a file")
    with path.open("rb") as opened:
        raw = opened.read(_MOST + 1)
    if len(raw) > _MOST:
        raise ValueError(f"more than {_MOST} bytes")
    return raw.decode("utf-8-sig", "replace")


DETECTOR = File
