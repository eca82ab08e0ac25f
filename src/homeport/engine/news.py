"""What there is to tell: how every RRset stands, compared with what was told of it last. No I/O, no clock, no log.

It is read off the ledger and not off events, so that what happened while nobody could be told, or while the agent was
restarted, is told all the same, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from homeport.engine.round import OK, Rounds
from homeport.model.ledger import Entry, Proof, State
from homeport.model.news import WORSE, Happened, Line, Told, What

LOOKED = 120.0  # seconds: whoever has not said by then whether it was seen was interrupted


@dataclass(frozen=True, slots=True)
class Standing:
    """How one RRset stands.

    Attributes:
        is_meant: it is held as it should be: a family that this machine does without.
        is_undecided: whether it is held as it should be is not known yet, or not while there is no network.
        is_paused: somebody wants it left alone, and wants to hear nothing of it.
    """

    entry: Entry
    is_meant: bool = False
    is_undecided: bool = False
    is_paused: bool = False

    @property
    def line(self) -> Line:
        return self.entry.provider, str(self.entry.key)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found.

    Attributes:
        told: what is told of each RRset once `happened` is.
        again: when something may have been wrong for long enough, unix seconds.
    """

    happened: tuple[Happened, ...]
    told: Mapping[Line, Told]
    again: float | None


def standings(rounds: Rounds) -> Iterator[Standing]:
    """Yield how every RRset of a configuration stands."""
    for account in rounds.accounts:
        for key, wanted in account.wanted.items():
            entry = rounds.book.get(account.name, key)
            is_held = entry.state is State.HELD
            yield Standing(
                entry,
                is_meant=is_held and rounds.code_of_hold(account, wanted) == OK,
                is_undecided=is_held and rounds.is_undecided(account, wanted),
                is_paused=rounds.pauses.of(key) is not None,
            )


def look(
    standing: Iterable[Standing], told: Mapping[Line, Told], *, begun: float, after: float, now: float
) -> Look:
    """Return what there is to tell.

    Args:
        told: of each RRset what was told of it.
        begun: when somebody was first to be told; what was published before is no news.
        after: seconds that something is wrong before it is told.
    """
    happened: list[Happened] = []
    known: dict[Line, Told] = {}
    due: list[float] = []
    for one in standing:
        was = told.get(one.line) or _first(one.entry, begun)
        if one.is_paused or one.is_undecided:
            known[one.line] = was
            continue
        changed = _changed(one.entry, was, now)
        seen = replace(was, rdata=changed.after) if changed else was
        news, known[one.line] = _trouble(one, seen, after, now)
        happened += [each for each in (changed, news) if each]
        due += _unseen(one.entry, seen, now)
        bad_since = known[one.line].bad_since
        if bad_since is not None and known[one.line].trouble is None and bad_since + after > now:
            due.append(bad_since + after)
    return Look(tuple(happened), known, min(due, default=None))


def _first(entry: Entry, begun: float) -> Told:
    """Return what is taken for told of an RRset that is looked at for the first time."""
    is_news = entry.published_at is not None and entry.published_at >= begun
    held_since = entry.since if entry.state is State.HELD else None
    return Told(() if is_news else _rdata(entry), bad_since=held_since)


def _changed(entry: Entry, was: Told, now: float) -> Happened | None:
    """Return that something else is published, once it was looked for."""
    rdata = _rdata(entry)
    is_withdrawn = entry.published is None and entry.published_at is not None
    is_looked_for = entry.published is not None and (
        entry.proof is not Proof.NONE or not _is_young(entry, now)
    )
    if rdata == was.rdata or not (is_withdrawn or is_looked_for):
        return None
    at = entry.published_at or now
    return _happened(What.CHANGED, entry, at, before=was.rdata, after=rdata)


def _is_young(entry: Entry, now: float) -> bool:
    """Tell whether somebody may still be looking for what was published."""
    return entry.published_at is not None and 0 <= now - entry.published_at < LOOKED


def _unseen(entry: Entry, told: Told, now: float) -> list[float]:
    """Return when what was published is told although nobody said that it was seen."""
    is_waited_for = entry.published is not None and _rdata(entry) != told.rdata and _is_young(entry, now)
    return [entry.published_at + LOOKED] if is_waited_for and entry.published_at is not None else []


def _trouble(one: Standing, was: Told, after: float, now: float) -> tuple[Happened | None, Told]:
    """Return what is to be told of what is wrong, or that it is over, and what is told then."""
    entry, what = one.entry, _wrong(one)
    if what is None:
        healed = replace(was, trouble=None, bad_since=None)
        if entry.state is State.NEW or was.trouble is None:
            return None, was if entry.state is State.NEW else healed
        return _happened(What.RECOVERED, entry, now), healed
    begun = (
        entry.since if entry.state is not State.HELD else now
    )  # what is held may have been meant until now
    since = min(was.bad_since if was.bad_since is not None else begun or now, now)
    bad = replace(was, bad_since=since)
    is_worse = was.trouble is None or WORSE.index(what) > max(
        WORSE.index(was.trouble), WORSE.index(What.FAILING)
    )
    is_old = what in (What.HALTED, What.GIVEN_UP) or now - since >= after
    if not (is_worse and is_old):
        return None, bad
    return _happened(what, entry, since, why=entry.reason), replace(bad, trouble=what)


def _wrong(one: Standing) -> What | None:
    """Return what is wrong with an RRset, in a word."""
    match one.entry.state:
        case State.HALTED:
            return What.GIVEN_UP if one.entry.is_given_up else What.HALTED
        case State.RETRYING | State.UNCONFIRMED:
            return What.FAILING
        case State.HELD:
            return None if one.is_meant else What.HELD
        case _:
            return None


def _happened(
    what: What,
    entry: Entry,
    at: float,
    *,
    before: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    why: str = "",
) -> Happened:
    return Happened(what, entry.key.name, entry.key.type, entry.provider, at, before, after, why)


def _rdata(entry: Entry) -> tuple[str, ...]:
    return tuple(sorted(entry.published.rdata)) if entry.published else ()
