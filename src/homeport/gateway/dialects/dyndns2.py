"""`/nic/update`: a failure is a word in the body, one line for each host, and HTTP says 200.

Its clients read little else: inadyn stops for good at 400, 404 and 429 and finds `good` anywhere in a body;
ddclient reads no body but that of a 2xx. Only wrong credentials are 401, which both understand. OPNsense
takes any 2xx for a success, so it gets errors as such.

Source: https://help.dyn.com/remote-access-api/return-codes/
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from homeport.control.replay import Rejection
from homeport.control.updates import Result, Status
from homeport.errors import StoreError
from homeport.gateway import auth, refusal
from homeport.gateway.desk import Desk
from homeport.gateway.dialects import parameters
from homeport.gateway.dialects.parameters import Addresses
from homeport.gateway.request import Answer, Request, text
from homeport.model.directory import Origin
from homeport.model.name import Fqdn
from homeport.telemetry import trace
from homeport.wire.dyndns2 import MOST_HOSTS, Word

BADAUTH = text(Word.BADAUTH, 401, (b"www-authenticate", b'Basic realm="homeport"'))
_STRICT_AGENTS = ("OPNsense-dyndns",)
_SUCCESS = (Word.GOOD.value, Word.NOCHG.value)
WHY = {
    Word.NOTFQDN: "no host is named, or what is given is no domain name",
    Word.NUMHOST: f"more than {MOST_HOSTS} hosts in one request",
    Word.DONATOR: "offline is not offered",
    Word.DNSERR: "one of the addresses is no address, or the connection's is meant and cannot be told",
}
"""Why a whole request is refused, for the log: the client reads the word."""
_GOOD, _NOCHG = "good ", "nochg "


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
        auth.tell(token, request, via, desk, _named(request), joined)
        return BADAUTH
    asked = read(request, token.hosts)
    if isinstance(asked, Word):
        refusal.tell(request, desk, via, WHY[asked], tokens=[token.id], hosts=_named(request))
        return answer([asked], request)
    hosts, wanted = asked
    if not all(hosts):
        refusal.tell(request, desk, via, WHY[Word.NOTFQDN], tokens=[token.id])
    origin = Origin(via, token.id, request.source, trace.current.get())
    wishes = [wanted.wish(host, request.caller) for host in hosts if host]
    try:
        outcome = await desk.updates.update(token, wishes, origin)
    except StoreError:
        return answer([Word.EMERGENCY], request)
    return answer(_lines(hosts, outcome.results, wanted.shown(request.caller)), request)


def read(request: Request, own: Collection[Fqdn]) -> tuple[Sequence[Fqdn | None], Addresses] | Word:
    """Return hosts and addresses, `None` for what is no name; or the word for the whole request.

    Args:
        own: the hosts of the credential; a request that names none means the only one.
    """
    words = request.words
    names = parameters.hosts(words, own) or _user_as_host(request)
    if not names:
        return Word.NOTFQDN
    if len(names) > MOST_HOSTS:
        return Word.NUMHOST
    if words.get("offline", "").lower() in {"yes", "on", "true"}:
        return Word.DONATOR
    try:
        wanted = parameters.addresses(words)
    except ValueError:
        return Word.DNSERR
    if wanted.from_connection and request.caller is None:
        return Word.DNSERR
    return [parameters.host(name) for name in names], wanted


def _named(request: Request) -> list[Fqdn]:
    """Return the hosts that a request names, as far as they are names."""
    names = parameters.hosts(request.words)[:MOST_HOSTS]
    return [host for name in names if (host := parameters.host(name))]


def _user_as_host(request: Request) -> list[str]:
    """Return the user's name when it is one of a host, as UniFi sends it with an empty `hostname`."""
    user = auth.user(request)
    return [user[0]] if user and "." in user[0] else []


def _lines(hosts: Sequence[Fqdn | None], results: Sequence[Result], shown: str) -> list[str]:
    """Return a line for each name, in the order of the request."""
    granted = iter(results)
    return [_line(next(granted), shown) if host else Word.NOTFQDN.value for host in hosts]


def _line(result: Result, shown: str) -> str:
    if result.status is Status.REFUSED:
        return Word.NOHOST.value if result.is_unknown else Word.DNSERR.value
    return (_GOOD if result.status is Status.CHANGED else _NOCHG) + shown


def answer(lines: Sequence[str], request: Request) -> Answer:
    """Join the lines, without a newline at the end: some clients compare the whole body."""
    status = 200
    if not any(line.startswith(_SUCCESS) for line in lines) and request.header("User-Agent").startswith(
        _STRICT_AGENTS
    ):
        status = 503 if Word.EMERGENCY in lines else 400
    return text("\n".join(lines), status)
