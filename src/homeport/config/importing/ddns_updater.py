"""ddns-updater: `config.json`, a list of `settings`, with `host` or `owner` beside `domain` in it before version 2.7.

What is not in its file, the period and the web services it asks, is in its environment and not carried over.
Source: https://github.com/qdm12/ddns-updater, docs/ (a page for each host) and internal/params/json.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import urlsplit

from homeport.config.importing import hosts
from homeport.config.importing.moved import Account, Draft
from homeport.config.importing.tree import Tree, from_json, is_true, items, seconds, table, text, texts
from homeport.config.models import AUTO
from homeport.errors import ConfigInvalid
from homeport.model.rrset import RRType

_ALL = (1 << 64) - 1
# kind of ours, its settings by what they are called there, its secrets likewise; = is a word of our own
_KINDS: Mapping[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "aliyun": ("alidns", {"access_key_id": "access_key_id"}, {"access_key_secret": "access_secret"}),
    "allinkl": ("dyndns2", {"service": "=all-inkl", "user": "username"}, {"password": "password"}),
    "azure": (
        "azuredns",
        {
            "tenant_id": "tenant_id",
            "client_id": "client_id",
            "subscription_id": "subscription_id",
            "resource_group": "resource_group_name",
        },
        {"client_secret": "client_secret"},
    ),
    "bunny": ("bunny", {}, {"access_key": "api_key"}),
    "changeip": ("dyndns2", {"service": "=changeip", "user": "username"}, {"password": "password"}),
    "desec": ("desec", {}, {"token": "token"}),
    "digitalocean": ("digitalocean", {}, {"token": "token"}),
    "dnsomatic": ("dyndns2", {"service": "=dnsomatic", "user": "username"}, {"password": "password"}),
    "dnspod": ("dnspod", {}, {"token": "token"}),
    "domeneshop": ("dyndns2", {"service": "=domeneshop", "user": "token"}, {"password": "secret"}),
    "duckdns": ("duckdns", {}, {"token": "token"}),
    "dyn": ("dyndns2", {"service": "=dyn", "user": "username"}, {"password": "client_key"}),
    "dynu": ("dyndns2", {"service": "=dynu", "user": "username"}, {"password": "password"}),
    "dynv6": ("dynv6", {}, {"token": "token"}),
    "easydns": ("dyndns2", {"service": "=easydns", "user": "username"}, {"password": "token"}),
    "freedns": ("freedns", {}, {"token": "token"}),
    "gandi": ("gandi", {}, {"token": "personal_access_token"}),
    "godaddy": ("godaddy", {}, {"key": "key", "secret": "secret"}),
    "he": ("he", {}, {"password": "password"}),
    "hetznercloud": ("hetzner", {}, {"token": "token"}),
    "hetznernetworking": ("hetzner", {}, {"token": "token"}),
    "infomaniak": ("dyndns2", {"service": "=infomaniak", "user": "user"}, {"password": "password"}),
    "inwx": ("dyndns2", {"service": "=inwx", "user": "username"}, {"password": "password"}),
    "ionos": ("ionos", {}, {"token": "api_key"}),
    "ipv64": ("ipv64", {}, {"token": "key"}),
    "linode": ("linode", {}, {"token": "token"}),
    "loopia": ("dyndns2", {"service": "=loopia", "user": "username"}, {"password": "password"}),
    "luadns": ("luadns", {"email": "email"}, {"api_key": "token"}),
    "name.com": ("namecom", {"username": "username"}, {"token": "token"}),
    "namecheap": ("namecheap", {}, {"password": "password"}),
    "namesilo": ("namesilo", {}, {"token": "key"}),
    "netcup": (
        "netcup",
        {"customer_number": "customer_number"},
        {"api_key": "api_key", "api_password": "password"},
    ),
    "noip": ("noip", {"user": "username"}, {"password": "password"}),
    "nowdns": ("dyndns2", {"service": "=now-dns", "user": "username"}, {"password": "password"}),
    "opendns": ("dyndns2", {"service": "=opendns", "user": "username"}, {"password": "password"}),
    "porkbun": ("porkbun", {}, {"api_key": "api_key", "secret_api_key": "secret_api_key"}),
    "route53": (
        "route53",
        {"access_key_id": "access_key"},
        {"secret_access_key": "secret_key"},
    ),
    "scaleway": ("scaleway", {}, {"secret_key": "secret_key"}),
    "selfhost.de": ("dyndns2", {"service": "=selfhost", "user": "username"}, {"password": "password"}),
    "spaceship": ("spaceship", {}, {"api_key": "api_key", "api_secret": "api_secret"}),
    "spdyn": ("dyndns2", {"service": "=spdyn", "user": "user"}, {"password": "password"}),
    "strato": ("dyndns2", {"service": "=strato", "user": "domain"}, {"password": "password"}),
    "transip": ("transip", {"login": "username"}, {"private_key": "key"}),
    "variomedia": ("dyndns2", {"service": "=variomedia", "user": "email"}, {"password": "password"}),
    "vercel": ("vercel", {"team_id": "team_id"}, {"token": "token"}),
    "vultr": ("vultr", {}, {"token": "apikey"}),
}
_ALIASES: Mapping[str, str] = {
    "aws": "route53",
    "he.net": "he",
    "hetzner_cloud": "hetznercloud",
    "no-ip": "noip",
}
_WHY_NOT: Mapping[str, str] = {
    "google": "Google Domains is closed",
    "hetzner": "its token is of dns.hetzner.com, which is closed; make one in the Cloud console and write `kind: hetzner`",
    "dreamhost": "there is no provider for it; `lexicon` may do",
}


def read(given: str, draft: Draft) -> None:
    """Read a configuration.

    Raises:
        ConfigInvalid: it is none of ddns-updater's.
    """
    entries = items(table(from_json(given)).get("settings"))
    if not entries:
        raise ConfigInvalid("this is no configuration of ddns-updater: there is no `settings` in it")
    draft.leave(
        "the environment", "what PERIOD, RESOLVER_ADDRESS and SHOUTRRR_ADDRESSES say is not in the file"
    )
    for entry in entries:
        _one(draft, table(entry))


def _one(draft: Draft, entry: Mapping[str, Tree]) -> None:
    named = text(entry.get("provider")).lower()
    kind = _ALIASES.get(named, named)
    if is_true(entry.get("provider_ip")):
        draft.change(named, "the host found the address by itself; here it is told one")
    for domain in texts(entry.get("domain")) or [""]:
        owners = texts(entry.get("owner") or entry.get("host"))
        for owner in owners or [""]:
            _name(draft, entry, kind, domain, owner)


def _name(draft: Draft, entry: Mapping[str, Tree], kind: str, domain: str, owner: str) -> None:
    domain = domain or ("duckdns.org" if kind == "duckdns" else "")
    name = domain if owner in ("", "@") else f"{owner}.{domain}"
    account = _account(draft, entry, kind, domain if owner else "", name)
    if account is None:
        return
    told = (
        {"proxied": is_true(entry["proxied"])} if "proxied" in entry and account.kind == "cloudflare" else {}
    )
    ttl = seconds(entry.get("ttl"))
    types = _types(draft, entry, name)
    host_id = _host_id(draft, name, text(entry.get("ipv6_suffix"))) if RRType.AAAA in types else ""
    draft.record(name, types, account, AUTO, ttl=ttl, options=told, host_id=host_id)


def _types(draft: Draft, entry: Mapping[str, Tree], name: str) -> list[RRType]:
    match text(entry.get("ip_version")).lower().replace(" ", ""):
        case "ipv4":
            return [RRType.A]
        case "ipv6":
            return [RRType.AAAA]
        case _:
            draft.change(
                name,
                "it was given an IPv4 or an IPv6 address; here both are kept, and A or AAAA can be left out",
            )
            return [RRType.A, RRType.AAAA]


def _host_id(draft: Draft, name: str, suffix: str) -> str:
    """Return the host id of `0:0:0:0:72ad:8fbb:a54e:bedd/64`."""
    address, _, prefix = suffix.partition("/")
    if not address:
        return ""
    try:
        bits = int(IPv6Address(address)) & _ALL
    except ValueError:
        bits = 0
    if not bits or prefix not in ("", "64"):
        draft.leave(f"{name}, ipv6_suffix", "only the last 64 bits of an address can be given, as `host_id`")
        return ""
    return str(IPv6Address(bits))


def _account(draft: Draft, entry: Mapping[str, Tree], kind: str, zone: str, name: str) -> Account | None:
    """Return the account of an entry, `None` where it cannot be carried over."""
    zone = "" if zone.startswith("*.") else zone
    if (own := _OWN_WAYS.get(kind)) is not None:
        return own(draft, entry, zone, name)
    return _by_table(draft, entry, kind, zone, name)


def _by_table(draft: Draft, entry: Mapping[str, Tree], kind: str, zone: str, name: str) -> Account | None:
    if kind not in _KINDS:
        draft.leave(name, _WHY_NOT.get(kind, f"there is no provider for {kind}"))
        return None
    ours, settings, secrets = _KINDS[kind]
    if missing := [key for key in secrets.values() if not text(entry.get(key))]:
        draft.leave(name, f"{' and '.join(missing)} of {kind} is not in it")
        return None
    told: dict[str, Any] = {
        key: where[1:] if where.startswith("=") else text(entry.get(where)) for key, where in settings.items()
    }
    if ours in ("namecheap", "netcup") and not zone:
        zone = hosts.zone_of(name)
        draft.change(name, f"its zone was taken to be {zone}, which the file did not say")
    if kind == "route53" and text(entry.get("zone_id")) and zone:
        told |= {"hosted_zone_id": text(entry.get("zone_id")), "zone": zone}
    return draft.account(ours, told, {key: text(entry.get(where)) for key, where in secrets.items()}, zone)


def _cloudflare(draft: Draft, entry: Mapping[str, Tree], zone: str, name: str) -> Account | None:
    if token := text(entry.get("token")):
        return draft.account("cloudflare", {}, {"token": token}, zone)
    if key := text(entry.get("key")):
        return draft.account("cloudflare", {"email": text(entry.get("email"))}, {"key": key}, zone)
    draft.leave(name, "a user service key is no longer taken by Cloudflare; make an API token")
    return None


def _custom(draft: Draft, entry: Mapping[str, Tree], _zone: str, name: str) -> Account | None:
    """Return the account of a request, to whose URL the address was added by the name of its family."""
    wanted = text(entry.get("ip_version"))
    key = text(entry.get("ipv6key" if wanted == "ipv6" else "ipv4key"))
    if wanted not in ("ipv4", "ipv6") and text(entry.get("ipv6key")) != key:
        draft.change(
            name, f"both families are told in {key}; write a provider of its own for IPv6 if it has another"
        )
    url = text(entry.get("url"))
    full = f"{url}{'&' if urlsplit(url).query else '?'}{key}={{address}}"
    return hosts.template(draft, name, full, success=text(entry.get("success_regex")))


def _gcp(draft: Draft, entry: Mapping[str, Tree], _zone: str, _name: str) -> Account:
    key = json.dumps(entry.get("credentials"))
    return draft.account("googleclouddns", {"project": text(entry.get("project"))}, {"service_account": key})


def _ovh(draft: Draft, entry: Mapping[str, Tree], zone: str, _name: str) -> Account:
    """Return the account of DynHost, or of the API where `mode` says so."""
    if text(entry.get("mode")) != "api":
        user, password = text(entry.get("username")), text(entry.get("password"))
        return draft.account("dyndns2", {"service": "ovh", "user": user}, {"password": password})
    where = {"ovh-ca": "https://ca.api.ovh.com/1.0", "ovh-us": "https://api.us.ovhcloud.com/1.0"}
    settings = {
        "application_key": text(entry.get("app_key")),
        "base_url": where.get(text(entry.get("api_endpoint")), ""),
    }
    secrets = {
        "application_secret": text(entry.get("app_secret")),
        "consumer_key": text(entry.get("consumer_key")),
    }
    return draft.account("ovh", settings, secrets, zone)


def _powerdns(draft: Draft, entry: Mapping[str, Tree], zone: str, _name: str) -> Account:
    where = f"{text(entry.get('server_url')).rstrip('/')}/api/v1"
    settings = {"base_url": where, "server_id": text(entry.get("server_id"))}
    return draft.account("powerdns", settings, {"api_key": text(entry.get("api_key"))}, zone)


def _rfc2136(draft: Draft, entry: Mapping[str, Tree], zone: str, name: str) -> Account:
    host, _, port = text(entry.get("server")).rpartition(":")
    settings: dict[str, Any] = {
        "server": (host or port).strip("[]"),
        "port": int(port) if host and port.isdecimal() else None,
        "key_name": text(entry.get("tsig_key_name")),
        "key_algorithm": text(entry.get("tsig_algorithm")),
    }
    secret = text(entry.get("tsig_secret"))
    within = text(entry.get("zone")) or zone or hosts.zone_of(name)
    return draft.account("rfc2136", settings, {"key_secret": secret} if secret else {}, within)


_OWN_WAYS: Mapping[str, Callable[[Draft, Mapping[str, Tree], str, str], Account | None]] = {
    "cloudflare": _cloudflare,
    "custom": _custom,
    "gcp": _gcp,
    "ovh": _ovh,
    "powerdns": _powerdns,
    "rfc2136": _rfc2136,
}
