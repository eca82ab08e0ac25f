"""What the server keeps: zones, hosts, bindings and tokens, and the operations that change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from homeport.model.address import Family, IPAddress
from homeport.model.name import Fqdn


@dataclass(frozen=True, slots=True)
class NameServer:
    """A name server of a zone; addresses are its glue when it lies inside the zone."""

    name: Fqdn
    addresses: tuple[IPAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone this server is authoritative for.

    Attributes:
        ttl: seconds, for every record of a host and for negative answers.
        from_file: named in the configuration file, so only the file can remove it.
    """

    name: Fqdn
    nameservers: tuple[NameServer, ...]
    ttl: int = 60
    from_file: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """A machine with a name at this server, and who may point it where.

    Attributes:
        public_only: refuse every address that is not globally reachable.
        allow_private: take a private address even when it was read off the connection.
    """

    name: Fqdn
    public_only: bool = False
    allow_private: bool = False
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Binding:
    """The records a host has now. An empty binding is a host that exists and has no address."""

    addresses: frozenset[IPAddress] = frozenset()
    texts: tuple[str, ...] = ()

    def of(self, family: Family) -> frozenset[IPAddress]:
        return frozenset(address for address in self.addresses if address.version == family)


@dataclass(frozen=True, slots=True)
class Token:
    """A credential: what is stored of it can check a request and cannot make one.

    Attributes:
        digest: SHA-256 of the secret, for Basic and Bearer; `None` for a signed-only token.
        sealed: the secret under AES-GCM by the server's key, for signatures; `None` without signing.
    """

    id: str
    hosts: frozenset[Fqdn]
    digest: bytes | None = field(repr=False, default=None)
    sealed: bytes | None = field(repr=False, default=None)
    label: str = ""
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class PutZone:
    zone: Zone


@dataclass(frozen=True, slots=True)
class DropZone:
    name: Fqdn


@dataclass(frozen=True, slots=True)
class PutHost:
    host: Host


@dataclass(frozen=True, slots=True)
class DropHost:
    """Remove the host and its binding."""

    name: Fqdn


@dataclass(frozen=True, slots=True)
class PutToken:
    token: Token


@dataclass(frozen=True, slots=True)
class DropToken:
    id: str


@dataclass(frozen=True, slots=True)
class Bind:
    """Replace a host's whole binding."""

    name: Fqdn
    binding: Binding


Op = PutZone | DropZone | PutHost | DropHost | PutToken | DropToken | Bind


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked for a commit: for history, never for a decision.

    Attributes:
        via: the protocol (`dyndns2`, `native`, `admin`, ...).
        token: the credential's id, empty for administration.
        source: the address the request came from, empty for administration.
        trace: the W3C trace id, 32 hexadecimal digits, or empty.
    """

    via: str = "admin"
    token: str = ""
    source: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The signature a commit carries, stored with it so that it cannot be replayed after a restart."""

    token: str
    timestamp: int
    nonce: str


@dataclass(frozen=True, slots=True)
class Delta:
    """One committed update: what every follower applies, in order of revision, without gaps."""

    revision: int
    at: float
    ops: tuple[Op, ...]
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class Base:
    """Everything the store holds at one revision: where a follower begins.

    Attributes:
        changed: the revision at which each binding was last replaced.
    """

    revision: int
    zones: Mapping[Fqdn, Zone]
    hosts: Mapping[Fqdn, Host]
    bindings: Mapping[Fqdn, Binding]
    tokens: Mapping[str, Token]
    changed: Mapping[Fqdn, int] = field(default_factory=dict)
