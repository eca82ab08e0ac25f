"""The use cases by name, arguments in and JSON out: for the control channel, and for a command on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from homeport.control.hosts import Hosts
from homeport.control.tokens import Issued, Tokens
from homeport.control.zones import Zones
from homeport.errors import Refused
from homeport.model.address import parse_address
from homeport.model.directory import NameServer, Zone
from homeport.model.name import Fqdn
from homeport.ports import Call

Args = Mapping[str, Any]
Complete = Callable[[Zone], Awaitable[Zone]]
"""Gives a zone the name servers and addresses that were left out, as far as this machine has them."""
Advise = Callable[[Zone], str]
"""Says what a person should know of name servers that were filled in; empty when nothing."""
MOST_HISTORY = 1000


def calls(
    zones: Zones, hosts: Hosts, tokens: Tokens, complete: Complete, advise: Advise = lambda _: ""
) -> Mapping[str, Call]:
    """Return every administration call of a server."""

    async def add_zone(args: Args) -> Any:
        asked = _zone(args)
        zone = await complete(asked)
        return await zones.add(zone) | {"hint": "" if zone == asked else advise(zone)}

    async def add_host(args: Args) -> Any:
        rights = {key: bool(args.get(key)) for key in ("public_only", "allow_private")}
        return await hosts.add(_name(args), **rights)

    async def host_history(args: Args) -> Any:
        return await hosts.history(_name(args), min(int(args.get("limit") or 20), MOST_HISTORY))

    async def create_token(args: Args) -> Any:
        names = [_fqdn(text) for text in args.get("hosts") or ()]
        signing, plain = bool(args.get("signing", True)), bool(args.get("plain", True))
        return _issued(
            await tokens.create(names, label=str(args.get("label") or ""), signing=signing, plain=plain)
        )

    async def rotate_token(args: Args) -> Any:
        return _issued(await tokens.rotate(str(args["id"])))

    changing: dict[str, Call] = {
        "zone.add": add_zone,
        "zone.remove": lambda args: zones.remove(_name(args), force=bool(args.get("force"))),
        "host.add": add_host,
        "host.remove": lambda args: hosts.remove(_name(args)),
        "token.create": create_token,
        "token.rotate": rotate_token,
        "token.revoke": lambda args: tokens.revoke(str(args["id"])),
    }
    turn = asyncio.Lock()
    return {
        "zone.list": _now(lambda _: zones.all()),
        "zone.show": _now(lambda args: zones.show(_name(args))),
        "host.list": _now(lambda _: hosts.all()),
        "host.show": _now(lambda args: hosts.show(_name(args))),
        "host.history": host_history,
        "token.list": _now(lambda _: tokens.all()),
        **{name: _in_turn(call, turn) for name, call in changing.items()},
    }


def _in_turn(change: Call, turn: asyncio.Lock) -> Call:
    """Return a call that decides on what the one before it left.

    Removing a host writes the tokens anew that had it: beside a rotation, or a revocation, it would bring the old
    secret back.
    """

    async def call(args: Args) -> Any:
        async with turn:
            return await change(args)

    return call


def _now(read: Callable[[Args], Any]) -> Call:
    """Return a call of something that needs no waiting."""

    async def call(args: Args) -> Any:
        return read(args)

    return call


def _issued(issued: Issued) -> dict[str, str]:
    return {"id": issued.id, "secret": issued.secret}


def _name(args: Args) -> Fqdn:
    return _fqdn(args.get("name"))


def _fqdn(text: Any) -> Fqdn:
    try:
        return Fqdn.parse(str(text))
    except ValueError as exc:
        raise Refused(f"{exc}; write it in full, as in home.dyn.example.com") from exc


def _zone(args: Args) -> Zone:
    servers = tuple(
        NameServer(_fqdn(server["name"]), tuple(_address(text) for text in server.get("addresses") or ()))
        for server in args.get("nameservers") or ()
    )
    ttl = int(args.get("ttl") or 60)
    if not 1 <= ttl <= 86400:
        raise Refused("a TTL is between 1 and 86400 seconds")
    return Zone(_name(args), servers, ttl)


def _address(text: Any) -> Any:
    try:
        return parse_address(str(text))
    except ValueError as exc:
        raise Refused(f"{exc}; a name server has addresses such as 198.51.100.53 or 2001:db8::53") from exc
