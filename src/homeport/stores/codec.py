"""Operations and deltas as JSON: in the log of a store, and on the way to followers in other processes."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

from homeport.model.address import IPAddress
from homeport.model.directory import (
    Bind,
    Binding,
    Delta,
    DropHost,
    DropToken,
    DropZone,
    Host,
    NameServer,
    Op,
    PutHost,
    PutToken,
    PutZone,
    Token,
    Zone,
)
from homeport.model.name import Fqdn

Json = Mapping[str, Any]


def fqdn(text: str) -> Fqdn:
    """Read a name that was a name when it was written; the labels that a zone's hosts share are one object."""
    first, _, rest = text.partition(".")
    return Fqdn((first, *_labels(rest))) if rest else Fqdn((first,))


@lru_cache(maxsize=4096)
def _labels(text: str) -> tuple[str, ...]:
    return tuple(text.split("."))


def address(text: str) -> IPAddress:
    """Read an address that was one when it was written; several times faster than `ip_address`.

    Raises:
        OSError: it is none.
    """
    if ":" in text:
        return IPv6Address(int.from_bytes(inet_pton(AF_INET6, text), "big"))
    return IPv4Address(int.from_bytes(inet_pton(AF_INET, text), "big"))


def write_binding(binding: Binding) -> dict[str, Any]:
    return {"addresses": addresses(binding), "texts": list(binding.texts)}


def addresses(binding: Binding) -> list[str]:
    """Return a binding's addresses in one order, so that equal bindings are equal text."""
    if len(binding.addresses) == 1:
        return [str(address) for address in binding.addresses]
    return [str(a) for a in sorted(binding.addresses, key=lambda a: (a.version, int(a)))]


def read_binding(value: Json) -> Binding:
    return Binding(frozenset(map(address, value["addresses"])), tuple(value.get("texts", ())))


def write_zone(zone: Zone) -> dict[str, Any]:
    servers = [{"name": str(ns.name), "addresses": list(map(str, ns.addresses))} for ns in zone.nameservers]
    return {"name": str(zone.name), "nameservers": servers, "ttl": zone.ttl, "from_file": zone.from_file}


def read_zone(value: Json) -> Zone:
    servers = tuple(
        NameServer(fqdn(ns["name"]), tuple(map(address, ns["addresses"]))) for ns in value["nameservers"]
    )
    return Zone(fqdn(value["name"]), servers, int(value["ttl"]), bool(value["from_file"]))


def write_host(host: Host) -> dict[str, Any]:
    return {
        "name": str(host.name),
        "public_only": host.public_only,
        "allow_private": host.allow_private,
        "created_at": host.created_at,
    }


def read_host(value: Json) -> Host:
    return Host(
        fqdn(value["name"]),
        bool(value["public_only"]),
        bool(value["allow_private"]),
        float(value["created_at"]),
    )


def write_token(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "hosts": sorted(map(str, token.hosts)),
        "digest": token.digest and b64encode(token.digest).decode(),
        "sealed": token.sealed and b64encode(token.sealed).decode(),
        "label": token.label,
        "created_at": token.created_at,
    }


def read_token(value: Json) -> Token:
    digest, sealed = value.get("digest"), value.get("sealed")
    return Token(
        str(value["id"]),
        frozenset(map(fqdn, value["hosts"])),
        b64decode(digest) if digest else None,
        b64decode(sealed) if sealed else None,
        str(value["label"]),
        float(value["created_at"]),
    )


def write_op(op: Op) -> dict[str, Any]:  # noqa: PLR0911 -- one case for each operation
    match op:
        case Bind(name, binding):
            return {"op": "bind", "name": str(name), **write_binding(binding)}
        case PutHost(host):
            return {"op": "put_host", **write_host(host)}
        case DropHost(name):
            return {"op": "drop_host", "name": str(name)}
        case PutZone(zone):
            return {"op": "put_zone", **write_zone(zone)}
        case DropZone(name):
            return {"op": "drop_zone", "name": str(name)}
        case PutToken(token):
            return {"op": "put_token", **write_token(token)}
        case DropToken(token_id):
            return {"op": "drop_token", "id": token_id}


def read_op(value: Json) -> Op:  # noqa: PLR0911 -- one case for each operation
    """Read what `write_op` wrote.

    Raises:
        ValueError: an operation this version does not know.
    """
    match value["op"]:
        case "bind":
            return Bind(fqdn(value["name"]), read_binding(value))
        case "put_host":
            return PutHost(read_host(value))
        case "drop_host":
            return DropHost(fqdn(value["name"]))
        case "put_zone":
            return PutZone(read_zone(value))
        case "drop_zone":
            return DropZone(fqdn(value["name"]))
        case "put_token":
            return PutToken(read_token(value))
        case "drop_token":
            return DropToken(str(value["id"]))
        case other:
            raise ValueError(f"not an operation of this version: {other!r}")


def write_delta(delta: Delta) -> dict[str, Any]:
    origin = delta.origin
    return {
        "revision": delta.revision,
        "at": delta.at,
        "ops": list(map(write_op, delta.ops)),
        "origin": {
            "via": origin.via,
            "token": origin.token,
            "source": origin.source,
            "trace": origin.trace,
        },
    }


def names_of(ops: Sequence[Op]) -> list[str]:
    """Return the hosts that some operations touch, each once."""
    touched = (_host(op) for op in ops)
    return list(dict.fromkeys(name for name in touched if name))


def _host(op: Op) -> str:
    match op:
        case Bind(name) | DropHost(name):
            return str(name)
        case PutHost(host):
            return str(host.name)
        case _:
            return ""
