"""The parameters of update clients: many spellings, one meaning.

Source: measured requests of ddclient, inadyn, FRITZ!Box, OpenWrt, UniFi, Synology, pfSense and Dynu.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Interface

import msgspec

from homeport.control.admission import Wish
from homeport.model.address import IPAddress, parse_address
from homeport.model.name import Fqdn

Words = Mapping[str, str]
_HOSTS = ("hostname", "host", "fqdn", "domain", "domains", "h")
_ADDRESSES = frozenset({"myip", "ip", "ip4", "ipv4", "myipv4", "myipv6", "ipv6", "ip6", "myip6", "address"})
_PREFIXES = ("ip6lanprefix", "ipv6prefix", "prefix")
_NOT_A_HOST = frozenset({"", "yes"})  # old clients send `host=YES`
_LEAVE_ALONE = frozenset({"no", "NO", "No", "preserve"})
_ASKED = frozenset({"auto", "AUTO", "Auto"})


class Addresses(msgspec.Struct, frozen=True):
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
        shown = list(self.given)
        if self.from_connection and caller is not None and caller not in shown:
            shown.append(caller)
        if len(shown) > 1:
            shown.sort(key=lambda a: a.version)
        return ",".join(map(str, shown))


def hosts(words: Words, only: Collection[Fqdn] = ()) -> list[str]:
    """Return the names a request is about, as they were written; without any, the credential's only host."""
    for key in _HOSTS:
        if not (value := words.get(key)):
            continue
        names = [name.strip() for name in value.split(",")]
        if key == "hostname" and words.get("alias"):
            names = [f"{words['alias']}.{names[0]}"]  # Dynu: a host and its zone apart
        if found := [name for name in names if name.lower() not in _NOT_A_HOST]:
            return found
    return [str(host) for host in only] if len(only) == 1 else []


@lru_cache(maxsize=65536)
def host(text: str) -> Fqdn | None:
    """Return a name, in any script, `None` for what is none: at least two labels, no wildcard."""
    try:
        name = Fqdn.parse(text if text.isascii() else _a_labels(text))
    except ValueError:
        return None
    return name if len(name.labels) > 1 and "*" not in name.labels else None


def _a_labels(text: str) -> str:
    """Return a name of another script as DNS has it.

    Raises:
        ValueError: IDNA does not allow it.
    """
    import idna

    return idna.encode(text, uts46=True).decode()


def addresses(words: Words) -> Addresses:
    """Return the addresses a request gives; an empty value is not given.

    Raises:
        ValueError: one of them is no address.
    """
    values = [value for key, text in words.items() if text and key in _ADDRESSES for value in text.split(",")]
    given: list[IPAddress] = []
    is_silent, from_connection = True, False
    for value in map(str.strip, values):
        if not value:
            continue
        is_silent = False
        if value in _ASKED:
            from_connection = True
        elif value not in _LEAVE_ALONE and (found := address(value)) not in given:
            given.append(found)
    return Addresses(tuple(given), from_connection or is_silent)


def prefix(words: Words) -> str:
    """Return the prefix of the network behind a router as it was written, empty when none is given."""
    return next((words[key].strip() for key in _PREFIXES if words.get(key)), "")


def address(text: str) -> IPAddress:
    """Read one address; an IPv6 one may be in brackets, or carry the length of its prefix (FRITZ!Box).

    Raises:
        ValueError: it is none, or it is the network and no address in it.
    """
    if ":" not in text:
        return IPv4Address(text)
    bare = text.removeprefix("[").removesuffix("]")
    if "/" not in bare:
        return parse_address(bare)
    interface = IPv6Interface(bare)
    if interface.ip == interface.network.network_address:
        raise ValueError("a prefix is no address")
    return parse_address(bare.partition("/")[0])  # not `interface.ip`, which has lost its zone id
