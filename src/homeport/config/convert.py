"""Nodes to typed values: what a field wants decides what a text means, and every fault is kept with its line.

Walking by type has no Norway problem: `0123` is a password where a text is wanted and a fault where a number
is. A value that could not be read is `BROKEN`, so that the rest is still checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from homeport.config.node import Fault, Items, Node, Scalar, Table, found, join
from homeport.config.scalar import (
    SCALARS,
    boolean,
    is_number,
    nearest,
    number,
    shown,
    whole,
    why_out_of_bounds,
)
from homeport.config.shape import fields_of
from homeport.model.address import IPAddress
from homeport.model.secret import Secret

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class _Broken:
    def __repr__(self) -> str:
        return "BROKEN"


FEW = 8  # choices that are all named when none of them was written
BROKEN: Final = _Broken()
"""Stands where a value could not be read; its fault is told already."""


def is_read(value: Any) -> bool:
    """Tell whether a value could be read."""
    return value is not BROKEN


class Reference(NamedTuple):
    """A setting that leads out of the file: to another file, a program or a secret.

    Attributes:
        value: where it leads as it was read, a `Secret` or a path; of a word of a command the word itself.
        text: as it stands in the file; nothing for a secret, for that may be the secret.
        meaning: `Meta(extra={"is": ...})` of its type: `state` is written by us, `live` by others while we run,
            `word` is one of a command; nothing is a file that is read.
    """

    value: Secret | Path | str
    text: str = ""
    meaning: str = ""


Reader = Callable[["Converter", Node, str], Any]


class Converter:
    """Reads one file's nodes; collects faults, warnings, lines, kinds and references, each by its path.

    Args:
        folder: of the file; relative paths begin there.
        secret: makes a `Secret` of its text.
        readers: by name, for the fields whose type another value decides (`kind`).
    """

    def __init__(
        self, folder: Path, secret: Callable[[str], Secret], readers: Mapping[str, Reader] | None = None
    ) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.lines: dict[str, int] = {}
        self.kinds: dict[str, str] = {}
        self.references: dict[str, Reference] = {}
        self.folder = folder
        self._secret = secret
        self._readers = readers or {}

    def fault(self, line: int, path: str, message: str) -> _Broken:
        self.faults.append(Fault(line, path, message))
        return BROKEN

    def no_name(self, node: Node, path: str) -> _Broken:
        """Tell that a number stands where a name is expected."""
        why = "expected a name, found a number; in quotes it would be taken for a name"
        return self.fault(node.line, path, why)

    def read(self, node: Node, wanted: Any, path: str) -> Any:
        """Return `node` as a `wanted`, or `BROKEN` after telling why not."""
        self.lines[path] = node.line
        if get_origin(wanted) is Annotated:
            return self._annotated(node, wanted, path)
        if isinstance(node, Scalar) and (control := _CONTROL.search(node.text)):
            return self.fault(node.line, path, f"a control character (U+{ord(control[0]):04X}); remove it")
        if wanted == IPAddress or wanted in SCALARS:
            return self._scalar(node, wanted, path)
        if get_origin(wanted) in {Union, UnionType}:
            return self._union(node, get_args(wanted), path)
        if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            return self._struct(node, wanted, path)
        return self._other(node, wanted, path)

    def _annotated(self, node: Node, wanted: Any, path: str) -> Any:
        metas = [meta for meta in wanted.__metadata__ if isinstance(meta, msgspec.Meta)]
        for meta in metas:
            if reader := self._readers.get((meta.extra or {}).get("reads", "")):
                return reader(self, node, path)
            if (meta.extra or {}).get("is") == "name" and is_number(node):
                return self.no_name(node, path)
        value = self.read(node, wanted.__origin__, path)
        self._mean(node, metas, path)
        if value is not BROKEN and value is not None:
            for meta in metas:
                if why := why_out_of_bounds(value, meta):
                    return self.fault(node.line, path, why)
        return value

    def _mean(self, node: Node, metas: list[msgspec.Meta], path: str) -> None:
        """Note what the type says of where a setting leads."""
        for meaning in [str((meta.extra or {}).get("is", "")) for meta in metas]:
            if meaning == "word" and isinstance(node, Scalar):
                self.references[path] = Reference(node.text, node.text, meaning)
            elif meaning and (known := self.references.get(path)):
                self.references[path] = known._replace(meaning=meaning)

    def _other(self, node: Node, wanted: Any, path: str) -> Any:
        origin = get_origin(wanted) or wanted
        if origin is Literal:
            return self._choice(node, {str(choice): choice for choice in get_args(wanted)}, path)
        if isinstance(origin, type) and issubclass(origin, Enum):
            return self._choice(node, {str(member.value): member for member in origin}, path)
        if origin in {tuple, list, frozenset, set}:
            return self._list(node, origin, get_args(wanted), path)
        if origin is dict or origin is Mapping:
            return self._dict(node, get_args(wanted), path)
        return self._free(node, path)

    def _free(self, node: Node, path: str) -> Any:
        """Read a value of any type, as YAML itself would."""
        if isinstance(node, Items):
            return [self._free(item, join(path, i)) for i, item in enumerate(node.items)]
        if isinstance(node, Table):
            return {key.text: self._free(value, join(path, key.text)) for key, value in node.entries}
        if node.is_nothing:
            return None
        for reader in (boolean, whole, number):
            try:
                return reader(node)
            except ValueError:
                continue
        return node.text

    def _scalar(self, node: Node, wanted: Any, path: str) -> Any:
        name, reader = SCALARS[wanted]
        if not isinstance(node, Scalar) or node.is_nothing:
            return self.fault(node.line, path, f"expected {name}, found {found(node)}")
        if wanted is Secret:
            return self._read_secret(node, path)
        if wanted is Path:
            return self._path(node, path)
        try:
            return reader(node)
        except ValueError as error:
            return self.fault(node.line, path, str(error))

    def _path(self, node: Scalar, path: str) -> Any:
        try:
            found = self.folder / Path(node.text).expanduser()
        except RuntimeError:
            return self.fault(node.line, path, "there is no such home folder; write the path out")
        self.references[path] = Reference(found, node.text)
        return found

    def _read_secret(self, node: Scalar, path: str) -> Any:
        secret = self.secret(node, path)
        if secret is not BROKEN and secret.source == "***":
            self.warn_of_secret(node, path)
        return secret

    def secret(self, node: Scalar, path: str) -> Any:
        """Return the secret that a text names or is."""
        try:
            found = self._secret(node.text)
        except ValueError as error:
            return self.fault(node.line, path, str(error))
        self.references[path] = Reference(found)
        return found

    def warn_of_secret(self, node: Scalar, path: str) -> None:
        """Tell how a secret is kept out of the file it stands in."""
        why = "a secret stands in the file; `homeport secret set NAME` keeps it out, then secret:NAME"
        self.warnings.append(Fault(node.line, path, why))

    def _choice(self, node: Node, choices: Mapping[str, Any], path: str) -> Any:
        if not isinstance(node, Scalar) or node.is_nothing:
            return self.fault(node.line, path, f"expected {_either(choices)}, found {found(node)}")
        if node.text in choices:
            return choices[node.text]
        near = nearest(node.text, list(choices)) if len(choices) > FEW else None
        hint = f'; did you mean "{near}"?' if near else ""
        wanted = "another word" if near else _either(choices)
        return self.fault(node.line, path, f"expected {wanted}, found {shown(node.text)}{hint}")

    def _union(self, node: Node, members: tuple[Any, ...], path: str) -> Any:
        if NoneType in members and isinstance(node, Scalar) and node.is_nothing:
            return None
        rest = [member for member in members if member is not NoneType]
        if len(rest) == 1:
            return self.read(node, rest[0], path)
        if all(isinstance(member, type) and issubclass(member, msgspec.Struct) for member in rest):
            return self._by_tag(node, {str(_tag(member)): member for member in rest}, path)
        return self._first(node, [m for m in rest if _fits(node, m)] or rest, path)

    def _first(self, node: Node, members: list[Any], path: str) -> Any:
        """Read the first member that takes the node; when none does, tell what the last one missed."""
        before = len(self.faults)
        value: Any = BROKEN
        for member in sorted(members, key=_strictness):
            del self.faults[before:]
            value = self.read(node, member, path)
            if len(self.faults) == before:
                break
        return value

    def _by_tag(self, node: Node, members: Mapping[str, Any], path: str) -> Any:
        kind = node.get("kind") if isinstance(node, Table) else None
        if kind is None:
            return self.fault(node.line, path, f"expected a mapping with kind {_either(members)}")
        chosen = self._choice(kind, members, join(path, "kind"))
        return BROKEN if chosen is BROKEN else self.read(node, chosen, path)

    def _list(self, node: Node, origin: type, args: tuple[Any, ...], path: str) -> Any:
        wanted = args[0] if args else Any
        if isinstance(node, Scalar) and node.is_nothing:
            return origin()
        if isinstance(node, Scalar) and is_single(wanted):
            node = Items(node.line, (node,))
        if not isinstance(node, Items):
            return self.fault(node.line, path, f"expected a list, found {found(node)}")
        return origin(self.read(item, wanted, join(path, i)) for i, item in enumerate(node.items))

    def _dict(self, node: Node, args: tuple[Any, ...], path: str) -> Any:
        keys, values = args or (str, Any)
        if isinstance(node, Scalar) and node.is_nothing:
            return {}
        if not isinstance(node, Table):
            return self.fault(node.line, path, f"expected a mapping, found {found(node)}")
        read = {}
        for key, value in node.entries:
            here = join(path, key.text)
            name = self.read(key, keys, here)
            content = self.read(value, values, here)
            self.lines[here] = key.line
            if name is not BROKEN:
                read[name] = content
        return read

    def _struct(self, node: Node, wanted: type[msgspec.Struct], path: str) -> Any:
        if isinstance(node, Scalar) and node.is_nothing:
            node = Table(node.line, ())
        if not isinstance(node, Table):
            return self.fault(node.line, path, f"expected a mapping, found {found(node)}")
        before = len(self.faults)
        values = self.fields(node, wanted, path)
        if hasattr(wanted, "__post_init__") and len(self.faults) > before:
            return BROKEN
        try:
            return wanted(**values)
        except (ValueError, TypeError) as error:
            return self.fault(node.line, path, str(error))

    def fields(self, node: Table, wanted: type[msgspec.Struct], path: str) -> dict[str, Any]:
        """Return what `node` gives for the fields of `wanted`; a required one that lacks is `BROKEN`."""
        known = {field.encode_name: field for field in fields_of(wanted)}
        tag_field = wanted.__struct_config__.tag_field
        values: dict[str, Any] = {}
        for key, value in node.entries:
            here = join(path, key.text)
            if key.text in known:
                values[known[key.text].name] = self.read(value, known[key.text].type, here)
                self.lines[here] = key.line
            elif key.text == tag_field:
                self._check_tag(value, wanted, here)
            else:
                self.fault(key.line, here, _unknown(key.text, [*known, *([tag_field] if tag_field else [])]))
        for name, field in known.items():
            if field.required and field.name not in values:
                values[field.name] = self.fault(node.line, path, f'the key "{name}" is missing')
        return values

    def _check_tag(self, node: Node, wanted: type[msgspec.Struct], path: str) -> None:
        if get := str(_tag(wanted)):
            self._choice(node, {get: get}, path)


def _unknown(key: str, known: list[str]) -> str:
    if near := nearest(key, known):
        return f'unknown key; did you mean "{near}"?'
    return f"unknown key; here may stand: {', '.join(known) or 'nothing'}"


def _either(choices: Mapping[str, Any]) -> str:
    *most, last = [f'"{choice}"' for choice in choices]
    return f"{', '.join(most)} or {last}" if most else last


def _tag(wanted: Any) -> str | int | None:
    tag: str | int | None = wanted.__struct_config__.tag
    return tag


def _fits(node: Node, wanted: Any) -> bool:
    """Tell whether a union's member has the node's shape."""
    origin = get_origin(wanted) or wanted
    if isinstance(node, Scalar):
        return origin not in {dict, tuple, list} and not _is_struct(origin)
    return origin is dict or _is_struct(origin) if isinstance(node, Table) else origin in {tuple, list}


def _is_struct(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)


def _strictness(wanted: Any) -> int:
    """Order a union's members: what takes the least is asked first, a text last."""
    order = (bool, int, float, IPv4Address, IPv6Address)
    return order.index(wanted) if wanted in order else len(order) + (wanted is str)


def is_single(wanted: Any) -> bool:
    """Tell whether one text may stand for a list of one."""
    origin = get_origin(wanted)
    if origin is Annotated:
        return not (wanted.__metadata__[0].extra or {}) and is_single(wanted.__origin__)
    return origin not in {tuple, list, dict} and not _is_struct(wanted) and wanted is not Any
