"""How an address was learned elsewhere, as an address source of ours.

Where another program asks a service that everybody knows, ours asks several that must agree, which is what `auto`
is; a service of somebody's own is kept, and believed alone as it was before.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from homeport.config.importing.moved import Draft
from homeport.config.models import AUTO
from homeport.detectors._services import ECHOES
from homeport.errors import PeerError
from homeport.model.rrset import RRType
from homeport.net.target import Target

_SHELLS = {"win32": ["powershell", "-NoProfile", "-Command"]}
_KNOWN = frozenset(
    {
        *(Target.parse(url).host for echo in ECHOES.values() for url in echo.urls.values()),
        # what the other programs ask by themselves
        *("myip4.ipip.net", "ip4.ddnspod.com", "v4.yinghualuo.cn", "v6.yinghualuo.cn", "myip6.ipip.net"),
        *("v4.myip.la", "ip.3322.org", "api-ipv4.ip.sb", "ipv4.ip.sb", "api64.ipify.org", "api4.ipify.org"),
        *("checkip.dyndns.org", "checkip.dynu.com", "domains.google.com", "infomaniak.com", "dns.loopia.se"),
        *("freedns.afraid.org", "api.freedns.afraid.org", "myip.dnsomatic.com", "ip1.dynupdate.no-ip.com"),
        *(
            "nsupdate.info",
            "checkipv4.spdyn.de",
            "checkip.spdyn.de",
            "checkip.two-dns.de",
            "checkip.zoneedit.com",
        ),
        *("myonlineportal.net", "ipecho.net", "icanhazip.com", "ip.sb", "ident.me", "ifconfig.io", "ipw.cn"),
        *("ip4.seeip.org", "v4.ident.me", "ipv6-test.com", "v6.ip.zxinc.org", "ipinfo.io", "ip6.seeip.org"),
        *("api.ip.sb", "api-ipv6.ip.sb", "myip.biturl.top", "api.myip.la"),
        *("wtfismyip.com", "dns64.cloudflare-dns.com", "1.1.1.1", "cloudflare.com", "www.cloudflare.com"),
    }
)


def of_web(draft: Draft, what: str, urls: Sequence[str]) -> str:
    """Return the source for web services that were asked one after the other until one answered."""
    asked = [url if "://" in url else f"https://{url}" for url in urls]
    sound = [url for url in asked if _is_url(url)]
    for url in asked:
        if url not in sound:
            draft.leave(what, "one of its web services is no URL")
    if all(urlsplit(url).hostname in _KNOWN for url in sound):
        if sound:
            told = ", ".join(sorted({str(urlsplit(url).hostname) for url in sound}))
            draft.change(what, f"it asked {told}; auto asks several services, of which two must agree")
        return AUTO
    draft.change(what, "its web service is believed alone, as it was; with others beside it two must agree")
    return draft.source("web", *({"kind": "http_echo", "url": url} for url in sound), witnesses=1)


def _is_url(url: str) -> bool:
    try:
        Target.parse(url)
    except PeerError:
        return False
    return True


def of_interface(draft: Draft, what: str, name: str, types: Collection[RRType], *, match: str = "") -> str:
    """Return the source for an interface of this machine. Of IPv4 its private addresses were taken as well."""
    detect = {"kind": "interface", "name": name} | ({"match": match} if match else {})
    allows = RRType.A in types
    if allows:
        whose = "this machine" if name == "*" else name
        draft.change(
            what, f"a private address of {whose} is published as well, as it was; `allow_private` says so"
        )
    return draft.source("machine" if name == "*" else name, detect, allow_private=allows)


def of_command(draft: Draft, what: str, command: str) -> str:
    """Return the source for a command line of this machine's shell."""
    shell = _SHELLS.get(sys.platform, ["sh", "-c"])
    draft.change(
        what,
        f"its command runs through `{' '.join(shell)}`; it must print the address alone on a line, for nothing is searched",
    )
    return draft.source("command", {"kind": "command", "run": [*shell, command]})


def of_address(draft: Draft, what: str, address: str) -> str:
    """Return the source for an address that never changes."""
    try:
        given = ip_address(address)
    except ValueError:
        draft.leave(what, "its fixed address is none; auto is used")
        return AUTO
    is_private = not given.is_global
    return draft.source("fixed", {"kind": "static", "address": str(given)}, allow_private=is_private)


def of_router(draft: Draft, what: str) -> str:
    """Return the source for a router whose page was read: ours asks it by UPnP, NAT-PMP or PCP, within `auto`."""
    draft.change(
        what, "it read a router's page; auto asks the router by UPnP, NAT-PMP and PCP, and others beside it"
    )
    return AUTO
