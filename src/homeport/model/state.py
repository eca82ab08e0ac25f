"""What the server keeps, as it is now: a base, and every delta since. The one place that says what an op does."""

from __future__ import annotations

from homeport.model.directory import (
    Base,
    Bind,
    Delta,
    DropHost,
    DropToken,
    DropZone,
    Op,
    PutHost,
    PutToken,
    PutZone,
)

EMPTY = Base(0, {}, {}, {}, {})


class State:
    """Zones, hosts, bindings and tokens at one revision; unlike the values of this room it changes.

    Attributes:
        changed: the revision at which each binding was last replaced.
    """

    def __init__(self, base: Base = EMPTY) -> None:
        self.load(base)

    def load(self, base: Base) -> None:
        """Become what `base` says, whatever was here before."""
        self.revision = base.revision
        self.zones = dict(base.zones)
        self.hosts = dict(base.hosts)
        self.bindings = dict(base.bindings)
        self.changed = dict(base.changed)
        self.tokens = dict(base.tokens)

    def base(self) -> Base:
        """Return everything as it stands; what comes later changes nothing of it."""
        return Base(
            self.revision,
            dict(self.zones),
            dict(self.hosts),
            dict(self.bindings),
            dict(self.tokens),
            dict(self.changed),
        )

    def apply(self, delta: Delta) -> None:
        """Become what the store was after `delta`, the one after this revision."""
        for op in delta.ops:
            self._apply(op, delta.revision)
        self.revision = delta.revision

    def _apply(self, op: Op, revision: int) -> None:
        match op:
            case Bind(name, binding):
                self.bindings[name] = binding
                self.changed[name] = revision
            case PutHost(host):
                self.hosts[host.name] = host
            case DropHost(name):
                for table in (self.hosts, self.bindings, self.changed):
                    table.pop(name, None)
            case PutToken(token):
                self.tokens[token.id] = token
            case DropToken(token_id):
                self.tokens.pop(token_id, None)
            case PutZone(zone):
                self.zones[zone.name] = zone
            case DropZone(name):
                self.zones.pop(name, None)
