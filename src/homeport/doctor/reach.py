"""The last step: a port of this machine, tried from outside by a server of our own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from secrets import token_hex
from typing import Any

import msgspec

from homeport.config.kinds import kind_of
from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note, ok, timed, wrong
from homeport.errors import HomeportError
from homeport.model.address import Family
from homeport.net.target import Target
from homeport.ports import HttpAnswer, Tools
from homeport.wire import signature

OPEN = ok("reach.ok", "port {port} of {address} answers from outside: {server} could connect")
SHUT = wrong(
    "reach.shut",
    "port {port} of {address} does not answer {server}: {why}",
    "forward it in the router to this machine, open it in this machine's firewall, and see that something listens",
)
NOT_ASKED = note(
    "reach.not_asked",
    "whether a port answers from outside was not tried: no port was named",
    "`homeport doctor --port 443` tries one",
)
NOBODY = note(
    "reach.nobody",
    "whether port {port} answers from outside was not tried: no server of our own is among the providers to try it",
    "try it from a phone without Wi-Fi; what is tried from inside proves nothing",
)
UNTRIED = note("reach.untried", "whether port {port} answers from outside over {family} was not tried: {why}")
ROUTE = "/api/v1/reach"


async def check(case: Case) -> AsyncIterator[Finding]:
    """Ask our own server about each port, over each family."""
    if not case.ports:
        yield NOT_ASKED.found()
        return
    servers = [one for one in case.settings.providers.values() if kind_of(one) == "homeport"]
    for port in case.ports:
        if not servers:
            yield NOBODY.found(port=port)
        for server in servers:
            for family in Family:
                for finding in await timed(case.tools.clock, _asked(case.tools, server, port, family)):
                    yield finding


async def _asked(tools: Tools, settings: Any, port: int, family: Family) -> list[Finding]:
    server = (settings.base_url or settings.server).rstrip("/")
    try:
        answer = await _request(tools, server, settings, port, family)
    except (HomeportError, ValueError) as exc:
        return [UNTRIED.found(port=port, family=family, why=exc)]
    said = _read(answer)
    if "open" not in said:
        why = said.get("detail") or f"{server} answers {answer.status}; is it of this version?"
        return [UNTRIED.found(port=port, family=family, why=why)]
    found = OPEN if said["open"] else SHUT
    return [found.found(port=port, address=said.get("address"), server=server, why=said.get("why"))]


async def _request(tools: Tools, server: str, settings: Any, port: int, family: Family) -> HttpAnswer:
    """Send one signed request; the secret is read for it alone."""
    credentials = signature.parted(await asyncio.to_thread(settings.token.reveal))
    url = f"{server}{ROUTE}?port={port}"
    now, nonce = int(tools.clock.now()), token_hex(16)
    headers = signature.headers(credentials, "GET", Target.parse(url).path, now, nonce)
    return await tools.http.request("GET", url, changes=False, headers=headers, family=family)


def _read(answer: HttpAnswer) -> Mapping[str, Any]:
    try:
        said = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return {}
    return said if isinstance(said, dict) else {}
