"""A host that lets one in for a while: a token is fetched when it is wanted, kept, and fetched anew when it is over."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from homeport.errors import CredentialsRefused
from homeport.ports import HttpAnswer, Tools
from homeport.providers._api import Api
from homeport.providers._faults import SessionOver

EARLY = 60.0  # seconds before its end at which a token is no longer used


class Token(NamedTuple):
    """What the host gave.

    Attributes:
        lasts: seconds.
    """

    value: str
    lasts: float


class Session(Api):
    """Stands before `Records` or `RRsets`: every request but those of `log_in` has `token` to sign with."""

    def __init__(self, settings: Any, tools: Tools) -> None:
        super().__init__(settings, tools)
        self.token = ""
        self._until = 0.0  # monotonic
        self._door = asyncio.Lock()

    async def log_in(self) -> Token:
        """Fetch a token with `enter`; what the credentials are not good for is `CredentialsRefused`."""
        raise NotImplementedError

    async def enter(self, method: str, path: str, **request: Any) -> HttpAnswer:
        """Send one request without a token."""
        return await super().exchange(method, path, **request)

    def admitted(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a request that has the token in it; for those hosts that look for it in no header."""
        return request

    async def exchange(self, method: str, path: str, **request: Any) -> HttpAnswer:
        """Send one request with a token; one that was kept and is refused is fetched anew, once."""
        is_new = await self._have_token()
        used = self.token
        try:
            return await super().exchange(method, path, **self.admitted(request))
        except (CredentialsRefused, SessionOver):
            if self.token == used:
                self.token = ""
            if is_new:
                raise
        await self._have_token()
        return await super().exchange(method, path, **self.admitted(request))

    async def _have_token(self) -> bool:
        """Make sure that there is a token; tell whether it was fetched just now."""
        async with self._door:
            if self.token and self.tools.clock.monotonic() < self._until:
                return False
            self.token, lasts = await self.log_in()
            self._until = self.tools.clock.monotonic() + lasts - EARLY
            return True
