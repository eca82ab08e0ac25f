"""From `homeport.yaml` to a `Config`: every fault of the file at once, each with its line."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import msgspec

from homeport.config import compose, secrets
from homeport.config.automatic import filled
from homeport.config.check_agent import check_agent
from homeport.config.check_server import check_server
from homeport.config.convert import Converter, Reference
from homeport.config.findings import Findings
from homeport.config.kinds import READERS
from homeport.config.models import Agent, Config, Server
from homeport.config.node import Composed, Fault, Scalar
from homeport.config.reading import composed
from homeport.errors import ConfigInvalid

MAX_BYTES = 512 * 1024
"""What a file may hold: some 5,000 records. More belongs into `homeport serve` and its own database."""


class Loaded(msgspec.Struct, frozen=True):
    """A file that can be honoured.

    Attributes:
        text: as it stands in the file, secrets and all: never print it.
        warnings: what works and should not stay so, a line each.
        references: every setting that leads to a file, a program or a secret, by its place in the file.
    """

    config: Config
    path: Path
    text: str
    warnings: tuple[str, ...] = ()
    references: Mapping[str, Reference] = {}

    def __repr__(self) -> str:
        return f"Loaded({str(self.path)!r})"


class Examined(msgspec.Struct, frozen=True):
    """A file and everything that is to be said about it; `config` is `None` when there are faults."""

    path: Path
    text: str
    config: Config | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...] = ()
    references: Mapping[str, Reference] = {}

    def __repr__(self) -> str:
        return f"Examined({str(self.path)!r}, {len(self.faults)} faults)"

    def lines(self, faults: tuple[Fault, ...]) -> tuple[str, ...]:
        """Return faults or warnings as people read them, in the order of the file."""
        return tuple(_line(self.path, fault) for fault in faults)


def load(path: Path, *, apart: bool = False) -> Loaded:
    """Read, convert and check a file. No secret is resolved.

    Args:
        apart: parse in a child process, so that the parser's 4 MB do not stay in a program that runs for years.

    Raises:
        ConfigInvalid: it cannot be honoured; one line for every fault of the file.
    """
    return _loaded(examine(path, apart=apart))


def examine(path: Path, *, apart: bool = False) -> Examined:
    """Read a file and say everything there is to say about it. Never raises for the file's doing."""
    try:
        text = _text(path)
    except ConfigInvalid as error:
        return Examined(path, "", None, (Fault(0, "", str(error)),))
    return _examined(path, text, compose.apart(text) if apart else composed(text))


def examine_text(text: str, path: Path) -> Examined:
    """Do what `examine` does for a text that would stand at `path`, as the page does while it is typed."""
    return _examined(path, text, composed(text))


def parse(text: str, path: Path) -> Loaded:
    """Do what `load` does for a text that would stand at `path`.

    Raises:
        ConfigInvalid: it cannot be honoured; one line for every fault.
    """
    return _loaded(examine_text(text, path))


def _loaded(examined: Examined) -> Loaded:
    if examined.config is None:
        raise ConfigInvalid("\n".join(examined.lines(examined.faults)))
    warnings = examined.lines(examined.warnings)
    return Loaded(examined.config, examined.path, examined.text, warnings, examined.references)


def _examined(path: Path, text: str, composed: Composed) -> Examined:
    root = composed.root
    if root is None or (isinstance(root, Scalar) and root.is_nothing):
        empty = (Fault(0, "", "the file is empty; write agent: or server: into it"),)
        return Examined(path, text, None, composed.faults or empty)
    folder = path.absolute().parent
    converter = Converter(folder, partial(secrets.secret, folder=folder), READERS)
    config = converter.read(root, Config, "")
    if isinstance(config, Config):
        config = _checked(Findings(converter), config)
        if not converter.faults and not composed.faults and config == Config():
            converter.fault(0, "", "there is nothing in it; write agent: or server: into it")
    faults = tuple(sorted({*composed.faults, *converter.faults}, key=_order))
    if not faults and config.agent is not None:
        config = msgspec.structs.replace(config, agent=filled(config.agent))
    warnings = (*_exposed(path, converter.warnings), *sorted(converter.warnings, key=_order))
    return Examined(path, text, None if faults else config, faults, warnings, converter.references)


def _checked(findings: Findings, config: Config) -> Config:
    """Check what was read; return it with the records' options read by their providers."""
    if isinstance(config.server, Server):
        check_server(findings, config.server)
    if isinstance(config.agent, Agent):
        return msgspec.structs.replace(config, agent=check_agent(findings, config.agent))
    return config


def _order(fault: Fault) -> tuple[int, str, str]:
    return (fault.line, fault.path, fault.message)


def _line(path: Path, fault: Fault) -> str:
    place = f"{path}:{fault.line}" if fault.line else str(path)
    return ": ".join(part for part in (place, fault.path, fault.message) if part)


def _exposed(path: Path, warnings: list[Fault]) -> list[Fault]:
    """Warn when others may read a file in which a secret stands."""
    if not warnings or os.name != "posix" or not path.exists():
        return []
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o077 or not any("secret stands" in warning.message for warning in warnings):
        return []
    return [Fault(0, "", f"a secret stands in it and others may read it (mode {mode:04o}); chmod 600 {path}")]


def _text(path: Path) -> str:
    """Read the file, bounded.

    Raises:
        ConfigInvalid: it cannot be read, or is no text.
    """
    raw = _bytes(path)
    if len(raw) > MAX_BYTES:
        raise ConfigInvalid(f"larger than {MAX_BYTES // 1024} KiB; that is no configuration file")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigInvalid("saved as UTF-16; save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigInvalid(f"line {line} is not UTF-8; save the file as UTF-8") from None


def _bytes(path: Path) -> bytes:
    try:
        kind = path.stat().st_mode
        if stat.S_ISREG(kind):
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigInvalid("there is no such file; `homeport init` makes one") from None
    except PermissionError:
        raise ConfigInvalid("this account may not read it; run as its owner, or let it be read") from None
    except (OSError, ValueError) as error:
        raise ConfigInvalid(f"cannot be read: {getattr(error, 'strerror', None) or 'not a path'}") from None
    raise ConfigInvalid(
        "a folder, not a file; name the file in it" if stat.S_ISDIR(kind) else "not a regular file"
    )
