"""Who tells a caller its address, as tables: where they are asked, over which families, and how they answer.

Who runs a service and in which camp it stands follows from its host name (`homeport.model.operator`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from homeport.model.address import Family
from homeport.wire import dns

V4, V6 = Family.V4, Family.V6


@dataclass(frozen=True, slots=True)
class Format:
    """How an HTTP answer holds an address.

    Attributes:
        shape: a regular expression of the whole answer; its one group is the address.
        distrusted: a regular expression of what stands in an answer that must not be believed.
        because: why not, read after "answered".
    """

    shape: str
    distrusted: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Echo:
    """One web service.

    Attributes:
        urls: one for each family it serves; what follows `https://` is asked in that family alone.
        format: `None` is one address and nothing else.
    """

    urls: Mapping[Family, str]
    format: Format | None = None


# fl=..., h=<the host asked>, ip=<the caller>, ts=..., and so on, a line each
_TRACE = Format(
    r"(?:[a-z_]+=.*\n)*?h=(?:1\.1\.1\.1|\[2606:4700:4700::1111\])\n(?:[a-z_]+=.*\n)*?ip=(\S+)\n(?:[a-z_]+=.*\n?)*",
    r"(?m)^(?:warp=(?:on|plus)|gateway=on)$",
    "that it was asked through Cloudflare WARP, whose address is not this machine's",
)
_SENTENCE = Format(r"当前 IP[：:]\s*(\S+)\s+来自于[：:].*")
_CURRENT = Format(r"(?s)<html>.*<body>\s*Current IP Address: ([0-9a-fA-F.:]+)\s*</body>\s*</html>")
_CALLBACK = Format(r'callback\(\{"ip":"([^"]+)"[^{}]*\}\);?')

ECHOES: Mapping[str, Echo] = {
    # worldwide
    "akamai": Echo({V4: "http://ipv4.whatismyip.akamai.com/", V6: "http://ipv6.whatismyip.akamai.com/"}),
    "aws": Echo({V4: "https://checkip.amazonaws.com/", V6: "https://checkip.global.api.aws/"}),
    "cloudflare": Echo(
        {V4: "https://1.1.1.1/cdn-cgi/trace", V6: "https://[2606:4700:4700::1111]/cdn-cgi/trace"}, _TRACE
    ),
    "desec": Echo({V4: "https://checkipv4.dedyn.io/", V6: "https://checkipv6.dedyn.io/"}),
    "dyndns": Echo({V4: "http://checkip.dyndns.com/"}, _CURRENT),
    "icanhazip": Echo({V4: "https://ipv4.icanhazip.com/", V6: "https://ipv6.icanhazip.com/"}),
    "ident.me": Echo({V4: "https://v4.ident.me/", V6: "https://v6.ident.me/"}),
    "ifconfig.co": Echo({V4: "https://ifconfig.co/ip", V6: "https://ifconfig.co/ip"}),
    "ifconfig.me": Echo({V4: "https://ifconfig.me/ip", V6: "https://ifconfig.me/ip"}),
    "ip.sb": Echo({V4: "https://api-ipv4.ip.sb/ip", V6: "https://api-ipv6.ip.sb/ip"}),
    "ipify": Echo({V4: "https://api.ipify.org/", V6: "https://api6.ipify.org/"}),
    "ipinfo": Echo({V4: "https://ipinfo.io/ip", V6: "https://v6.ipinfo.io/ip"}),
    "myip.la": Echo({V4: "https://v4.myip.la/", V6: "https://v6.myip.la/"}),
    "no-ip": Echo({V4: "http://ip1.dynupdate.no-ip.com/", V6: "http://ip1.dynupdate6.no-ip.com/"}),
    "nsupdate": Echo({V4: "https://ipv4.nsupdate.info/myip", V6: "https://ipv6.nsupdate.info/myip"}),
    "opendns": Echo({V4: "https://diagnostic.opendns.com/myip"}),
    "seeip": Echo({V4: "https://ipv4.seeip.org/", V6: "https://ipv6.seeip.org/"}),
    "test-ipv6": Echo(
        {V4: "https://ipv4.lookup.test-ipv6.com/ip/", V6: "https://ipv6.lookup.test-ipv6.com/ip/"}, _CALLBACK
    ),
    "wtfismyip": Echo({V4: "https://ipv4.text.wtfismyip.com/", V6: "https://ipv6.text.wtfismyip.com/"}),
    # mainland China
    "3322": Echo({V4: "https://ip.3322.net/"}),
    "dnspod": Echo({V4: "https://ipv4.ddnspod.com/", V6: "https://ipv6.ddnspod.com/"}),
    "ipip": Echo({V4: "https://myip.ipip.net/"}, _SENTENCE),
    "ipw": Echo({V4: "https://4.ipw.cn/", V6: "https://6.ipw.cn/"}),
    "neu6": Echo({V6: "https://speed.neu6.edu.cn/getIP.php"}),
    "oray": Echo({V4: "https://ddns.oray.com/checkip"}, _CURRENT),
}
"""Web services by the name that `service` of `http_echo` takes."""


@dataclass(frozen=True, slots=True)
class Whoami:
    """One DNS server that answers a question about its asker.

    Attributes:
        types: what is asked over each family it serves.
        servers: addresses, over UDP, TCP and TLS; one that is asked for nothing else is never looked up.
        tls_name: whom the certificate must name, empty where DNS over TLS is not served.
        urls: of DNS over HTTPS, where it is served.
        is_authoritative: it serves the name itself, so that an answer without authority is somebody else's.
    """

    name: str
    types: Mapping[Family, dns.Type]
    servers: Mapping[Family, str]
    rrclass: int = dns.IN
    tls_name: str = ""
    urls: Mapping[Family, str] = field(default_factory=dict)
    is_authoritative: bool = False

    @property
    def protocols(self) -> tuple[str, ...]:
        """What of `udp`, `tcp`, `tls` and `https` it speaks."""
        return ("udp", "tcp", *(("tls",) if self.tls_name else ()), *(("https",) if self.urls else ()))


_ADDRESS = {V4: dns.Type.A, V6: dns.Type.AAAA}
_TEXT = {V4: dns.Type.TXT, V6: dns.Type.TXT}

WHOAMI: Mapping[str, Whoami] = {
    "akamai": Whoami(
        "whoami.akamai.net", {V4: dns.Type.A}, {V4: "ns1-1.akamaitech.net"}, is_authoritative=True
    ),
    "cloudflare": Whoami(
        "whoami.cloudflare",
        _TEXT,
        {V4: "1.1.1.1", V6: "2606:4700:4700::1111"},
        dns.CH,
        "one.one.one.one",
        {V4: "https://1.1.1.1/dns-query", V6: "https://[2606:4700:4700::1111]/dns-query"},
    ),
    "google": Whoami(
        "o-o.myaddr.l.google.com",
        _TEXT,
        {V4: "216.239.32.10", V6: "2001:4860:4802:32::a"},
        is_authoritative=True,
    ),
    "opendns": Whoami(
        "myip.opendns.com",
        _ADDRESS,
        {V4: "208.67.222.222", V6: "2620:119:35::35"},
        tls_name="dns.opendns.com",
        urls={V4: "https://doh.opendns.com/dns-query", V6: "https://doh.opendns.com/dns-query"},
    ),
    "quad9": Whoami(
        "whatismyip.on.quad9.net",
        _ADDRESS,
        {V4: "9.9.9.9", V6: "2620:fe::fe"},
        tls_name="dns.quad9.net",
        urls={V4: "https://dns.quad9.net/dns-query", V6: "https://dns.quad9.net/dns-query"},
    ),
}
"""DNS servers by the name that `server` of `dns_echo` takes."""

STUN: Mapping[str, str] = {
    "bilibili": "stun.chat.bilibili.com:3478",
    "cloudflare": "stun.cloudflare.com:3478",
    "google": "stun.l.google.com:19302",
    "miwifi": "stun.miwifi.com:3478",
    "nextcloud": "stun.nextcloud.com:3478",
    "sipgate": "stun.sipgate.net:3478",
    "syncthing": "stun.syncthing.net:3478",
}
"""STUN servers by the name that `server` of `stun` takes."""
