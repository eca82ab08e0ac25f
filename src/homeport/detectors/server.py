"""Ask a Homeport server of one's own which address it sees this machine come from."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.detectors._asking import ask
from homeport.errors import PeerError
from homeport.model.address import Family
from homeport.model.observation import Observation
from homeport.model.operator import camp_of, operator_of
from homeport.net.target import Target
from homeport.ports import Tools


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="server"
):
    """A Homeport server: its gateway answers everybody with their address, without a token."""

    server: Annotated[str, Meta(description="URL of its gateway, as the homeport provider has it")]

    def __post_init__(self) -> None:
        try:
            Target.parse(self.server)
        except PeerError:
            raise ValueError("the server must begin with http:// or https:// and name a host") from None


class Server:
    """Believes one server, as far as one witness is believed."""

    kind: ClassVar[str] = "server"
    witnesses: ClassVar[int] = 2

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._url = settings.server.strip().rstrip("/") + "/ip"
        target = Target.parse(self._url)
        self.operator = operator_of(target.host, target.port)
        self.protocol = target.scheme
        self.camp = camp_of(self.operator)
        self._shown = f"{target.scheme}://{target.authority}"
        self._tools = tools

    async def detect(self, family: Family) -> Observation:
        return await ask(self._tools.http, self._url, family, self.operator)

    def describe(self) -> str:
        return f"{self.kind} {self._shown}"


DETECTOR = Server
