"""Refusals: each is one event with what is known of the request, and never anything that may be a secret.

What a client writes where an id or a name belongs may be its password. So an id is told when there is such a
token, and a name when it lies in a zone of ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from homeport.control.replay import Rejection
from homeport.gateway.desk import Desk
from homeport.gateway.request import Answer, Request, problem
from homeport.model.name import Fqdn
from homeport.telemetry.events import Event
from homeport.wire import signature


def tell(
    request: Request,
    desk: Desk,
    via: str,
    why: str,
    *,
    tokens: Iterable[str] = (),
    hosts: Collection[Fqdn] = (),
) -> None:
    """Tell of one; nothing is written, whoever knocks and however often.

    Args:
        via: the protocol.
        tokens: what may be the id of the token that the request names, whoever sent it.
        hosts: what the request would change.
    """
    if not desk.teller.is_wanted(Event.UPDATE_REFUSED):
        return
    known = {
        "host": ",".join(str(name) for name in dict.fromkeys(hosts) if desk.directory.zone_of(name)),
        "token": next((token for token in tokens if token in desk.directory.tokens), ""),
    }
    fields = {name: value for name, value in known.items() if value}
    desk.teller.tell(Event.UPDATE_REFUSED, **fields, via=via, source=request.source, reason=why)


def unbelieved(rejection: Rejection) -> Answer:
    """Answer a request nobody stands behind with a problem document."""
    members = {} if rejection.server_time is None else {signature.SERVER_TIME: rejection.server_time}
    challenge = (b"www-authenticate", b'Bearer realm="homeport"')
    return problem(401, rejection.kind, rejection.why, challenge, **members)
