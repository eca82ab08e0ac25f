"""In-a-Dyn: `inadyn.conf`, of version 2; of its sections `provider NAME {}` and `custom NAME {}`.

A provider may be named by any part of its name; `:ID` behind it tells several accounts apart.
Source: inadyn.conf(5) of version 2.10 and 2.12, and the examples that come with it (https://github.com/troglobit/inadyn).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from homeport.config.importing import hosts, sources
from homeport.config.importing.moved import Account, Draft
from homeport.config.importing.tree import Tree, is_true, seconds, text, texts
from homeport.config.models import AUTO
from homeport.errors import ConfigInvalid
from homeport.model.rrset import RRType
from homeport.providers._presets import SERVICES

_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    | "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)'
    | (?P<mark>[={},()]|\+=)
    | (?P<word>[^\s"'={},()]+)""",
    re.VERBOSE | re.DOTALL,
)
# a part of a provider's name: kind of ours, the setting that username is, the secret that password is
_KINDS: Mapping[str, tuple[str, str, str]] = {
    "cloudflare": ("cloudflare", "=zone", "token"),
    "desec": ("desec", "", "token"),
    "he.net": ("he", "", "password"),
    "no-ip": ("noip", "user", "password"),
    "noip": ("noip", "user", "password"),
    "namecheap": ("namecheap", "=zone", "password"),
}
_TOKENS: Mapping[str, str] = {
    "duckdns": "duckdns",
    "dynv6": "dynv6",
    "ipv64": "ipv64",
}  # whose username is all
_WHY_NOT: Mapping[str, str] = {
    "freedns": "it logs in with user and password; `freedns` wants the token of each name's own update URL",
    "google": "Google Domains is closed",
    "cloudxns": "CloudXNS is closed",
}
_SERVICES: Mapping[str, str] = {"dyndns.org": "dyn", "3322": "3322", "pubyun": "3322", "easydns": "easydns"}
_UNUSED: Mapping[str, str] = {
    "iterations": "`homeport once` is one round, and `homeport run` goes on",
    "secure-ssl": "certificates are always verified here",
    "broken-rtc": "certificates are always verified here",
    "ca-trust-file": "the system's certificates are used; add yours to them",
    "user-agent": "ours says who it is",
    "wildcard": "write the name *.NAME as a record of its own where the host knows such",
    "include": "another file is not read; run `homeport import` for it, or put its lines in its place",
}


class Section(NamedTuple):
    """`provider NAME { ... }` or `custom NAME { ... }`."""

    kind: str
    name: str
    values: dict[str, Tree]


def read(given: str, draft: Draft) -> None:
    """Read a configuration.

    Raises:
        ConfigInvalid: it is none of inadyn's.
    """
    top, sections = sections_of(given)
    if not sections:
        raise ConfigInvalid("this is no configuration of inadyn 2: there is no `provider ... { }` in it")
    if every := seconds(top.get("period")):
        draft.every(every)
    for key, why in _UNUSED.items():
        if any(key in values for values in (top, *(section.values for section in sections))):
            draft.leave(key, why)
    for section in sections:
        _section(draft, section, top)


def sections_of(given: str) -> tuple[dict[str, Tree], list[Section]]:
    """Return what holds for all, and the sections.

    Raises:
        ConfigInvalid: a bracket is missing, or stands where none may.
    """
    words = list(_words(given))
    top: dict[str, Tree] = {}
    sections: list[Section] = []
    i = 0
    while i < len(words):
        kind = words[i]
        if kind in ("provider", "custom") and words[i + 2 : i + 3] == ["{"]:
            end = _closing(words, i + 2)
            sections.append(Section(kind, words[i + 1].lower(), _values(words[i + 3 : end])))
        else:
            end = _statement(words, i)
            top |= _values(words[i : end + 1])
        i = end + 1
    return top, sections


def _words(given: str) -> Iterator[str]:
    """Yield words and marks. A quoted mark is a word, for it is kept apart by a zero width space before it."""
    for found in _TOKEN.finditer(given):
        quoted = found["double"] if found["double"] is not None else found["single"]
        if quoted is not None:
            plain = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
            yield f"\u200b{plain}" if plain in ("", "=", "{", "}", ",", "(", ")") else plain
        elif found["skip"] is None:
            yield found[0]


def _closing(words: list[str], start: int) -> int:
    """Return where the bracket at `start` is closed."""
    depth = 0
    for i in range(start, len(words)):
        depth += {"{": 1, "}": -1}.get(words[i], 0)
        if depth == 0:
            return i
    raise ConfigInvalid("a { of this configuration of inadyn is never closed")


def _statement(words: list[str], start: int) -> int:
    """Return where the statement that begins at `start` ends."""
    if words[start + 1 : start + 2] == ["="]:
        return _closing(words, start + 2) if words[start + 2 : start + 3] == ["{"] else start + 2
    if words[start + 1 : start + 2] == ["("]:
        return start + 3
    return start


def _values(words: list[str]) -> dict[str, Tree]:
    """Return what `name = value` and `name = { value, value }` say."""
    values: dict[str, Tree] = {}
    i = 0
    while i < len(words):
        end = _statement(words, i)
        given = [word.removeprefix("\u200b") for word in words[i + 2 : end + 1] if word not in "{},()"]
        if end > i:
            values[words[i].lower()] = given[0] if len(given) == 1 else given
        i = end + 1
    return values


