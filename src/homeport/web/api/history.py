"""What happened to addresses and names, for a year."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request

from homeport.web import history
from homeport.web.api.operation import operation
from homeport.web.desk import desk
from homeport.web.redacted import redacted_as
from homeport.web.words import said

Span = Literal["day", "week", "month", "year"]
Kind = Literal["addresses", "updates", "troubles"]
Number = Annotated[int, Meta(ge=1, le=2**53)]


class HistoryQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of what happened.

    Attributes:
        span: how far back.
        kind: everything where none is named.
        name: is in the name of the RRset or of the address source.
        older: what the answer before said as `older`.
        limit: events in one answer.
    """

    span: Span = "month"
    kind: Kind | UnsetType = UNSET
    name: Annotated[str, Meta(max_length=253)] = ""
    older: Number | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=1000)] = history.PAGE


class ChartQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far back."""

    span: Span = "month"


class Happened(msgspec.Struct, frozen=True):
    """One event.

    Attributes:
        at: unix seconds.
        subject: an RRset (`home.example.com A`), or an address source and family (`auto IPv4`).
        trace: is the same for all that was done for one reason.
        fields: the rest of it, by name.
    """

    id: int
    at: float
    event: str
    subject: str
    provider: str
    trace: str
    fields: dict[str, Any]


class History(msgspec.Struct, frozen=True):
    """What happened, the newest first.

    Attributes:
        older: asks for the events before these; `null` where there are none.
    """

    events: list[Happened]
    older: int | None


class Became(msgspec.Struct, frozen=True):
    """When an address source learned what."""

    at: float
    address: str


class Visible(msgspec.Struct, frozen=True):
    """When a change was seen in the DNS, and how many seconds after it began."""

    at: float
    seconds: float


class Chart(msgspec.Struct, frozen=True):
    """What the chart draws, the oldest first; times are unix seconds.

    Attributes:
        addresses: of each address source and family, when it became what.
        visible: what was seen in the DNS; of each thousandth of the span the record that took longest.
    """

    now: float
    addresses: dict[str, list[Became]]
    visible: list[Visible]


@operation("GET", "/history", may="read", summary=said("What happened to addresses and names."))
async def history_(request: Request, query: HistoryQuery) -> History:
    asked = {"span": query.span, "kind": query.kind or "", "name": query.name}
    found, older = await history.looked_up(desk(request), asked, query.limit, query.older or None)
    events = redacted_as(found, list[Happened])
    return History(events, older)


@operation("GET", "/history/chart", may="read", summary=said("What the chart of the history draws."))
async def chart(request: Request, query: ChartQuery) -> Chart:
    found = await history.drawn(desk(request), query.span)
    addresses = {
        name: [Became(at, address) for at, address in became] for name, became in found["addresses"].items()
    }
    return Chart(found["now"], addresses, [Visible(at, seconds) for at, seconds in found["visible"]])


OPERATIONS = (history_, chart)
