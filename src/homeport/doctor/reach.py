"""The last step: a port of this machine, tried from outside by a server of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator

from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note

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


async def check(case: Case) -> AsyncIterator[Finding]:
    """Say what cannot be tried."""
    if not case.ports:
        yield NOT_ASKED.found()
    for port in case.ports:
        yield NOBODY.found(port=port)
