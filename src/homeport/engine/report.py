"""How everything stands, as plain data: what `status` prints and the page shows, and the exit code it earns."""

from __future__ import annotations

from typing import Any

from homeport.engine.account import Account
from homeport.engine.learn import Learned
from homeport.engine.pause import of_all
from homeport.engine.round import SOME_FAILED, Rounds, common
from homeport.model.ledger import Drift, Entry, Pause, State
from homeport.model.observation import Addresses
from homeport.model.plan import Hold, Intent, Publish
from homeport.model.rrset import RRset, RRsetKey

PAUSED = "paused"
"""The state of an RRset that is left alone, whatever the ledger says of it beside."""


def report(rounds: Rounds, now: float) -> dict[str, Any]:
    """Return addresses and records as plain data; times are unix seconds."""
    return {
        "now": now,
        "addresses": [describe_learned(learned) for _, learned in sorted(rounds.learned.items())],
        "translations": rounds.translations,
        "paused": describe_pause(of_all(rounds.book, now)),
        "records": [
            _described(rounds, account, key) for account in rounds.accounts for key in account.wanted
        ],
        "exit_code": exit_code(rounds),
    }


def describe_learned(learned: Learned) -> dict[str, Any]:
    """Return one verdict and who said what."""
    return {
        "source": learned.source,
        "family": str(learned.family),
        "addresses": _addresses(learned.verdict),
        "why": getattr(learned.verdict, "why", ""),
        "verdict": type(learned.verdict).__name__,
        "lines": [
            {
                "line": one.name,
                "is_up": one.is_up,
                "is_used": one.is_used,
                "since": one.since,
                "next_at": one.next_at,
            }
            for one in learned.lines
        ],
        "witnesses": [
            {
                "witness": one.witness,
                "operator": one.operator,
                "protocol": one.protocol,
                "camp": one.camp,
                "has_vote": one.has_vote,
                "line": one.line,
                "addresses": _addresses(one.observation),
                "why": getattr(one.observation, "why", ""),
            }
            for one in learned.said
        ],
    }


def _described(rounds: Rounds, account: Account, key: RRsetKey) -> dict[str, Any]:
    entry = rounds.book.get(account.name, key)
    servers = [{"server": each, "seconds": took} for each, took in rounds.answered(account, key)]
    if (pause := rounds.pauses.of(key)) is None:
        return describe_entry(entry, account.provider.kind) | {"servers": servers}
    found = describe_entry(entry, account.provider.kind, pause, rounds.would_be(account, key))
    return found | {"servers": servers}


def describe_pause(pause: Pause | None) -> dict[str, Any] | None:
    """Return since when every name is paused and until when; `None` when they are not."""
    return None if pause is None else {"since": pause.since, "until": pause.until}


def describe_entry(
    entry: Entry, kind: str = "", pause: Pause | None = None, would_be: Intent | None = None
) -> dict[str, Any]:
    """Return one RRset: what is published, how that is known, what is wrong, what comes next.

    Of one that is paused: until when, and in `would_be` how it stood when it was paused and what it would be now.
    """
    found = _described_entry(entry, kind)
    if pause is None:
        return found | {"paused_until": None, "would_be": None}
    return found | {
        "state": PAUSED,
        "reason": "",
        "next_attempt": None,
        "paused_until": pause.until,
        "would_be": {
            "state": entry.state.value,
            "rdata": sorted(would_be.rdata) if isinstance(would_be, Publish) else None,
            "why": would_be.why if isinstance(would_be, Hold) else entry.reason,
        },
    }


def _described_entry(entry: Entry, kind: str) -> dict[str, Any]:
    return {
        "name": str(entry.key.name),
        "type": entry.key.type.value,
        "provider": entry.provider,
        "kind": kind,
        "state": entry.state.value,
        "reason": entry.reason,
        "since": entry.since or None,
        "published": _rrset(entry.published),
        "published_at": entry.published_at,
        "verified": entry.proof.value,
        "verified_at": entry.proved_at,
        "visible_after": entry.visible_after,
        "servers": [],
        "failures": entry.failures,
        "next_attempt": entry.next_attempt,
        "given_up": entry.is_given_up,
        "drift": _drift(entry.drift),
    }


def exit_code(rounds: Rounds) -> int:
    """Return 0 when nothing is unfinished, what every unfinished record shares, or else 1."""
    codes = {
        _code(rounds, account, entry)
        for account in rounds.accounts
        for key in account.wanted
        for entry in (rounds.book.get(account.name, key),)
        if entry.state is not State.CURRENT and not rounds.pauses.of(key)
    }
    return common(codes)


def _code(rounds: Rounds, account: Account, entry: Entry) -> int:
    if entry.state in (State.HELD, State.NEW):
        return rounds.code_of_hold(account, account.wanted[entry.key])
    return entry.code or SOME_FAILED


def _addresses(observation: object) -> list[str]:
    return [str(address) for address in observation.found] if isinstance(observation, Addresses) else []


def _drift(drift: Drift | None) -> dict[str, Any] | None:
    """Return what somebody else put in the place of what was published, and when that was found."""
    if drift is None or drift.found_at is None:
        return None
    return {"found": sorted(drift.found), "found_at": drift.found_at}


def _rrset(rrset: RRset | None) -> dict[str, Any] | None:
    if rrset is None:
        return None
    return {"rdata": sorted(rrset.rdata), "ttl": rrset.ttl, "options": dict(rrset.options)}
