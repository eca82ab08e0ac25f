"""What the checks of a file share: faults and warnings that find their own line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from homeport.config.convert import BROKEN, Converter
from homeport.config.listen import endpoint
from homeport.config.node import Fault
from homeport.config.scalar import nearest


class Findings:
    """What is said about one file; every fault names the line of what it is about."""

    def __init__(self, converter: Converter) -> None:
        self.converter = converter

    def fault(self, path: str, message: str) -> None:
        self.converter.fault(self.line(path), path, message)

    def warn(self, path: str, message: str) -> None:
        self.converter.warnings.append(Fault(self.line(path), path, message))

    def line(self, path: str) -> int:
        """Return the line of `path`, or of the nearest thing above it that was written."""
        while path and path not in self.converter.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.converter.lines.get(path, 1)

    def is_written(self, path: str) -> bool:
        """Tell whether the file itself says something there, be it the default."""
        return path in self.converter.lines

    def known(self, path: str, name: str, names: Iterable[str], what: str) -> bool:
        """Tell whether `name` is one of `names`; when not, that is a fault."""
        there = sorted(names)
        if name in there:
            return True
        near = nearest(name, there)
        hint = f'did you mean "{near}"?' if near else f"there is {', '.join(there) or 'none'}"
        self.fault(path, f'there is no {what} "{name[:60]}"; {hint}')
        return False

    def endpoints(self, path: str, texts: Any, read: Any = endpoint) -> None:
        seen: set[str] = set()
        for i, text in sound(texts):
            try:
                found = str(read(text))
            except ValueError as error:
                self.fault(f"{path}[{i}]", str(error))
                continue
            if found in seen and not found.endswith(":0"):
                self.fault(f"{path}[{i}]", f"{found} is written twice")
            seen.add(found)


def sound(values: Any) -> list[tuple[Any, Any]]:
    """Return the entries of a list or mapping that could be read, each with its place."""
    pairs = (
        values.items() if isinstance(values, Mapping) else enumerate(() if values is BROKEN else values or ())
    )
    return [(place, value) for place, value in pairs if value is not BROKEN]
