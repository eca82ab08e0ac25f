"""`/nic/update`: a failure is a word in the body, one line for each host, and HTTP says 200.

Its clients read little else: inadyn stops for good at 400, 404 and 429 and finds `good` anywhere in a body;
ddclient reads no body but that of a 2xx. Only wrong credentials are 401, which both understand. OPNsense
takes any 2xx for a success, so it gets errors as such.

Source: https://help.dyn.com/remote-access-api/return-codes/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from homeport.control.replay import Rejection
from homeport.control.updates import Result, Status
from homeport.errors import StoreError
from homeport.gateway import auth
from homeport.gateway.desk import Desk
from homeport.gateway.dialects import parameters
from homeport.gateway.dialects.parameters import Addresses
from homeport.gateway.request import Answer, Request, text
from homeport.model.directory import Origin, Token
from homeport.model.name import Fqdn
from homeport.telemetry import trace
from homeport.wire.dyndns2 import MOST_HOSTS, Word

BADAUTH = text(Word.BADAUTH, 401, (b"www-authenticate", b'Basic realm="homeport"'))
_STRICT_AGENTS = ("OPNsense-dyndns",)


async def update(request: Request, desk: Desk, via: str = "dyndns2", joined: str = "") -> Answer:
    """Answer one update.

    Args:
        via: the name of the protocol, for history.
        joined: `id.secret`, where the path carries it.
    """
    if request.method not in {"GET", "POST"}:
        return text(Word.BADAGENT, 405)
    token = auth.legacy(request, desk.credentials, joined)
    if isinstance(token, Rejection):
        auth.tell(token, request, via)
        return BADAUTH
    try:
        words = await _words(request, desk, token, via)
    except StoreError:
        words = [Word.EMERGENCY]
    return _answer(words, request)


async def _words(request: Request, desk: Desk, token: Token, via: str) -> Sequence[str]:
    """Return the lines of the answer."""
    user = auth.user(request)
    names = parameters.hosts(request.words, user[0] if user else "", token.hosts)
    if not names:
        return [Word.NOTFQDN]
    if len(names) > MOST_HOSTS:
        return [Word.NUMHOST]
    if request.words.get("offline", "").lower() in {"yes", "on", "true"}:
        return [Word.DONATOR]
    try:
        wanted = parameters.addresses(request.words)
    except ValueError:
        return [Word.DNSERR]
    if wanted.from_connection and request.caller is None:
        return [Word.DNSERR]
    hosts = [parameters.host(name) for name in names]
    origin = Origin(via, token.id, request.source, trace.current.get())
    wishes = [wanted.wish(host, request.caller) for host in hosts if host]
    outcome = await desk.updates.update(token, wishes, origin)
    return _lines(hosts, iter(outcome.results), wanted, request)


def _lines(
    hosts: Sequence[Fqdn | None], results: Iterator[Result], wanted: Addresses, request: Request
) -> list[str]:
    shown = wanted.shown(request.caller)
    return [_line(next(results), shown) if host else Word.NOTFQDN for host in hosts]


def _line(result: Result, shown: str) -> str:
    if result.status is Status.REFUSED:
        return Word.NOHOST if result.is_unknown else Word.DNSERR
    word = Word.GOOD if result.status is Status.CHANGED else Word.NOCHG
    return f"{word} {shown}".rstrip()


def _answer(lines: Sequence[str], request: Request) -> Answer:
    """Join the lines, without a newline at the end: some clients compare the whole body."""
    failed = not any(line.startswith((Word.GOOD, Word.NOCHG)) for line in lines)
    strict = failed and request.header("User-Agent").startswith(_STRICT_AGENTS)
    status = (503 if Word.EMERGENCY in lines else 400) if strict else 200
    return text("\n".join(lines), status)
