"""What several readers must know of hosts: zones of names, dyndns2 services by their server, templates of requests."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from homeport.config.importing.moved import Account, Draft
from homeport.providers._presets import SERVICES

# Below these one registers names, as below `com`; a name's zone has one label more.
_SHARED = frozenset(
    f"{second}.{top}"
    for top, seconds in {
        "cn": "com net org gov edu ac mil",
        "uk": "co org me ltd plc net ac gov",
        "au": "com net org edu gov id",
        "nz": "co net org ac geek",
        "jp": "co ne or ac go",
        "tw": "com net org idv",
        "hk": "com net org idv",
        "kr": "co or ne pe",
        "br": "com net org",
        "in": "co net org firm",
        "za": "co org net web",
        "tr": "com net org",
        "sg": "com net org",
        "my": "com net org",
        "il": "co org net",
        "org": "eu",
    }.items()
    for second in seconds.split()
)
_SECRET = re.compile(
    r"pass|pwd|secret|token|auth|credential|sign|^(api|access|client|update)?[-_]?key$", re.IGNORECASE
)
_ENDS = {urlsplit(service.url).hostname: name for name, service in SERVICES.items()} | {
    "members.dyndns.com": "dyn",
    "update.dyndns.com": "dyn",
    "dynupdate.noip.com": "noip",
    "api.dynu.com": "dynu",
    "dyn.dns.he.net": "he",
    "dns.loopia.se": "loopia",
    "dyndns.loopia.se": "loopia",
    "ipv6.nsupdate.info": "nsupdate.info",
    "nsupdate.info": "nsupdate.info",
    "update.spdyn.de": "spdyn",
    "dyndns.inwx.com": "inwx",
    "api.cp.easydns.com": "easydns",
    "members.easydns.com": "easydns",
    "www.ovh.com": "ovh",
    "dns.eu.ovhapis.com": "ovh",
    "ipv4.dynv6.com": "dynv6",
    "update.dedyn.io": "desec",
    "update6.dedyn.io": "desec",
    "updates.dnsomatic.com": "dnsomatic",
    "carol.selfhost.de": "selfhost",
    "dyndns.strato.com": "strato",
}


def zone_of(name: str) -> str:
    """Return the zone a name is in, as its labels suggest; a host that keeps it otherwise says so."""
    labels = name.strip(".").lower().split(".")
    return ".".join(labels[-3:] if ".".join(labels[-2:]) in _SHARED else labels[-2:])


def service_of(server: str) -> str | None:
    """Return which of the known dyndns2 services a server is, `None` for a server of somebody's own."""
    host = urlsplit(server if "://" in server else f"https://{server}").hostname
    return _ENDS.get(host)


def dyndns2(draft: Draft, server: str, user: str, password: str) -> Account:
    """Return the account of a dyndns2 service, by its preset where there is one."""
    service = service_of(server)
    where = (
        {"service": service} if service else {"server": server if "://" in server else f"https://{server}"}
    )
    return draft.account("dyndns2", {**where, "user": user}, {"password": password})


def basic(user: str, password: str) -> str:
    """Return what follows `Basic ` in an Authorization header (RFC 7617)."""
    return b64encode(f"{user}:{password}".encode()).decode()


class Request(NamedTuple):
    """A request with the places that `http` fills, and the one secret that goes into `{token}`."""

    url: str
    body: str = ""
    token: str = ""


def hide(url: str, body: str) -> Request | None:
    """Take the secret out of a request that somebody wrote.

    Returns:
        `None` where there are two different ones, for there is one place for them.
    """
    found = {value for value in _secrets(url, body) if not _is_place(value)}
    if len(found) > 1:
        return None
    for secret in found:
        for spelled in sorted({secret, quote(secret, safe=""), quote_plus(secret)}, key=len, reverse=True):
            url, body = url.replace(spelled, "{token}"), body.replace(spelled, "{token}")
        return Request(url, body, secret)
    return Request(url, body)


def _secrets(url: str, body: str) -> list[str]:
    split = urlsplit(url)
    pairs = parse_qsl(split.query)
    pairs += re.findall(r'"([^"]+)"\s*:\s*"((?:[^"\\]|\\.)*)"', body)
    pairs += parse_qsl(body) if body and not body.lstrip().startswith(("{", "[", "<")) else []
    user = [unquote(split.password)] if split.password else []
    return [value for name, value in pairs if value and _SECRET.search(name)] + user


def _is_place(value: str) -> bool:
    """Tell whether a value is filled in for every request, and no secret therefore."""
    return re.fullmatch(r"#\{\w+\}|__[A-Z]+__|\{\w+\}", value) is not None


def template(draft: Draft, what: str, url: str, body: str = "", **settings: Any) -> Account | None:
    """Return the account of a request that somebody wrote, `None` where it cannot be carried over."""
    if not url.startswith(("http://", "https://")):
        draft.leave(what, "its URL does not begin with https:// or http://")
        return None
    if (request := hide(url, body)) is None:
        draft.leave(
            what,
            "its request holds several secrets and `http` has a place for one; write that provider yourself",
        )
        return None
    secrets: Mapping[str, str] = {"token": request.token} if request.token else {}
    if not secrets:
        draft.change(
            what, "no secret was recognized in its request; if there is one, put {token} in its place"
        )
    return draft.account("http", {"url": request.url, "body": request.body, **settings}, secrets)


def freemyip(draft: Draft, token: str) -> Account:
    """Return the account of freemyip.com, which has one URL and says OK."""
    url = "https://freemyip.com/update?token={token}&domain={name}&myip={address}"
    return draft.account("http", {"url": url, "success": "^OK"}, {"token": token})
