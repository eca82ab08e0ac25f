"""The services that speak dyndns2, and how each wants it: data for `dyndns2`, and for the kinds whose host is one of them.

A `source` is the service's own page; where there is none, the service is known from what other clients send it
(inadyn, ddclient, OpenWrt's ddns-scripts, FreshTomato). Those have the protocol's own ways where nothing else is known:
each family in a request of its own, and one host in each.
"""

from __future__ import annotations

from homeport.providers._dyndns2 import IPv6, Names, Service
from homeport.wire.dyndns2 import Word

_EASY = {
    "noerror": Word.GOOD,
    "noaccess": Word.BADAUTH,
    "no_auth": Word.BADAUTH,
    "noservice": Word.NOHOST,
    "illegal": Word.NOTFQDN,
    "toosoon": Word.EMERGENCY,
}
_NUMBERS = {"200": Word.GOOD, "successful": Word.GOOD, "401": Word.BADAUTH}


def _as_usual(place: str, ipv6: IPv6 = "separate") -> Service:
    """Return a service to which other clients send what the protocol says."""
    return Service(f"https://{place}", ipv6, most=1)


SERVICES: dict[str, Service] = {
    "3322": Service("https://members.3322.org/dyndns/update"),
    "all-inkl": _as_usual("dyndns.kasserver.com/"),
    "apertodns": _as_usual("api.apertodns.com/nic/update"),
    "changeip": Service(
        "https://nic.changeip.com/nic/update", "none", most=1, words=_NUMBERS, names=Names(v4="ip")
    ),
    "desec": Service(
        "https://update.dedyn.io/",
        "myipv6",
        keep="preserve",
        most=1,
        apart=60,
        delete="empty",
        source="https://desec.readthedocs.io/en/latest/dyndns/update-api.html",
    ),
    "dnshome": Service("https://www.dnshome.de/dyndns.php", "myipv6", most=1, names=Names(v4="ip", v6="ip6")),
    "dnsomatic": Service(
        "https://updates.dnsomatic.com/nic/update",
        "separate",
        source="https://updates.dnsomatic.com/docs/api",
    ),
    "do.de": Service(
        "https://ddns.do.de/", "separate", most=1, source="https://do.de/wiki/flexdns-einrichtung"
    ),
    "domeneshop": Service("https://api.domeneshop.no/v0/dyndns/update", words={"": Word.GOOD}, most=1),
    "domopoli": _as_usual("dyndns.domopoli.de/nic/update"),
    "dy.fi": Service(  # it takes the connection's address alone, and forgets a host after seven days
        "https://www.dy.fi/nic/update", "none", source="https://dy.fi/page/specification?lang=en"
    ),
    "dyn": Service(
        "https://members.dyndns.org/nic/update",
        source="https://help.dyn.com/remote-access-api/perform-update/",
    ),
    "dyndns.it": _as_usual("update.dyndns.it/nic/update?system=dyndns", "none"),
    "dynu": Service(
        "https://api.dynu.com/nic/update",
        "myipv6",
        keep="no",
        most=1,
        words={"servererror": Word.EMERGENCY, "unknown": Word.BADSYS},
        source="https://www.dynu.com/DynamicDNS/IP-Update-Protocol",
    ),
    "dynv6": Service("https://dynv6.com/nic/update", "none", most=1, source="https://dynv6.com/docs/apis"),
    "dynway": _as_usual("dynupdate.wayscloud.services/nic/update"),
    "easydns": Service(
        "https://api.cp.easydns.com/dyn/tomato.php",
        "separate",
        most=1,
        apart=600,
        words=_EASY,
        source="https://kb.easydns.com/knowledge/dynamic-dns/",
    ),
    "eurodns": _as_usual("update.eurodyndns.org/update/"),
    "feste-ip": Service("https://members.feste-ip.net/nic/update", "myipv6", most=1, names=Names(v6="myip2")),
    "freedyn": Service(
        "https://ipv4.api.freedyn.de/nic/update",
        "myipv6",
        most=1,
        names=Names(v6="myip2"),
        source="https://freedyn.de/dyndnsapi.php",
    ),
    "he": Service("https://dyn.dns.he.net/nic/update", "separate", most=1),
    "hosting.de": _as_usual("ddns.hosting.de/nic/update"),
    "infomaniak": _as_usual("infomaniak.com/nic/update"),
    "inwx": Service("https://dyndns.inwx.com/nic/update", "myipv6", most=1),
    "ipv64": Service(  # without `output` it answers JSON, which the `ipv64` provider understands as well
        "https://ipv64.net/nic/update?output=min",
        "myipv6",
        most=1,
        apart=4,  # three requests in ten seconds
        words={"updateintervall": Word.EMERGENCY, "overcommited": Word.EMERGENCY},
        source="https://ipv64.net/dyndns_updater_api",
    ),
    "itsdns": _as_usual("www.itsdns.de/update.php"),
    "joker": _as_usual("svc.joker.com/nic/update", "none"),
    "loopia": Service("https://dyndns.loopia.se/", "separate"),
    "myonlineportal": Service(
        "https://myonlineportal.net/updateddns", "myipv6", most=1, names=Names(v4="ip", v6="ip6")
    ),
    "noip": Service(
        "https://dynupdate.no-ip.com/nic/update", source="https://www.noip.com/integrate/request"
    ),
    "now-dns": _as_usual("now-dns.com/update"),
    "nsupdate.info": Service(
        "https://ipv4.nsupdate.info/nic/update",
        "separate",
        most=1,
        delete="/nic/delete",
        source="https://github.com/nsupdate-info/nsupdate.info/blob/v0.10.0/docs/standards.rst",
    ),
    "opendns": _as_usual("updates.opendns.com/nic/update", "none"),
    "oray": _as_usual("ddns.oray.com/ph/update", "none"),
    "ovh": Service("https://www.ovh.com/nic/update?system=dyndns", "separate", most=1),
    "pairdomains": _as_usual("dynamic.pairdomains.com/nic/update", "none"),
    "schokokeks": _as_usual("dyndns.schokokeks.org/nic/update"),
    "selfhost": Service("https://carol.selfhost.de/nic/update", "separate"),
    "simply": Service(
        "https://api.simply.com/2/ddns/", "separate", most=1, source="https://www.simply.com/en/docs/api/"
    ),
    "spdyn": Service(
        "https://update.spdyn.de/nic/update",
        most=1,
        source="https://wiki.securepoint.de/index.php?title=SPDyn/Parameter&uselang=en",
    ),
    "strato": Service("https://dyndns.strato.com/nic/update"),
    "tunnelbroker": Service(  # its hosts are tunnels: tunnelNUMBER.tunnelbroker.net
        "https://ipv4.tunnelbroker.net/nic/update",
        "none",
        most=1,
        source="https://forums.he.net/index.php?topic=1994.msg11842",
    ),
    "twodns": Service("https://update.twodns.de/update", "none", most=1, names=Names(v4="ip")),
    "udmedia": _as_usual("www.udmedia.de/nic/update"),
    "variomedia": Service(
        "https://dyndns.variomedia.de/nic/update", most=1, source="https://dyndns.variomedia.de"
    ),
    "xlhost": _as_usual("nsupdate.xlhost.de/nic/update", "none"),
}
