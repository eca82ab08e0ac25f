"""Access tokens that are asked for with other credentials and good for an hour: fetched once, kept until nearly over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from homeport.ports import HttpAnswer
from homeport.providers._api import Api, maybe
from homeport.providers._faults import Fault

EARLY = 120.0  # seconds before its end at which a token is asked for anew


class _Grant(msgspec.Struct):
    access_token: str
    expires_in: Annotated[float, Meta(ge=0)] = 3600.0


class _Error(msgspec.Struct):
    error: str
    error_description: str = ""


class Tokens:
    """The token of one account.

    Args:
        ask: returns the URL of the token endpoint, and the form that is sent there.
    """

    def __init__(self, api: Api, ask: Callable[[], Awaitable[tuple[str, Mapping[str, str]]]]) -> None:
        self._api = api
        self._ask = ask
        self._lock = asyncio.Lock()
        self._token = ""
        self._until = 0.0

    async def get(self) -> str:
        """Return a token that is still good; it is asked for beside the pace of requests, which wait for it."""
        async with self._lock:
            now = self._api.tools.clock.monotonic()
            if not self._token or now >= self._until:
                grant = await self._fetch()
                self._token, self._until = grant.access_token, now + grant.expires_in - EARLY
            return self._token

    def forget(self) -> None:
        """Let the next request ask for a new token: the host takes this one no more."""
        self._token = ""

    async def _fetch(self) -> _Grant:
        url, form = await self._ask()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await self._api.tools.http.request(
            "POST", url, changes=False, headers=headers, content=urlencode(form).encode()
        )
        await self._api.check(answer, changes=False)
        return self._api.read(answer, _Grant, changes=False)


def refused(answer: HttpAnswer) -> Fault | None:
    """Return the error of a token endpoint as RFC 6749 section 5.2 words it, its sentence within the code."""
    error = maybe(answer, _Error) if answer.status >= 400 else None
    return Fault(f"{error.error}: {error.error_description}") if error else None
