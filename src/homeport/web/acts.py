"""What a button does, and a program by the API: written down, then asked of the agent."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from homeport.web.desk import desk, who


async def act(request: Request, what: str, **args: Any) -> Any:
    """Have the agent do something, and return what it says.

    Raises:
        Absent: it does not run.
        HomeportError: what it raised.
    """
    given = {name: value for name, value in args.items() if value is not None}
    noted(request, what, " ".join(map(str, given.values())))
    return await desk(request).house.ask(what, **given)


def noted(request: Request, what: str, detail: str = "") -> None:
    """Write into the audit log what whoever asks does: the owner in a browser, or a token."""
    desk(request).access.audit(who(request), request.state.source, what, detail)
