"""ddns-go: `.ddns_go_config.yaml`, of version 5 and later with several configurations, before with one.

Domains are `sub.example.com`, or `sub:example.com` where the zone is said, each with parameters after a `?`.
Source: https://github.com/jeessy2/ddns-go, config/config.go and config/domains.go for the format, dns/ for what ID and
Secret are to each host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from homeport import providers
from homeport.config.importing import hosts, sources
from homeport.config.importing.moved import Account, Draft
from homeport.config.importing.tree import Tree, from_yaml, is_true, items, seconds, table, text, texts
from homeport.config.kinds import options_of
from homeport.errors import ConfigInvalid
from homeport.model.rrset import RRType
from homeport.wire import placeholders

# kind of ours, the setting that ID is, the setting that Secret is
_KINDS: Mapping[str, tuple[str, str, str]] = {
    "alidns": ("alidns", "access_key_id", "access_key_secret"),
    "aliesa": ("aliesa", "access_key_id", "access_key_secret"),
    "baiducloud": ("baiducloud", "access_key_id", "secret_access_key"),
    "cloudflare": ("cloudflare", "", "token"),
    "cloudns": ("cloudns", "auth_id", "auth_password"),
    "desec": ("desec", "", "token"),
    "dnsla": ("dnsla", "api_id", "api_secret"),
    "dynv6": ("dynv6", "", "token"),
    "edgeone": ("edgeone", "secret_id", "secret_key"),
    "gcore": ("gcore", "", "token"),
    "godaddy": ("godaddy", "key", "secret"),
    "huaweicloud": ("huaweicloud", "access_key_id", "secret_access_key"),
    "name_com": ("namecom", "username", "token"),
    "namecheap": ("namecheap", "", "password"),
    "namesilo": ("namesilo", "", "token"),
    "nsone": ("ns1", "", "token"),
    "porkbun": ("porkbun", "api_key", "secret_api_key"),
    "rainyun": ("rainyun", "", "api_key"),
    "spaceship": ("spaceship", "api_key", "api_secret"),
    "tencentcloud": ("tencentcloud", "secret_id", "secret_key"),
    "trafficroute": ("volcengine", "access_key_id", "secret_access_key"),
    "vercel": ("vercel", "", "token"),
}
_SECRET_IDS = frozenset({"godaddy", "porkbun", "spaceship"})  # of these the ID is a secret as well
_WHY_NOT: Mapping[str, str] = {
    "dynadot": "it used the domain's dynamic DNS password; `dynadot` wants the account's API key and its secret",
    "google_domain": "Google Domains is closed",
}
_LINES = frozenset({"line", "recordline", "record_line", "location", "view"})
_POOLS = re.compile(r"groupid|origingroupname|.*pool.*", re.IGNORECASE)  # of EdgeOne and ESA
_PLACES = {"line": _LINES, "proxied": {"proxied"}, "comment": {"comment"}, "tags": {"tags"}}


class Domain(NamedTuple):
    """One line of the domains."""

    name: str
    zone: str = ""
    parameters: tuple[tuple[str, str], ...] = ()


def read(given: str, draft: Draft) -> None:
    """Read a configuration.

    Raises:
        ConfigInvalid: it is none of ddns-go's.
    """
    root = table(from_yaml(given))
    confs = items(root.get("dnsconf")) or ([root] if table(root.get("dns")) else [])
    if not confs:
        raise ConfigInvalid(
            "this is no configuration of ddns-go: there is neither `dnsconf:` nor `dns:` in it"
        )
    for i, conf in enumerate(confs, 1):
        _one(draft, table(conf), text(table(conf).get("name")) or f"configuration {i}")
    _rest(draft, root)


def _rest(draft: Draft, root: Mapping[str, Tree]) -> None:
    hook = table(root.get("webhook"))
    if text(hook.get("webhookurl")):
        _webhook(draft, hook, text(root.get("lang")))
    if text(table(root.get("user")).get("username")):
        draft.leave("the page's user and password", "they are ddns-go's own; its password is a hash")


def _webhook(draft: Draft, hook: Mapping[str, Tree], language: str) -> None:
    """Carry the webhook over as it is written: its places are known here, and its URL is a secret."""
    url, body = text(hook.get("webhookurl")), text(hook.get("webhookrequestbody"))
    headers = _headers(text(hook.get("webhookheaders")))
    if not url.startswith(("http://", "https://")):
        draft.leave("webhook", "its URL does not begin with https:// or http://")
        return
    hidden = hosts.hide("", body)
    found = {*placeholders.literal_credentials(headers), *([hidden.token] if hidden and hidden.token else [])}
    if hidden is None or len(found) > 1:
        draft.leave(
            "webhook", "it holds several secrets, and there is a place for one; write it under `notify:`"
        )
        return
    token = next(iter(found), "")
    if token:
        headers = {name: value.replace(token, "{token}") for name, value in headers.items()}
    is_chinese = language.startswith("zh") or any("\u4e00" <= mark <= "\u9fff" for mark in body)
    settings = {"headers": headers, "body": hidden.body, "language": "zh-CN" if is_chinese else ""}
    draft.notifier("webhook", "webhook", settings, {"url": url, **({"token": token} if token else {})})
    draft.change(
        "webhook",
        "it is called for a failure that lasts ten minutes, and for its end, instead of for the third failure",
    )


def _headers(given: str) -> dict[str, str]:
    """Read headers, one a line."""
    pairs = [line.partition(":") for line in given.splitlines() if ":" in line]
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def _one(draft: Draft, conf: Mapping[str, Tree], what: str) -> None:
    host = table(conf.get("dns"))
    name = text(host.get("name")).lower()
    for key, rrtype in (("ipv4", RRType.A), ("ipv6", RRType.AAAA)):
        part = table(conf.get(key))
        domains = [domain_of(line) for line in _lines(part.get("domains"))]
        if not domains:
            continue
        if not is_true(part.get("enable")):
            draft.leave(f"{what}, {rrtype} records", f"{key} is not enabled there")
            continue
        for domain in domains:
            if any(_POOLS.fullmatch(key) for key, _ in domain.parameters):
                draft.leave(domain.name, "it sets the addresses of a pool of origins, and not DNS records")
                continue
            account = _account(draft, host, name, domain, what)
            if account is not None:
                source = _source(draft, part, f"{what}, {rrtype} addresses", rrtype)
                _record(draft, domain, rrtype, account, source, seconds(conf.get("ttl")))
    if text(conf.get("httpinterface")):
        draft.leave(f"{what}, network interface", "write `interface:` at the address source and the provider")


def _lines(value: Tree) -> list[str]:
    """Return the domains: a list of lines, or one text with line breaks, or with commas as people paste them."""
    return texts(value, split="\r\n,，;")


def domain_of(line: str) -> Domain:
    """Read `sub.example.com`, `sub:example.com`, `@:example.com`, each with `?key=value&...`."""
    where, _, query = line.partition("?")
    owner, colon, zone = (part.strip() for part in where.partition(":"))
    parameters = tuple(parse_qsl(query, keep_blank_values=True))
    if not colon:
        return Domain(owner.removeprefix("@."), "", parameters)
    return Domain(zone if owner in ("", "@") else f"{owner}.{zone}", zone, parameters)


def _source(draft: Draft, part: Mapping[str, Tree], what: str, rrtype: RRType) -> str:
    match text(part.get("gettype")).lower() or "url":
        case "netinterface":
            found = text(part.get("ipv6reg")) if rrtype is RRType.AAAA else ""
            if found.startswith("@"):
                draft.change(
                    what, f"address number {found[1:]} was taken; the one that lasts longest is, instead"
                )
                found = ""
            return sources.of_interface(draft, what, text(part.get("netinterface")), [rrtype], match=found)
        case "cmd":
            return sources.of_command(draft, what, text(part.get("cmd")))
        case _:
            return sources.of_web(draft, what, texts(part.get("url")))


def _account(draft: Draft, host: Mapping[str, Tree], name: str, domain: Domain, what: str) -> Account | None:
    """Return the account of a domain, `None` where it cannot be carried over."""
    own, secret = text(host.get("id")), text(host.get("secret"))
    if name in ("callback", "webhook"):
        return hosts.template(draft, what, own, secret)
    if name == "dnspod":
        return draft.account("dnspod", {}, {"token": f"{own},{secret}"}, domain.zone)
    if name not in _KINDS:
        draft.leave(what, _WHY_NOT.get(name, f"there is no provider for {name or 'a host without a name'}"))
        return None
    kind, own_setting, secret_setting = _KINDS[name]
    zone = domain.zone or (hosts.zone_of(domain.name) if kind == "namecheap" else "")
    settings: dict[str, Any] = {}
    secrets = {secret_setting: secret}
    if own_setting:
        (secrets if kind in _SECRET_IDS else settings)[own_setting] = own
    if kind == "vercel":
        settings["team_id"] = text(host.get("extparam"))
    if not all(secrets.values()):
        draft.leave(what, f"there is no secret for {name} in it")
        return None
    return draft.account(kind, settings, secrets, zone)


def _record(
    draft: Draft, domain: Domain, rrtype: RRType, account: Account, source: str, ttl: int | None
) -> None:
    draft.record(
        domain.name, [rrtype], account, source, ttl=ttl, options=_options(draft, domain, account.kind)
    )


def _options(draft: Draft, domain: Domain, kind: str) -> dict[str, Any]:
    """Return what of the parameters a record of ours can be told."""
    wanted = options_of(providers.load(kind))
    known = {} if wanted is None else {name: keys for name, keys in _PLACES.items() if hasattr(wanted, name)}
    found: dict[str, Any] = {}
    for key, value in domain.parameters:
        place = next((name for name, keys in known.items() if key.lower() in keys), None)
        if place is None:
            draft.leave(f"{domain.name}?{key}=", f"{kind} has no such option")
        else:
            found[place] = is_true(value) if place == "proxied" else value
    return found
