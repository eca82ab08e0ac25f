"""GoDNS: `config.json` or `config.yaml`, with one provider, or several under `providers` that domains name.

Source: https://github.com/TimothyYe/godns, internal/settings/settings.go, and its README for what each host wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.config.importing import sources
from homeport.config.importing.moved import Account, Draft, Elsewhere
from homeport.config.importing.tree import (
    Tree,
    from_json,
    from_yaml,
    is_true,
    items,
    seconds,
    table,
    text,
    texts,
)
from homeport.config.models import AUTO
from homeport.errors import ConfigInvalid
from homeport.model.rrset import RRType

# kind of ours with what its settings are there, secrets first
_KINDS: Mapping[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "alidns": ("alidns", {"access_key_secret": "password"}, {"access_key_id": "email"}),
    "digitalocean": ("digitalocean", {"token": "login_token"}, {}),
    "dnspod": ("dnspod", {"token": "login_token"}, {}),
    "duckdns": ("duckdns", {"token": "login_token"}, {}),
    "dynv6": ("dynv6", {"token": "login_token"}, {}),
    "he": ("he", {"password": "password"}, {}),
    "infomaniak": ("dyndns2", {"password": "password"}, {"user": "email", "service": "=infomaniak"}),
    "ionos": ("ionos", {"token": "login_token"}, {}),
    "linode": ("linode", {"token": "login_token"}, {}),
    "loopiase": ("dyndns2", {"password": "password"}, {"user": "email", "service": "=loopia"}),
    "noip": ("noip", {"password": "password"}, {"user": "email"}),
    "ovh": (
        "ovh",
        {"application_secret": "app_secret", "consumer_key": "consumer_key"},
        {"application_key": "app_key"},
    ),
    "porkbun": ("porkbun", {"api_key": "login_token", "secret_api_key": "password"}, {}),
    "scaleway": ("scaleway", {"secret_key": "login_token"}, {}),
    "strato": ("dyndns2", {"password": "password"}, {"user": "email", "service": "=strato"}),
    "transip": ("transip", {"private_key": "login_token"}, {"login": "email"}),
}
_WHY_NOT: Mapping[str, str] = {
    "dreamhost": "there is no provider for it; `lexicon` may do",
    "dynu": "it used a password for IP updates; `dynu` wants the account's API key, or `dyndns2` with `service: dynu` "
    "the user and the password",
    "google": "Google Domains is closed",
    "hetzner": "its token is of dns.hetzner.com, which is closed; make one in the Cloud console and write `kind: hetzner`",
}
_FOR_ALL = ("socks5_proxy", "use_proxy")
_UNUSED: Mapping[str, str] = {
    "notify": "write who is told under `notify:`; docs/notifications.md says how",
    "webhook": "write who is told under `notify:`; docs/notifications.md says how",
    "web_panel": "the page of ours is `agent.web`",
    "mikrotik": "ours asks a router by UPnP, NAT-PMP and PCP, within auto",
}


def read(given: str, draft: Draft) -> None:
    """Read a configuration.

    Raises:
        ConfigInvalid: it is none of GoDNS.
    """
    root = table(from_json(given) if given.lstrip().startswith("{") else from_yaml(given))
    if not items(root.get("domains")) or not (text(root.get("provider")) or table(root.get("providers"))):
        raise ConfigInvalid("this is no configuration of GoDNS: `domains` or the provider is not in it")
    for key, why in _UNUSED.items():
        if _is_used(root.get(key)):
            draft.leave(key, why)
    if is_true(root.get("skip_ssl_verify")):
        draft.leave("skip_ssl_verify", "certificates are always verified here")
    _resolver(draft, text(root.get("resolver")))
    if every := seconds(root.get("interval")):
        draft.every(every)
    ways = {rrtype: _source(draft, root, rrtype) for rrtype in _types(text(root.get("ip_type")))}
    for each in items(root.get("domains")):
        _domain(draft, root, table(each), ways)


def _is_used(part: Tree) -> bool:
    given = table(part)
    return is_true(given.get("enabled")) or any(_is_used(inner) for inner in given.values())


def _resolver(draft: Draft, given: str) -> None:
    if given:
        draft.resolver = (
            given if given.count(":") == 1 else f"[{given}]:53" if ":" in given else f"{given}:53",
        )


def _types(kind: str) -> list[RRType]:
    """Return the types of `ip_type`: IPv4 where it says nothing."""
    return {"ipv6": [RRType.AAAA], "dual": [RRType.A, RRType.AAAA]}.get(kind.lower(), [RRType.A])


def _source(draft: Draft, root: Mapping[str, Tree], rrtype: RRType) -> str:
    what = f"{rrtype} addresses"
    if interface := text(root.get("ip_interface")):
        return sources.of_interface(draft, what, interface, [rrtype])
    one, several = ("ip_url", "ip_urls") if rrtype is RRType.A else ("ipv6_url", "ipv6_urls")
    urls = texts(root.get(several)) + texts(root.get(one))
    return sources.of_web(draft, what, list(dict.fromkeys(urls))) if urls else AUTO


def _domain(
    draft: Draft, root: Mapping[str, Tree], domain: Mapping[str, Tree], ways: Mapping[RRType, str]
) -> None:
    zone = text(domain.get("domain_name"))
    zone = "duckdns.org" if zone == "www.duckdns.org" else zone  # as its README has it
    named = text(domain.get("provider")) or text(root.get("provider"))
    several = table(root.get("providers"))
    own = next((table(conf) for name, conf in several.items() if name.lower() == named.lower()), root)
    account = _account(draft, {**{key: root.get(key) for key in _FOR_ALL}, **own}, named, zone)
    if account is None:
        return
    options = {"proxied": True} if account.kind == "cloudflare" and is_true(root.get("proxied")) else {}
    for owner in [text(each) for each in items(domain.get("sub_domains"))] or ["@"]:
        name = zone if owner in ("", "@") else f"{owner}.{zone}"
        for rrtype, source in ways.items():
            draft.record(name, [rrtype], account, source, options=options)


def _account(draft: Draft, conf: Mapping[str, Tree], named: str, zone: str) -> Account | None:
    """Return the account of a domain, `None` where it cannot be carried over."""
    host = named.lower().replace("-", "")
    if host == "cloudflare":
        return _cloudflare(draft, conf, zone)
    if host not in _KINDS:
        draft.leave(named, _WHY_NOT.get(host, "there is no provider for it"))
        return None
    kind, secrets, settings = _KINDS[host]
    kept = {name: _secret(conf, key) for name, key in secrets.items()}
    told: dict[str, Any] = {
        name: key[1:] if key.startswith("=") else text(conf.get(key)) for name, key in settings.items()
    }
    if host == "strato" and not told["user"]:
        told["user"] = zone  # Strato's dynamic DNS knows a domain by its name
    if missing := [name for name, value in {**kept, **told}.items() if not value]:
        draft.leave(named, f"{' and '.join(missing)} of `{kind}` cannot be told from it")
        return None
    return draft.account(kind, told, {**kept, **_proxy(conf)}, zone)


def _cloudflare(draft: Draft, conf: Mapping[str, Tree], zone: str) -> Account | None:
    if token := _secret(conf, "login_token"):
        return draft.account("cloudflare", {}, {"token": token, **_proxy(conf)}, zone)
    if key := _secret(conf, "password"):
        return draft.account(
            "cloudflare", {"email": text(conf.get("email"))}, {"key": key, **_proxy(conf)}, zone
        )
    draft.leave("Cloudflare", "there is no token and no key in it")
    return None


def _secret(conf: Mapping[str, Tree], key: str) -> str:
    """Return a secret, or the file in which it stands."""
    path = text(conf.get(f"{key}_file"))
    return Elsewhere(f"file:{path}") if path else text(conf.get(key))


def _proxy(conf: Mapping[str, Tree]) -> dict[str, str]:
    where = text(conf.get("socks5_proxy"))
    if not where or not is_true(conf.get("use_proxy")):
        return {}
    return {"proxy": where if "://" in where else f"socks5://{where}"}
