"""Who answers under a host name, and in which camp: two servers of one operator are one witness."""

from __future__ import annotations

from ipaddress import ip_address

MAINLAND, WORLDWIDE = "mainland", "worldwide"
"""The two camps: a proxy that divides traffic by lists carries the way to one and not to the other."""

# Second-level labels under which country registries sell names; enough to tell operators apart, not a suffix list.
_REGISTRY_LABELS = frozenset({"ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "nom", "or", "org"})
# Hosts that are run by the operator of another domain: domains, and addresses of well-known resolvers.
_RUN_BY = {
    **dict.fromkeys(
        ("icanhazip.com", "cloudflare-dns.com", "one.one", "1.1.1.1", "1.0.0.1"), "cloudflare.com"
    ),
    **dict.fromkeys(("2606:4700:4700::1111", "2606:4700:4700::1001"), "cloudflare.com"),
    **dict.fromkeys(("dns.google", "8.8.8.8", "8.8.4.4"), "google.com"),
    **dict.fromkeys(("2001:4860:4860::8888", "2001:4860:4860::8844"), "google.com"),
    **dict.fromkeys(("216.239.32.10", "2001:4860:4802:32::a"), "google.com"),
    **dict.fromkeys(("9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9"), "quad9.net"),
    **dict.fromkeys(("umbrella.com", "208.67.222.222", "208.67.220.220"), "opendns.com"),
    **dict.fromkeys(("2620:119:35::35", "2620:119:53::53"), "opendns.com"),
    **dict.fromkeys(("akamai.net", "akamaitech.net", "akam.net"), "akamai.com"),
    **dict.fromkeys(("3322.org", "pubyun.com"), "3322.net"),
    **dict.fromkeys(("223.5.5.5", "223.6.6.6", "2400:3200::1", "2400:3200:baba::1"), "alidns.com"),
    **dict.fromkeys(("ddnspod.com", "dnspod.com", "doh.pub", "dot.pub", "119.29.29.29"), "dnspod.cn"),
    "114.114.114.114": "114dns.com",
    "180.76.76.76": "baidu.com",
    "api.aws": "amazonaws.com",
    "dedyn.io": "desec.io",
    "dyndns.org": "dyndns.com",
    "noip.com": "no-ip.com",
    "tnedi.me": "ident.me",
}
_CAMPS = {
    **dict.fromkeys(
        (
            *("114dns.com", "126.net", "163.com", "3322.net", "alidns.com", "aliyun.com", "aliyuncs.com"),
            *("baidu.com", "bilibili.com", "cdnbye.com", "cip.cc", "hitv.com", "ip138.com", "ipip.net"),
            *("miwifi.com", "myqcloud.com", "oray.com", "qq.com", "taobao.com", "xiaomi.com", "zxinc.org"),
        ),
        MAINLAND,
    ),
    **dict.fromkeys(
        (
            *("afraid.org", "akamai.com", "amazonaws.com", "cloudflare.com", "desec.io", "dyndns.com"),
            *("google.com", "he.net", "ident.me", "ifconfig.co", "ifconfig.io", "ifconfig.me", "ip-api.com"),
            *("ip.sb", "ipecho.net", "ipify.org", "ipinfo.io", "mozilla.com", "my-ip.io", "myip.com"),
            *("myip.la", "nextcloud.com", "no-ip.com", "nsupdate.info", "opendns.com", "quad9.net"),
            *("seeip.org", "sipgate.net", "stunprotocol.org", "syncthing.net", "test-ipv6.com"),
            *("twilio.com", "wtfismyip.com"),
        ),
        WORLDWIDE,
    ),
}


def operator_of(host: str, port: int) -> str:
    """Return who runs `host`: its registrable domain, or the one that its operator is known by.

    For an address or a single label that nobody knows it is host and port. `host` may be an IPv6 address in
    brackets or bare.
    """
    bare = host.strip("[]").rstrip(".").lower()
    labels = bare.split(".")
    if _is_address(bare) or len(labels) == 1:
        return _RUN_BY.get(bare) or (f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}")
    by_country = len(labels[-1]) == 2 and labels[-2] in _REGISTRY_LABELS
    domain = ".".join(labels[-3 if by_country else -2 :])
    return _RUN_BY.get(domain, domain)


def camp_of(operator: str) -> str:
    """Return the camp of an operator: `MAINLAND`, `WORLDWIDE`, or nothing when it is not known.

    Whatever is below `.cn` is mainland: the lists that divide traffic say so.
    """
    return _CAMPS.get(operator, MAINLAND if operator.endswith(".cn") else "")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