def _section(draft: Draft, section: Section, top: Mapping[str, Tree]) -> None:
    name = section.name.partition(":")[0]
    named = texts(section.values.get("hostname") or section.values.get("alias"), split=",")
    if not named:
        draft.leave(section.name, "there is no hostname in it")
        return
    for host in named:
        account = _account(draft, section, name, host)
        if account is None:
            continue
        rrtype, source = _source(draft, section, top)
        ttl = seconds(section.values.get("ttl"))
        options = {"proxied": is_true(section.values["proxied"])} if "proxied" in section.values else {}
        told = options if account.kind == "cloudflare" else {}
        draft.record(_host(host, name, account), [rrtype], account, source, ttl=ttl, options=told)


def _host(host: str, name: str, account: Account) -> str:
    """Return the whole name: some hosts are known there by less."""
    if "tunnelbroker" in name and host.isdigit():
        return f"tunnel{host}.tunnelbroker.net"
    if account.kind == "duckdns" and "." not in host:
        return f"{host}.duckdns.org"
    if account.zone and "." not in host:
        return account.zone if host == "@" else f"{host}.{account.zone}"
    return host.removeprefix("@.")


def _source(draft: Draft, section: Section, top: Mapping[str, Tree]) -> tuple[RRType, str]:
    """Return the type of the section's addresses, and where they come from."""
    told = {**top, **section.values}
    server, command = text(told.get("checkip-server")), text(told.get("checkip-command"))
    is_v6 = re.search(r"v6|ip6|inet6|dns64| -6", f"{server} {command} {section.name}") is not None
    rrtype = RRType.AAAA if is_v6 else RRType.A
    what = f"{section.name}, {rrtype} addresses"
    if is_v6:
        draft.change(what, "its command or server asks for IPv6, so that the records are AAAA")
    if command:
        return rrtype, sources.of_command(draft, what, command)
    if interface := text(told.get("iface")):
        return rrtype, sources.of_interface(draft, what, interface, [rrtype])
    if server and server != "default":
        scheme = "https" if is_true(told.get("checkip-ssl"), otherwise=True) else "http"
        return rrtype, sources.of_web(
            draft, what, [f"{scheme}://{server}{text(told.get('checkip-path')) or '/'}"]
        )
    return rrtype, AUTO


def _account(draft: Draft, section: Section, name: str, host: str) -> Account | None:
    """Return the account of a section, `None` where it cannot be carried over."""
    user, password = text(section.values.get("username")), text(section.values.get("password"))
    if section.kind == "custom":
        return _custom(draft, section, user, password)
    if part := next((part for part in _WHY_NOT if part in name), None):
        draft.leave(section.name, _WHY_NOT[part])
        return None
    if part := next((part for part in _KINDS if part in name), None):
        kind, setting, secret = _KINDS[part]
        zone = (
            user if setting == "=zone" and "." in user else hosts.zone_of(host) if setting == "=zone" else ""
        )
        return draft.account(kind, {setting: user} if setting == "user" else {}, {secret: password}, zone)
    return _by_token(draft, name, user, password) or _by_service(draft, section.name, name, user, password)


def _by_token(draft: Draft, name: str, user: str, password: str) -> Account | None:
    """Return the account of a host that wants a token alone, `None` where the name is none of theirs."""
    if part := next((part for part in _TOKENS if part in name), None):
        return draft.account(_TOKENS[part], {}, {"token": user or password})
    if "dnspod" in name:
        return draft.account("dnspod", {}, {"token": f"{user},{password}"})
    return hosts.freemyip(draft, password) if "freemyip" in name else None


def _by_service(draft: Draft, what: str, name: str, user: str, password: str) -> Account | None:
    if (service := _service_of(name)) is not None:
        return draft.account("dyndns2", {"service": service, "user": user}, {"password": password})
    draft.leave(what, "there is no provider for it; where it has an update URL, `http` may do")
    return None


def _service_of(name: str) -> str | None:
    """Return the dyndns2 service that a provider's name means."""
    host = name.rpartition("@")[2]
    for part, service in _SERVICES.items():
        if part in host:
            return service
    known = sorted(SERVICES, key=len, reverse=True)
    return next(
        (
            service
            for service in known
            if service in host or service.partition(".")[0] == host.partition(".")[0]
        ),
        None,
    )


def _custom(draft: Draft, section: Section, user: str, password: str) -> Account | None:
    """Return the account of a server of somebody's own: dyndns2 where its path is dyndns2's, else a template."""
    values = section.values
    scheme = "https" if is_true(values.get("ssl"), otherwise=True) else "http"
    server, path = text(values.get("ddns-server")), text(values.get("ddns-path"))
    where = f"{scheme}://{server}"
    if server == "dynamicdns.park-your-domain.com" and "." in user:
        return draft.account("namecheap", {}, {"password": password}, user)
    if re.fullmatch(
        r"/nic/update\?(hostname=%h|myip=%i)(&(hostname=%h|myip=%i|system=\w+))*|/nic/update\?hostname=", path
    ):
        return hosts.dyndns2(draft, f"{where}/nic/update", user, password)
    if "%" not in path:
        path += "%i" if is_true(values.get("append-myip")) else "%h"
    has_password = "%p" in path
    url = where + path.replace("%h", "{name}").replace("%i", "{address}").replace("%u", user).replace(
        "%p", "{token}"
    )
    expected = texts(values.get("ddns-response"), split="\n") or ["good", "OK", "true", "updated"]
    settings = {"url": url, "success": "|".join(re.escape(word) for word in expected)}
    if has_password or not password:
        return draft.account("http", settings, {"token": password} if has_password else {})
    return draft.account(
        "http",
        {**settings, "headers": {"Authorization": "Basic {token}"}},
        {"token": hosts.basic(user, password)},
    )
