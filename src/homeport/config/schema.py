"""The JSON Schema of the file, for editors: our own walk, as the loader's is, so that both read one shape.

Source: https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from homeport import detectors, notifiers, providers
from homeport.config.convert import is_single
from homeport.config.kinds import options_of, settings_of
from homeport.config.models import Config
from homeport.model.name import Fqdn
from homeport.model.secret import Secret

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SECRET = "env:NAME, file:/path, secret:name (the encrypted store), or the secret itself"  # noqa: S105 -- a description
PROXY = "proxy"
"""The setting that is a text, is read by a reader of its own, and says itself how it is given as a secret is."""
_SCALARS: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Fqdn: {"type": "string", "description": "a domain name"},
    Path: {"type": "string", "description": "a path; a relative one begins at this file's folder"},
    Secret: {"type": "string", "description": SECRET},
    IPv4Address: {"type": "string", "format": "ipv4"},
    IPv6Address: {"type": "string", "format": "ipv6"},
}
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "description": "description",
}


class Setting(msgspec.Struct, frozen=True):
    """One setting of a kind, as people are told about it."""

    name: str
    type: str
    required: bool
    default: Any
    description: str
    secret: bool


def schema() -> dict[str, Any]:
    """Return the schema of the whole file, with every kind that can be loaded here."""
    walk = _Walk()
    return {
        "$schema": DRAFT,
        "title": "homeport.yaml",
        **walk.struct(Config),
        "$defs": walk.definitions,
    }


def settings(wanted: type[msgspec.Struct]) -> list[Setting]:
    """Return the settings of one kind, in the order of its source."""
    found = []
    for field in msgspec.structs.fields(wanted):
        described = _Walk().of(field.type)
        is_secret = Secret in _members(field.type)
        found.append(
            Setting(
                name=field.encode_name,
                type="secret" if is_secret else _type_name(described),
                required=field.required,
                default=None if field.required else _jsonable(field),
                description=str(described.get("description") or (SECRET if is_secret else "")),
                secret=is_secret,
            )
        )
    return found


class _Walk:
    """Types to schemas; every struct is defined once."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}

    def of(self, wanted: Any) -> dict[str, Any]:
        if get_origin(wanted) is Annotated:
            return self._annotated(wanted)
        if wanted in _SCALARS:
            return dict(_SCALARS[wanted])
        origin = get_origin(wanted) or wanted
        if origin in {Union, UnionType}:
            return self._union(get_args(wanted))
        if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
            return self._reference(origin)
        return _choice(origin, wanted) or self._many(origin, get_args(wanted))

    def _many(self, origin: Any, args: tuple[Any, ...]) -> dict[str, Any]:
        if origin in {tuple, list, set, frozenset}:
            item = self.of(args[0]) if args else {}
            many = {"type": "array", "items": item}
            return {"anyOf": [many, item]} if _is_single(item) and is_single(args[0]) else many
        if origin in {dict, Mapping}:
            return {"type": "object", "additionalProperties": self.of(args[1]) if args else {}}
        return {}

    def _annotated(self, wanted: Any) -> dict[str, Any]:
        found: dict[str, Any] | None = None
        for meta in (one for one in wanted.__metadata__ if isinstance(one, msgspec.Meta)):
            reads = (meta.extra or {}).get("reads")
            if reads and reads != PROXY:
                return self._read_by(str(reads))
            found = self.of(wanted.__origin__) if found is None else found
            for name, keyword in _BOUNDS.items():
                if (value := getattr(meta, name)) is not None:
                    found[keyword] = value
        return self.of(wanted.__origin__) if found is None else found

    def _read_by(self, reads: str) -> dict[str, Any]:
        """Return what stands where `kind`, or a record's provider, decides the type."""
        if reads == "options":
            types = [options_of(adapter) for adapter in _adapters(providers)]
            return {"type": "object", "anyOf": [self._reference(one) for one in types if one is not None]}
        room = {"detector": detectors, "provider": providers, "notifier": notifiers}[reads]
        return {"oneOf": [self._reference(settings_of(adapter)) for adapter in _adapters(room)]}

    def _union(self, members: tuple[Any, ...]) -> dict[str, Any]:
        options = [{"type": "null"} if member is NoneType else self.of(member) for member in members]
        return {"anyOf": options}

    def _reference(self, wanted: type[msgspec.Struct]) -> dict[str, Any]:
        name = _name(wanted)
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = self.struct(wanted)
        return {"$ref": f"#/$defs/{name}"}

    def struct(self, wanted: type[msgspec.Struct]) -> dict[str, Any]:
        config, properties, required = wanted.__struct_config__, {}, []
        if config.tag_field:
            properties[config.tag_field] = {"const": config.tag}
            if not _has_one_kind(wanted):
                required.append(config.tag_field)
        for field in msgspec.structs.fields(wanted):
            properties[field.encode_name] = self.of(field.type)
            default = _jsonable(field)
            if field.required:
                required.append(field.encode_name)
            elif default is not None and "$ref" not in properties[field.encode_name]:
                properties[field.encode_name]["default"] = default
        found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        if wanted.__doc__ and not wanted.__doc__.startswith(wanted.__name__ + "("):
            found["description"] = wanted.__doc__.split("\n", 1)[0]
        return found | ({"required": required} if required else {})


def _choice(origin: Any, wanted: Any) -> dict[str, Any] | None:
    if origin is Literal:
        return {"enum": list(get_args(wanted))}
    if isinstance(origin, type) and issubclass(origin, Enum):
        return {"enum": [member.value for member in origin]}
    return None


def _adapters(room: Any) -> list[Any]:
    """Load every kind of a room; one whose extra is not installed cannot be described here."""
    found = []
    for kind in room.kinds():
        try:
            found.append(room.load(kind))
        except ImportError:
            continue
    return found


def _name(wanted: type[msgspec.Struct]) -> str:
    room, _, module = wanted.__module__.rpartition(".")
    inner = room.removeprefix("homeport.")
    return f"{inner}.{module}.{wanted.__name__}" if module != "models" else wanted.__name__


def _has_one_kind(wanted: type[msgspec.Struct]) -> bool:
    """Tell whether the mapping may leave `kind` out, as `store` may."""
    return wanted.__module__ == Config.__module__


def _members(wanted: Any) -> tuple[Any, ...]:
    if get_origin(wanted) is Annotated:
        return _members(wanted.__origin__)
    return get_args(wanted) if get_origin(wanted) in {Union, UnionType} else (wanted,)


def _is_single(item: dict[str, Any]) -> bool:
    return "enum" in item or item.get("type") in {"string", "integer", "number"} or _is_address(item)


def _is_address(item: dict[str, Any]) -> bool:
    return bool(item.get("anyOf")) and all("format" in one for one in item["anyOf"])


def _jsonable(field: Any) -> Any:
    """Return a default as it would be written in the file; `None` when it has no such form."""
    value = field.default if field.default is not msgspec.NODEFAULT else None
    if value is None and field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    if isinstance(value, tuple | list | set | frozenset):
        return [item.value if isinstance(item, Enum) else str(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, str | int | float | bool | dict) else None


def _type_name(described: dict[str, Any]) -> str:
    if "enum" in described:
        return " | ".join(map(str, described["enum"]))
    if "anyOf" in described:
        members = [_type_name(one) for one in described["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(members))
    names = {"string": "text", "integer": "whole number", "array": "list", "object": "mapping"}
    kind = str(described.get("type", "any"))
    return "yes or no" if kind == "boolean" else names.get(kind, kind)
