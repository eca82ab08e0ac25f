"""Believe what a router pushed last: it calls the agent, as it would a dynamic DNS service.

Nothing is asked here. What was pushed stays its word until the next one, over restarts too: a router that is silent has
the address it had.
"""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import HomeportError
from homeport.model.address import Family
from homeport.model.host_id import PRESERVE, combine, parse_host_id
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.model.pushed import Pushed
from homeport.ports import Tools


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="push"
):
    """A router that calls this agent when its address changes."""

    from_: Annotated[str, Meta(description="the name it calls with, one of agent.push")] = msgspec.field(
        name="from"
    )
    host_id: Annotated[
        str,
        Meta(
            description="::10, or a MAC address, names a machine behind it: its IPv6 address in the network whose "
            "prefix was pushed (ip6lanprefix)"
        ),
    ] = ""

    def __post_init__(self) -> None:
        if self.host_id == PRESERVE:
            raise ValueError("host_id: what is published is not known here; write the host id itself")
        if self.host_id:
            parse_host_id(self.host_id)


class Push:
    """Believes the router that has the credential, as a router is believed about itself."""

    kind: ClassVar[str] = "push"
    witnesses: ClassVar[int] = 1
    protocol = "dyndns2"
    camp = ""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._name = settings.from_
        self._host_id = settings.host_id
        self._tools = tools
        self.operator = f"push {self._name}"

    async def detect(self, family: Family) -> Observation:
        try:
            pushed = await self._tools.pushed.of(self._name) if self._tools.pushed else None
        except HomeportError as error:
            return Unknown(str(error))
        if pushed is None:
            return Unknown(
                f"{self._name} has pushed nothing yet; let it call /nic/update of this agent's page"
            )
        if self._host_id and family is Family.V6:
            return self._behind(pushed)
        found = pushed.of(family)
        return Addresses(found) if found else Unknown(f"{self._name} has pushed no {family} address yet")

    def describe(self) -> str:
        return f"{self.kind} {self._name}"

    def _behind(self, pushed: Pushed) -> Observation:
        """Return the address of a machine in the network behind the router."""
        host_id = parse_host_id(self._host_id)
        if pushed.prefix is None or not isinstance(host_id, IPv6Address):
            return Unknown(
                f"{self._name} has pushed no prefix yet; its URL lacks ip6lanprefix=<ip6lanprefix>"
            )
        try:
            made = combine(pushed.prefix.network_address, pushed.prefix.prefixlen, host_id)
        except ValueError as error:
            return Unknown(f"{pushed.prefix}, which {self._name} pushed: {error}")
        return Addresses((made,))


DETECTOR = Push
