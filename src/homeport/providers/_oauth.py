"""A host that is asked with an access token of OAuth 2.0, which other credentials get for an hour (RFC 6749, RFC 7523)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.ports import HttpAnswer
from homeport.providers._api import Sending, bearer, maybe
from homeport.providers._faults import Fault
from homeport.providers._session import Session, Token


class _Grant(msgspec.Struct):
    access_token: str
    expires_in: Annotated[float, Meta(ge=0)] = 3600.0


class _Error(msgspec.Struct):
    error: str
    error_description: str = ""


class OAuth(Session):
    """A provider says where a token is to be had, and for what."""

    async def grant(self) -> tuple[str, Mapping[str, str]]:
        """Return the URL of the token endpoint, and the form that is sent there."""
        raise NotImplementedError

    async def log_in(self) -> Token:
        self.token = ""
        url, form = await self.grant()
        answer = await self.enter("POST", url, form=form, changes=False)
        got = self.read(answer, _Grant, changes=False)
        return Token(got.access_token, got.expires_in)

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return bearer(self.token) if self.token else {}


def refused(answer: HttpAnswer) -> Fault | None:
    """Return the error of a token endpoint as RFC 6749 section 5.2 words it, its sentence within the code."""
    error = maybe(answer, _Error) if answer.status >= 400 else None
    return Fault(f"{error.error}: {error.error_description}") if error else None
