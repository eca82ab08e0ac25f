"""The parameters of update clients: many spellings, one meaning.

Source: measured requests of ddclient, inadyn, FRITZ!Box, OpenWrt, UniFi, Synology, pfSense and Dynu.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Interface

from homeport.control.admission import Wish
from homeport.model.address import IPAddress, parse_address
from homeport.model.name import Fqdn

Words = Mapping[str, str]
_HOSTS = ("hostname", "host", "fqdn", "domain", "domains", "h")
_ADDRESSES = ("myip", "ip", "ip4", "ipv4", "myipv4", "myipv6", "ipv6", "ip6", "myip6", "address")
_NOT_A_HOST = frozenset({"", "yes"})  # old clients send `host=YES`
_LEAVE_ALONE = frozenset({"no", "preserve"})
_OURS = frozenset({"auto"})


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses a request gives.

    Attributes:
        from_connection: none was given, or the connection's is asked for.
    """

    given: tuple[IPAddress, ...] = ()
    from_connection: bool = False

    def wish(self, host: Fqdn, caller: IPAddress | None) -> Wish:
        return Wish(host, self.given, observed=caller if self.from_connection else None)

    def shown(self, caller: IPAddress | None) -> str:
        """Return the addresses as an answer repeats them, IPv4 first."""
        whole = dict.fromkeys([*self.given, *([caller] if self.from_connection and caller else [])])
        return ",".join(map(str, sorted(whole, key=lambda a: a.version)))


def hosts(words: Words, user: str = "", only: Iterable[Fqdn] = ()) -> list[str]:
    """Return the names a request is about, as they were written.

    Without any, a user name that is a host name is meant (UniFi), and else the credential's only host.
    """
    for key in _HOSTS:
        names = [name.strip() for name in words.get(key, "").split(",")]
        if key == "hostname" and words.get("alias"):
            names = [f"{words['alias']}.{names[0]}"]  # Dynu: a host and its zone apart
        if found := [name for name in names if name.lower() not in _NOT_A_HOST]:
            return found
    if "." in user:
        return [user]
    mine = [str(host) for host in only]
    return mine if len(mine) == 1 else []


def host(text: str) -> Fqdn | None:
    """Return a name, `None` for what is none: at least two labels, no wildcard."""
    try:
        name = Fqdn.parse(text)
    except ValueError:
        return None
    return name if len(name.labels) > 1 and "*" not in name.labels else None


def addresses(words: Words) -> Addresses:
    """Return the addresses a request gives; an empty value is not given.

    Raises:
        ValueError: one of them is no address.
    """
    values = [item.strip() for key in _ADDRESSES for item in words.get(key, "").split(",") if item.strip()]
    if not values:
        return Addresses(from_connection=True)
    kept = [item for item in values if item.lower() not in _LEAVE_ALONE]
    given = dict.fromkeys(address(item) for item in kept if item.lower() not in _OURS)
    return Addresses(
        tuple(given), from_connection=len(given) < len(kept) and any(i.lower() in _OURS for i in kept)
    )


def address(text: str) -> IPAddress:
    """Read one address; an IPv6 one may be in brackets, or carry the length of its prefix (FRITZ!Box).

    Raises:
        ValueError: it is none, or it is the network and no address in it.
    """
    bare = text.removeprefix("[").removesuffix("]")
    if "/" not in bare:
        return parse_address(bare)
    interface = IPv6Interface(bare)
    if interface.ip == interface.network.network_address:
        raise ValueError("a prefix is no address")
    return parse_address(str(interface.ip))
