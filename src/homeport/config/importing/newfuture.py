"""NewFuture/DDNS: `config.json`, of version 4.1 with `providers`, of version 4 and before with one host.

Names may be given with their zone, as `sub~example.com` or `sub+example.com`.
Source: https://ddns.newfuture.cc/schema/v4.1.json and v4.0.json, v2.json before, doc/config/json.en.md and
doc/providers/ of https://github.com/NewFuture/DDNS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from homeport import providers
from homeport.config.importing import hosts, sources
from homeport.config.importing.moved import Account, Draft
from homeport.config.importing.tree import Tree, from_json, is_true, items, seconds, table, text, texts
from homeport.config.kinds import options_of
from homeport.config.models import AUTO
from homeport.errors import ConfigInvalid
from homeport.model.rrset import RRType

# kind of ours, the setting that id is, the setting that token is
_KINDS: Mapping[str, tuple[str, str, str]] = {
    "alidns": ("alidns", "access_key_id", "access_key_secret"),
    "aliesa": ("aliesa", "access_key_id", "access_key_secret"),
    "cloudns": ("cloudns", "auth_id", "auth_password"),
    "edgeone_dns": ("edgeone", "secret_id", "secret_key"),
    "he": ("he", "", "password"),
    "huaweidns": ("huaweicloud", "access_key_id", "secret_access_key"),
    "namesilo": ("namesilo", "", "token"),
    "noip": ("noip", "user", "password"),
    "tencentcloud": ("tencentcloud", "secret_id", "secret_key"),
}
_ALIASES: Mapping[str, str] = {
    "aliyun": "alidns",
    "esa": "aliesa",
    "dnspod_cn": "dnspod",
    "dnspod_global": "dnspod_com",
    "tencent": "tencentcloud",
    "qcloud": "tencentcloud",
    "he_net": "he",
    "huawei": "huaweidns",
    "huaweicloud": "huaweidns",
    "namesilo_com": "namesilo",
    "no-ip": "noip",
    "noip_com": "noip",
    "dns_com": "51dns",
    "dnscom": "51dns",
    "teo_dns": "edgeone_dns",
    "edgeone_noacc": "edgeone_dns",
    "edgeone_acc": "edgeone",
    "teo": "edgeone",
    "west_cn": "west",
    "westcn": "west",
    "webhook": "callback",
    "http": "callback",
    "print": "debug",
}
_WHY_NOT: Mapping[str, str] = {
    "edgeone": "there it means acceleration domains, whose origin it changed; `edgeone` here is for EdgeOne's DNS records",
    "51dns": "there is no provider for DNS.COM (51DNS)",
    "debug": "it publishes nothing",
}
_UNUSED: Mapping[str, str] = {
    "log": "ours is kept by `homeport run` itself, `homeport logs` shows it",
    "cache": "what is published is remembered in the state folder",
    "cache_max_age": "what is published is remembered in the state folder",
}
_HANDED_DOWN = ("id", "token", "endpoint", "index4", "index6", "ttl", "line", "proxy", "extra", "ssl")
_KNOWN = {*_HANDED_DOWN, *_UNUSED, "$schema", "dns", "provider", "providers", "ipv4", "ipv6", "debug", "name"}


def read(given: str, draft: Draft) -> None:
    """Read a configuration.

    Raises:
        ConfigInvalid: it is none of NewFuture/DDNS.
    """
    root = table(from_json(given))
    if not root.keys() & {"dns", "providers", "id", "token", "ipv4", "ipv6"}:
        raise ConfigInvalid(
            "this is no configuration of NewFuture/DDNS: there is no `dns` and no `providers` in it"
        )
    for key, why in _UNUSED.items():
        if root.get(key) not in (None, "true", "false"):
            draft.leave(key, why)
    for each in items(root.get("providers")) or [root]:
        own = table(each)
        _one(draft, {**{key: root[key] for key in _HANDED_DOWN if key in root}, **own})


def _one(draft: Draft, conf: Mapping[str, Tree]) -> None:
    named = text(conf.get("provider") or conf.get("dns")).lower() or "dnspod"
    host = _ALIASES.get(named, named)
    for key in sorted(conf.keys() - _KNOWN):
        draft.leave(f"{named}, {key}", "it is not known here")
    if text(conf.get("ssl")).lower() in ("auto", "false"):
        draft.change("ssl", "certificates are always verified here; there they were not, or not always")
    for key, rrtype in (("4", RRType.A), ("6", RRType.AAAA)):
        names = texts(conf.get(f"ipv{key}"))
        rules = _rules(conf.get(f"index{key}"))
        if not names:
            continue
        if rules == ["false"]:
            draft.leave(f"{named}, {rrtype} records", f"index{key} is false there")
            continue
        for name in names:
            _record(draft, conf, host, name, rrtype, rules)


def _rules(value: Tree) -> list[str]:
    """Return how an address is learned, in order; commas and semicolons part them where there is no command."""
    if isinstance(value, str) and not value.startswith(("cmd:", "shell:", "regex:")):
        return texts(value, split=",;")
    return [text(item) for item in items(value) if text(item)]


def _source(draft: Draft, what: str, rules: Sequence[str], rrtype: RRType) -> str:
    """Return the address source of the first rule; those after it were asked when it failed."""
    if len(rules) > 1 and not all(rule.startswith(("url:", "http", "public")) for rule in rules):
        draft.leave(what, "what was tried when the first way to learn it failed")
    first = (rules or ["default"])[0]
    kind, _, rest = first.partition(":")
    if kind in ("url", "http", "https"):
        return sources.of_web(draft, what, [each.removeprefix("url:") for each in rules if "://" in each])
    if kind in ("cmd", "shell"):
        return sources.of_command(draft, what, rest)
    if kind == "public":
        draft.change(what, "it asked web services; auto asks several, of which two must agree")
        return AUTO
    return _of_this_machine(draft, what, rest if kind == "regex" else first, rrtype)


def _of_this_machine(draft: Draft, what: str, rule: str, rrtype: RRType) -> str:
    """Return the source for `default`, for the number of an address, and for what an address looks like."""
    if rule.isdigit():
        draft.change(
            what, f"it took address number {rule} of this machine; the one that lasts longest is, instead"
        )
    match = "" if rule == "default" or rule.isdigit() else f"^(?:{rule})"
    return sources.of_interface(draft, what, "*", [rrtype], match=match)


def _record(
    draft: Draft, conf: Mapping[str, Tree], host: str, name: str, rrtype: RRType, rules: Sequence[str]
) -> None:
    owner, zone = _parted(name)
    account = _account(draft, conf, host, owner, zone)
    if account is not None:
        source = _source(draft, f"{host}, {rrtype} addresses", rules, rrtype)
        options = _options(draft, conf, owner, account.kind)
        draft.record(owner, [rrtype], account, source, ttl=seconds(conf.get("ttl")), options=options)


def _parted(name: str) -> tuple[str, str]:
    """Return the name, and its zone where the two are parted by a mark."""
    owner, mark, zone = name.partition(next((mark for mark in "~+" if mark in name), "~"))
    if not mark:
        return name.removeprefix("@."), ""
    return (f"{owner}.{zone}" if owner not in ("", "@") else zone), zone


def _account(draft: Draft, conf: Mapping[str, Tree], host: str, name: str, zone: str) -> Account | None:
    """Return the account of a name, `None` where it cannot be carried over."""
    own, token = text(conf.get("id")), text(conf.get("token"))
    where = text(conf.get("endpoint"))
    proxy = _proxy(draft, conf, host)
    if host == "callback":
        body = conf.get("token")
        written = json.dumps(body, ensure_ascii=False) if isinstance(body, dict) else token
        return hosts.template(draft, host, urljoin(where, own) if where else own, written)
    if host not in _KINDS and host not in ("cloudflare", "dnspod", "dnspod_com", "west"):
        draft.leave(host, _WHY_NOT.get(host, "there is no provider for it"))
        return None
    if not token:
        draft.leave(host, "there is no token in it")
        return None
    settings: dict[str, Any] = {"base_url": where}
    match host:
        case "cloudflare":
            kind, secrets = "cloudflare", {"key" if own else "token": token}
            settings["email"] = own
        case "dnspod" | "dnspod_com":
            kind, secrets = "dnspod", {"token": f"{own},{token}"}
            settings["base_url"] = where or ("https://api.dnspod.com" if host == "dnspod_com" else "")
        case "west":
            kind, secrets = "west", {"apikey" if own else "apidomainkey": token}
            settings["username"] = own
            zone = _guessed(draft, name, zone)
        case _:
            kind, own_setting, token_setting = _KINDS[host]
            secrets = {token_setting: token}
            settings |= {own_setting: own} if own_setting else {}
    return draft.account(kind, settings, {**secrets, **proxy}, zone)


def _guessed(draft: Draft, name: str, zone: str) -> str:
    if zone:
        return zone
    draft.change(name, f"its zone was taken to be {hosts.zone_of(name)}, which the file did not say")
    return hosts.zone_of(name)


def _proxy(draft: Draft, conf: Mapping[str, Tree], host: str) -> dict[str, str]:
    """Return the one proxy of ours; there several were tried one after the other."""
    given = [
        one
        for one in texts(conf.get("proxy"), split=";")
        if one.upper() not in ("DIRECT", "SYSTEM", "DEFAULT")
    ]
    if not given:
        return {}
    if len(texts(conf.get("proxy"), split=";")) > 1:
        draft.change(f"{host}, proxy", "the first one is used, and nothing when it fails")
    return {"proxy": given[0] if "://" in given[0] else f"http://{given[0]}"}


def _options(draft: Draft, conf: Mapping[str, Tree], name: str, kind: str) -> dict[str, Any]:
    """Return what of `line` and `extra` a record of ours can be told."""
    wanted = options_of(providers.load(kind))
    found: dict[str, Any] = {}
    for key, value in {"line": conf.get("line"), **table(conf.get("extra"))}.items():
        if value in (None, "", []):
            continue
        if wanted is None or not hasattr(wanted, key):
            draft.leave(f"{name}, {key}", f"{kind} has no such option")
        elif key == "proxied":
            found[key] = is_true(value)
        else:
            found[key] = ",".join(texts(value, split=",")) if re.fullmatch("tags?", key) else text(value)
    return found
