"""ddclient: `ddclient.conf`, of version 3.8 to 4.

A line is `name=value, ... host,host`; without hosts its values hold for every host after it. A password is all that
stands between single quotes, or up to the next space: it alone may hold `#` and commas.
Source: `ddclient -help` and the program itself, versions 3.10 and 4.0 (https://github.com/ddclient/ddclient), and the
sample file that comes with it. That 3.10 takes its own success for a failure under `usev4` is no fault of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from homeport.config.importing import hosts, sources
from homeport.config.importing.moved import Account, Draft, Elsewhere
from homeport.config.importing.tree import is_true, seconds
from homeport.config.models import AUTO
from homeport.errors import ConfigInvalid
from homeport.model.rrset import RRType

Values = Mapping[str, str]
_PASSWORD = re.compile(r"^([^#]*\s)?([^#]*?password\S*?)\s*=\s*('.*'|[^']\S*)(.*)", re.DOTALL)
_ASSIGNMENT = re.compile(r"[,\s]*([a-z][0-9a-z_-]*)=", re.IGNORECASE)
_STEPS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SERVICES = frozenset({"ip4only.me", "ip6only.me", "nsupdate.info-ipv4", "nsupdate.info-ipv6"})
_NO = frozenset({"", "no", "disabled"})

# kind of ours, its settings by what they are called there, its secrets likewise; = is a word of our own
_KINDS: Mapping[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "changeip": ("dyndns2", {"service": "=changeip", "user": "login"}, {"password": "password"}),
    "digitalocean": ("digitalocean", {}, {"token": "password"}),
    "domeneshop": ("dyndns2", {"service": "=domeneshop", "user": "login"}, {"password": "password"}),
    "duckdns": ("duckdns", {}, {"token": "password"}),
    "dyndns1": ("dyndns2", {"service": "=dyn", "user": "login"}, {"password": "password"}),
    "easydns": ("dyndns2", {"service": "=easydns", "user": "login"}, {"password": "password"}),
    "godaddy": ("godaddy", {}, {"key": "login", "secret": "password"}),
    "infomaniak": ("dyndns2", {"service": "=infomaniak", "user": "login"}, {"password": "password"}),
    "inwx": ("dyndns2", {"service": "=inwx", "user": "login"}, {"password": "password"}),
    "namecheap": ("namecheap", {}, {"password": "password"}),
    "noip": ("noip", {"user": "login"}, {"password": "password"}),
    "ovh": ("dyndns2", {"service": "=ovh", "user": "login"}, {"password": "password"}),
    "porkbun": ("porkbun", {}, {"api_key": "apikey", "secret_api_key": "secretapikey"}),
}
_WHY_NOT: Mapping[str, str] = {
    "emailonly": "it only sends mail",
    "freedns": "it logs in with user and password; `freedns` wants the token of each name's own update URL",
    "googledomains": "Google Domains is closed",
    "hetzner": "its token is of dns.hetzner.com, which is closed; make one in the Cloud console and write `kind: hetzner`",
    "nsupdate": "its key stands in a file of its own; write `kind: rfc2136` with `key_name` and `key_secret`",
}
_UNUSED: Mapping[str, str] = {
    "mail": "no mail is sent yet; `homeport status` and the log say what happened",
    "mail-failure": "no mail is sent yet; `homeport status` and the log say what happened",
    "postscript": "no program is run after an update",
    "proxy": "write `proxy:` at the provider",
    "wildcard": "write the name *.NAME as a record of its own where the host knows such",
    "mx": "no mail servers are set",
    "static": "a name of Dyn that does not follow an address is none of ours",
    "custom": "it is left to the host what a name is",
}


class Block(NamedTuple):
    """One line of the file that names hosts."""

    hosts: tuple[str, ...]
    values: Values


def read(given: str, draft: Draft) -> None:
    """Read a configuration.

    Raises:
        ConfigInvalid: it is none of ddclient's.
    """
    blocks, told = blocks_of(given)
    if "=" not in given:
        raise ConfigInvalid("this is no configuration of ddclient: nothing in it is name=value")
    if every := _duration(told.get("daemon", "")):
        draft.every(every)
    for key, why in _UNUSED.items():
        if any(block.values.get(key, "no").lower() not in _NO for block in [*blocks, Block((), told)]):
            draft.leave(key, why)
    for block in blocks:
        for host in block.hosts:
            _host(draft, host, block.values)


def blocks_of(given: str) -> tuple[list[Block], Values]:
    """Return the lines that name hosts, each with all that holds for it, and what holds for every one."""
    told: dict[str, str] = {}
    blocks = []
    for line in _joined(given):
        values, rest = _assignments(line)
        words = re.sub(r"\s*,\s*", ",", rest).strip(" ,").split()
        named = [
            name
            for name in (",".join((words[0] if words else "", values.pop("host", "")))).split(",")
            if name
        ]
        if not named:
            told |= values
            continue
        old = dict(
            zip(("login", "password"), words[1:3], strict=False)
        )  # the way before login= and password=
        blocks.append(Block(tuple(named), {**told, **values, **old}))
    return blocks, told


def _joined(given: str) -> Iterator[str]:
    """Yield lines without comments, those that end in a backslash with what follows; passwords are quoted first."""
    before = ""
    for line in given.splitlines():
        text = re.sub(r"(?<!\\)#.*", "", _guarded(line)) if not line.lstrip().startswith("#") else ""
        if text.rstrip().endswith("\\"):
            before += text.rstrip()[:-1] + " "
            continue
        yield before + text
        before = ""
    yield before


def _guarded(line: str) -> str:
    """Escape every mark of a password that would mean something.

    A comma at its end is what parts it from the next value, as the program's own sample has it, although the
    program takes it for a piece of the password.
    """
    found = _PASSWORD.match(line)
    if found is None:
        return line
    head, key, value, tail = (found[1] or "", found[2], found[3], found[4])
    if len(value) > 1 and value[0] == value[-1] == "'":
        value = value[1:-1]
    else:
        kept = value.rstrip("\\,") if not tail.strip() else value.removesuffix(",")
        value, tail = kept, value[len(kept) :] + tail
    return f"{head}{key}=" + re.sub(r"([\\'\"#,\s])", r"\\\1", value) + tail


def _assignments(line: str) -> tuple[dict[str, str], str]:
    """Return the values at the start of a line, and what follows them."""
    values: dict[str, str] = {}
    rest = line
    while found := _ASSIGNMENT.match(rest):
        value, rest = _value(rest[found.end() :])
        key = found[1].lower()
        if key.endswith("_env"):  # version 4: the value stands in a variable of the environment
            key, value = key.removesuffix("_env"), Elsewhere(f"env:{value}")
        values[key] = value
    return values, rest


def _value(text: str) -> tuple[str, str]:
    """Return a value as far as an unquoted space or comma, and what follows it."""
    kept, quote, i = "", "", 0
    while i < len(text):
        mark = text[i]
        if mark == "\\" and i + 1 < len(text):
            kept, i = kept + text[i + 1], i + 2
            continue
        if quote or mark in "'\"":
            quote, kept = (
                ("" if mark == quote else quote or mark),
                kept + (mark if quote and mark != quote else ""),
            )
        elif mark in " \t,":
            break
        else:
            kept += mark
        i += 1
    return kept, text[i:]


def _duration(text: str) -> float | None:
    """Read `300`, `5m`, `1h`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)\w*", text.strip().lower())
    return float(found[1]) * _STEPS[found[2] or "s"] if found else None


