"""Operations as SQL, and the tables as values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from homeport.model.directory import (
    Base,
    Bind,
    Binding,
    Delta,
    DropHost,
    DropToken,
    DropZone,
    Host,
    Origin,
    PutHost,
    PutToken,
    PutZone,
    Stamp,
    Token,
    Zone,
)
from homeport.model.name import Fqdn
from homeport.stores import codec

COMMIT_ROWS = "INSERT INTO commits (rows) VALUES (?)"
READ_LOG = "SELECT revision, at, via, token, source, trace, ops FROM log"
OtherOp = PutZone | DropZone | PutHost | DropHost | PutToken | DropToken


_TEXTS = msgspec.json.Decoder(list[str])


def _compact(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def statements(op: OtherOp) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the SQL of one operation that is not a Bind: those are written with their commit's row."""
    match op:
        case PutZone(zone):
            servers = _compact(codec.write_zone(zone)["nameservers"])
            yield (
                "INSERT OR REPLACE INTO zones VALUES (?, ?, ?, ?)",
                (str(zone.name), zone.ttl, zone.from_file, servers),
            )
        case DropZone(name):
            yield "DELETE FROM zones WHERE name = ?", (str(name),)
        case PutHost(host):
            flags = (host.public_only, host.allow_private)
            yield (
                "INSERT OR REPLACE INTO hosts VALUES (?, ?, ?, ?)",
                (str(host.name), *flags, host.created_at),
            )
        case DropHost(name):
            yield "DELETE FROM hosts WHERE name = ?", (str(name),)
            yield "DELETE FROM bindings WHERE name = ?", (str(name),)
        case PutToken(token):
            hosts = _compact(sorted(map(str, token.hosts)))
            row = (token.id, hosts, token.digest, token.sealed, token.label, token.created_at)
            yield "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?, ?)", row
        case DropToken(token_id):
            yield "DELETE FROM tokens WHERE id = ?", (token_id,)
            yield "DELETE FROM signed WHERE token = ?", (token_id,)


def bind(op: Bind, revision: int) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of a Bind between operations of other kinds, whose order matters."""
    row = (str(op.name), revision, _compact(codec.addresses(op.binding)), _compact(op.binding.texts))
    return "INSERT OR REPLACE INTO bindings VALUES (?, ?, ?, ?)", row


def commit_row(delta: Delta, stamp: Stamp | None, *, binds: bool) -> tuple[Any, ...]:
    """Return the row of one commit.

    Args:
        binds: its Binds are applied with it.
    """
    origin = delta.origin
    signed = None if stamp is None else (stamp.token, stamp.timestamp, stamp.nonce)
    ops = [codec.write_op(op) for op in delta.ops]
    return (
        delta.revision,
        delta.at,
        origin.via,
        origin.token,
        origin.source,
        origin.trace,
        ops,
        binds,
        signed,
    )


def delta(row: tuple[Any, ...]) -> Delta:
    revision, at, via, token, source, trace, ops = row
    return Delta(revision, at, tuple(map(codec.read_op, json.loads(ops))), Origin(via, token, source, trace))


def revision(db: sqlite3.Connection) -> int:
    """Return the newest revision, 0 for a new database."""
    return int(db.execute("SELECT coalesce(max(revision), 0) FROM log").fetchone()[0])


def floor(db: sqlite3.Connection) -> int:
    """Return the revision after which every delta is still kept."""
    found = db.execute("SELECT min(revision) FROM log").fetchone()[0]
    return 0 if found is None else int(found) - 1


def zone(row: tuple[Any, ...]) -> Zone:
    name, ttl, from_file, servers = row
    return codec.read_zone(
        {"name": name, "ttl": ttl, "from_file": from_file, "nameservers": json.loads(servers)}
    )


def host(row: tuple[Any, ...]) -> Host:
    return Host(codec.fqdn(row[0]), bool(row[1]), bool(row[2]), float(row[3]))


def token(row: tuple[Any, ...]) -> Token:
    token_id, hosts, digest, sealed, label, created_at = row
    return Token(
        token_id, frozenset(map(codec.fqdn, json.loads(hosts))), digest, sealed, label, float(created_at)
    )


def binding(row: tuple[Any, ...]) -> tuple[Fqdn, int, Binding]:
    name, changed, addresses, texts = row
    found = frozenset(map(codec.address, _TEXTS.decode(addresses)))
    return (
        codec.fqdn(name),
        int(changed),
        Binding(found, () if texts == "[]" else tuple(_TEXTS.decode(texts))),
    )


READERS: dict[str, tuple[str, Callable[[tuple[Any, ...]], Any]]] = {
    "zones": ("SELECT name, ttl, from_file, nameservers FROM zones ORDER BY name", zone),
    "hosts": ("SELECT name, public_only, allow_private, created_at FROM hosts ORDER BY name", host),
    "tokens": ("SELECT id, hosts, digest, sealed, label, created_at FROM tokens ORDER BY id", token),
    "bindings": ("SELECT name, revision, addresses, texts FROM bindings ORDER BY name", binding),
}


def read(db: sqlite3.Connection, table: str) -> Iterator[Any]:
    """Yield one table as values."""
    query, reader = READERS[table]
    yield from map(reader, db.execute(query))


def base(db: sqlite3.Connection) -> Base:
    """Read everything at one revision; the caller holds a transaction."""
    hosts = {found.name: found for found in read(db, "hosts")}
    names = {name: name for name in hosts}  # a host's binding is kept under the same object
    bindings: dict[Fqdn, Binding] = {}
    changed: dict[Fqdn, int] = {}
    for name, at, found in read(db, "bindings"):
        same = names.get(name, name)
        bindings[same] = found
        changed[same] = at
    return Base(
        revision(db),
        {found.name: found for found in read(db, "zones")},
        hosts,
        bindings,
        {found.id: found for found in read(db, "tokens")},
        changed,
    )


def json_rows(rows: Sequence[Any]) -> str:
    """Return rows as the one parameter of a batch statement."""
    return msgspec.json.encode(rows).decode()
