"""The fields of a type of settings, looked at once: `msgspec` compiles a type's annotations whenever it is asked."""

from __future__ import annotations

from functools import cache

import msgspec


@cache
def fields_of(wanted: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Return the fields of a type, in the order of its source."""
    return msgspec.structs.fields(wanted)