def _host(draft: Draft, host: str, values: Values) -> None:
    account = _account(draft, host, values)
    if account is None:
        return
    name = f"{host}.duckdns.org" if account.kind == "duckdns" and "." not in host else host
    for rrtype, source in _sources(draft, host, values):
        draft.record(name, [rrtype], account, source, ttl=seconds(values.get("ttl")))


def _sources(draft: Draft, host: str, values: Values) -> Iterator[tuple[RRType, str]]:
    """Yield a source for each type that is wanted: by `use` or `usev4` and `usev6`; IPv4 where nothing says."""
    four, six = values.get("usev4", ""), values.get("usev6", "")
    old = values.get("use", "")
    if six.lower() not in _NO:
        yield RRType.AAAA, _source(draft, host, six, "v6", values, RRType.AAAA)
    elif is_true(values.get("ipv6")):
        yield RRType.AAAA, _source(draft, host, old, "", values, RRType.AAAA)
        return
    if four.lower() not in _NO:
        yield RRType.A, _source(draft, host, four, "v4", values, RRType.A)
    elif old.lower() not in _NO or six.lower() in _NO:
        yield RRType.A, _source(draft, host, old, "", values, RRType.A)


def _source(draft: Draft, host: str, way: str, end: str, values: Values, rrtype: RRType) -> str:
    """Return the address source of one family; `end` is what the settings of that family end in."""
    what = f"{host}, {rrtype} address"
    kind = way.lower().removesuffix(end)
    if fixed := values.get(f"ip{end}" if kind == "ip" else "", "") or values.get(
        "ip" if kind == "ip" else "", ""
    ):
        return sources.of_address(draft, what, fixed)
    match kind:
        case "web":
            return _of_web(draft, what, values.get(f"web{end}", ""))
        case "if":
            name = values.get(f"if{end}", "default" if end else "ppp0")
            return sources.of_interface(draft, what, "*" if name == "default" else name, [rrtype])
        case "cmd":
            return sources.of_command(draft, what, values.get(f"cmd{end}", ""))
        case "" | "ip":
            return AUTO
        case _:
            return sources.of_router(draft, what)


