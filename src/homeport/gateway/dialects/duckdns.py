"""`/update?domains=&token=`: DuckDNS, byte for byte.

Source: https://www.duckdns.org/spec.jsp
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from homeport.control.admission import Wish
from homeport.control.directory import Directory
from homeport.control.replay import Rejection
from homeport.control.updates import UNKNOWN_HOST, Outcome, Status
from homeport.errors import StoreError
from homeport.gateway import auth, refusal
from homeport.gateway.desk import Desk
from homeport.gateway.dialects import parameters
from homeport.gateway.dialects.parameters import Addresses
from homeport.gateway.request import Answer, Request, text
from homeport.model.address import Family
from homeport.model.directory import Binding, Origin, Token
from homeport.model.name import Fqdn
from homeport.telemetry import trace
from homeport.wire.dyndns2 import MOST_HOSTS

OK, KO = "OK", "KO"
BOTH = frozenset(Family)


async def update(request: Request, desk: Desk, words: Mapping[str, str]) -> Answer:
    """Answer `OK` when every host was updated, else `KO`, which changes nothing it can help.

    Args:
        words: the parameters, from the query or from the path.
    """
    if request.method not in {"GET", "POST"}:
        return text(KO, 405)
    token = auth.legacy(request, desk.credentials, words.get("token", ""))
    if isinstance(token, Rejection):
        auth.tell(token, request, "duckdns", desk, _named(words), words.get("token", ""))
        return text(KO)
    wishes = _wishes(request, desk.directory, words, token)
    if isinstance(wishes, str):
        hosts = [host for name in _names(words) if (host := own_host(name, token, desk.directory))]
        refusal.tell(request, desk, "duckdns", wishes, tokens=[token.id], hosts=hosts or _named(words))
        return text(KO)
    origin = Origin("duckdns", token.id, request.source, trace.current.get())
    try:
        outcome = await desk.updates.update(token, wishes, origin)
    except StoreError:
        return text(KO)
    if any(result.status is Status.REFUSED for result in outcome.results):
        return text(KO)
    return text(_verbose(outcome) if words.get("verbose", "").lower() == "true" else OK)


def _names(words: Mapping[str, str]) -> list[str]:
    return [name.strip() for name in words.get("domains", "").split(",")]


def _named(words: Mapping[str, str]) -> list[Fqdn]:
    """Return the hosts that a request names in full."""
    return [host for name in _names(words)[:MOST_HOSTS] if (host := parameters.host(name))]


def _wishes(
    request: Request, directory: Directory, words: Mapping[str, str], token: Token
) -> Sequence[Wish] | str:
    """Return what is wished for, or why the whole request is refused: a part of it makes no sense."""
    hosts = [own_host(name, token, directory) for name in _names(words)]
    if "txt" in words:
        return "txt is not offered; TXT records cannot be set here"
    if not all(hosts):
        return UNKNOWN_HOST
    if words.get("clear", "").lower() == "true":
        return [Wish(host, remove=BOTH) for host in hosts if host]
    try:
        wanted = parameters.addresses({key: words[key] for key in ("ip", "ipv6") if key in words})
    except ValueError:
        return "one of the addresses is no address"
    if wanted == Addresses(from_connection=True) and request.caller is None:
        return "no address is given, and the connection's cannot be told"
    return [wanted.wish(host, request.caller) for host in hosts if host]


def own_host(text: str, token: Token, directory: Directory) -> Fqdn | None:
    """Return the token's host that is meant: by its full name, or by its name inside its zone alone."""
    if (name := parameters.host(text)) and name in token.hosts:
        return name
    bare = text.lower().removesuffix(".")
    found = [host for host in token.hosts if _inside(host, directory) == bare]
    return found[0] if bare and len(found) == 1 else None


def _inside(host: Fqdn, directory: Directory) -> str:
    zone = directory.zone_of(host)
    return host.relative_to(zone.name) if zone else ""


def _verbose(outcome: Outcome) -> str:
    """Return the answer of `verbose=true`: the addresses the first host has, and whether anything changed."""
    binding = outcome.results[0].binding
    changed = any(result.status is Status.CHANGED for result in outcome.results)
    lines = (OK, _one(binding, Family.V4), _one(binding, Family.V6), "UPDATED" if changed else "NOCHANGE")
    return "\n".join(lines)


def _one(binding: Binding, family: Family) -> str:
    return str(min(binding.of(family), key=int)) if binding.of(family) else ""
