"""Why something was not done, as programs read it (RFC 9457): one shape, whatever layer says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from homeport.config.node import Fault
from homeport.config.versions import Changed
from homeport.errors import (
    ConfigInvalid,
    Conflict,
    Gap,
    HomeportError,
    InUse,
    LaterVersion,
    NotAllowed,
    PeerError,
    SecretUnreadable,
    StoreUnavailable,
    Throttled,
)
from homeport.net.channel import Absent
from homeport.web.redacted import redacted

MEDIA = "application/problem+json"
STATUSES: tuple[tuple[type[HomeportError], int], ...] = (
    (Changed, 412),
    (Absent, 503),
    (Throttled, 503),
    (ConfigInvalid, 422),
    (PeerError, 502),
    (SecretUnreadable, 502),
    (Conflict, 409),
    (Gap, 409),
    (StoreUnavailable, 503),
    (InUse, 503),
    (NotAllowed, 503),
    (LaterVersion, 503),
)
"""What each error is over HTTP: 4xx where the request has to change, 502 where somebody else said no."""


class Wrong(msgspec.Struct, frozen=True):
    """One thing that is wrong with what was sent.

    Attributes:
        line: of the text; 0 where there is none.
        path: what it is about, such as `agent.records[0].name`.
    """

    line: int
    path: str
    message: str


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not followed (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    faults: list[Wrong] = []


class Refusal(Exception):
    """A request that is not followed; the state of the world is unchanged.

    Attributes:
        faults: each thing that is wrong with a text that was sent.
        headers: to be said beside it.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.faults = faults
        self.headers = headers or {}


def answer(
    status: int, detail: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """Return a problem as an answer."""
    wrong = [Wrong(each.line, each.path, redacted(each.message)) for each in faults]
    said = Problem("about:blank", HTTPStatus(status).phrase, status, redacted(detail), wrong)
    return Response(msgspec.json.encode(said), status, headers, MEDIA)


def of(error: HomeportError) -> Response:
    """Return what an error is over HTTP."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 502)
    later = {"retry-after": str(max(1, round(error.retry_after)))} if isinstance(error, Throttled) else None
    return answer(status, str(error), headers=later)