def _of_web(draft: Draft, what: str, place: str) -> str:
    """Return the source for a URL, or for one of ddclient's own services by its name."""
    if "." in place and place not in _SERVICES:
        return sources.of_web(draft, what, [place])
    draft.change(what, f"it asked {place or 'a web service'}; auto asks several, of which two must agree")
    return AUTO


def _account(draft: Draft, host: str, values: Values) -> Account | None:
    """Return the account of a host, `None` where it cannot be carried over."""
    protocol = values.get("protocol", "dyndns2").lower()
    if (own := _OWN_WAYS.get(protocol)) is not None:
        return own(draft, host, values)
    if protocol not in _KINDS:
        draft.leave(host, _WHY_NOT.get(protocol, f"there is no provider for the protocol {protocol}"))
        return None
    kind, settings, secrets = _KINDS[protocol]
    if missing := [key for key in secrets.values() if not values.get(key)]:
        draft.leave(host, f"{' and '.join(missing)} of {protocol} is not in it")
        return None
    told: dict[str, Any] = {name: _given(values, key) for name, key in settings.items()}
    kept = {name: _given(values, key) for name, key in secrets.items()}
    return draft.account(kind, told, kept, values.get("login", "") if kind == "namecheap" else _zone(values))


def _zone(values: Values) -> str:
    return values.get("zone") or values.get("root-domain") or ""


def _given(values: Values, key: str) -> str:
    return key[1:] if key.startswith("=") else values.get(key, "")


def _dyndns2(draft: Draft, host: str, values: Values) -> Account | None:
    if not values.get("password"):
        draft.leave(host, "password of dyndns2 is not in it")
        return None
    server = values.get("server") or "members.dyndns.org"
    if hosts.service_of(server) is None:
        scheme = "https" if is_true(values.get("ssl"), otherwise=True) else "http"
        server = f"{scheme}://{server.partition('://')[2] or server}{values.get('script', '')}"
    return hosts.dyndns2(draft, server, values.get("login", ""), values["password"])


def _cloudflare(draft: Draft, host: str, values: Values) -> Account | None:
    login, password = values.get("login", ""), values.get("password", "")
    if not password:
        draft.leave(host, "password of cloudflare is not in it")
        return None
    if login in ("", "token"):
        return draft.account("cloudflare", {}, {"token": password}, _zone(values))
    return draft.account("cloudflare", {"email": login}, {"key": password}, _zone(values))


def _cloudns(draft: Draft, host: str, values: Values) -> Account | None:
    """Return the account of ClouDNS's own URL of a record, whose query is the secret."""
    where, mark, key = values.get("dynurl", "").partition("?q=")
    if not mark:
        draft.leave(host, "there is no dynurl of ClouDNS in it")
        return None
    return draft.account("http", {"url": f"{where}?q={{token}}"}, {"token": key})


def _freemyip(draft: Draft, host: str, values: Values) -> Account | None:
    if not values.get("password"):
        draft.leave(host, "password of freemyip is not in it")
        return None
    return hosts.freemyip(draft, values["password"])


def _gandi(draft: Draft, host: str, values: Values) -> Account | None:
    if not is_true(values.get("use-personal-access-token")):
        draft.leave(
            host, "Gandi's API keys are deprecated; make a personal access token and write `kind: gandi`"
        )
        return None
    return draft.account("gandi", {}, {"token": values.get("password", "")}, _zone(values))


_OWN_WAYS: Mapping[str, Callable[[Draft, str, Values], Account | None]] = {
    "dyndns2": _dyndns2,
    "cloudflare": _cloudflare,
    "cloudns": _cloudns,
    "freemyip": _freemyip,
    "gandi": _gandi,
}
