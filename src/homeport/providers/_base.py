"""What every provider's settings share."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every provider takes. A subclass sets its `tag` and adds the host's own words."""

    nameservers: Annotated[
        tuple[str, ...],
        Meta(
            description='servers asked when verifying, as "address:port", instead of those found by NS lookup'
        ),
    ] = ()


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a record's `options` may hold at this host: nothing, unless a subclass says so."""
