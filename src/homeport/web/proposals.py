"""A change of `homeport.yaml` on its way: what was sent, judged, shown as a diff and a plan, and then saved or not.

It is in this process's memory alone, for what was typed may be a secret: the browser gets the text with its stars.
"""

from __future__ import annotations

import asyncio
import codecs
import difflib
import hashlib
import logging
import re
import secrets as random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from homeport import agent, trial
from homeport.config import first, hidden, leftovers, loader, page_rules, paths, secret_store
from homeport.config.first import Answers
from homeport.config.loader import Examined
from homeport.config.models import Agent, Config
from homeport.config.node import Fault
from homeport.config.reading import composed
from homeport.config.shape import fields_of
from homeport.config.versions import Changed, Version, Versions
from homeport.engine.contain import contained
from homeport.errors import ConfigInvalid, HomeportError, NotAllowed, Unavailable
from homeport.model.plan import Plan
from homeport.model.secret import Secret
from homeport.net import reachable
from homeport.net.channel import Absent
from homeport.web.house import House
from homeport.web.words import said

_LOG = logging.getLogger("homeport.page")
LIFE = 1800.0  # seconds that a change waits to be saved
MOST = 8  # changes at once: each is a browser that is signed in
PLANNING = 45.0  # seconds
LOOKUPS = 40  # places of one change that are looked up
FOLDER = "versions"
TOO_LONG = said("The file would be longer than 512 KiB.")
ELSEWHERE = said(
    "The file was changed on disk since it was shown. What you typed is below; look at the file anew first."
)
TOO_MANY = said("That changes too much at once; save it in parts.")
STANDS = said(
    "A secret that is hidden now stands in the file a second time; take it out there on the machine first."
)
NOTHING = said("Nothing is changed.")
NOT_THERE = said("This page sends nothing there: it is where a cloud keeps a machine's credentials.")


class Current(msgspec.Struct, frozen=True):
    """The file as it stands.

    Attributes:
        mark: changes whenever the file does, and tells nothing of what is hidden in it.
    """

    data: bytes
    examined: Examined
    shown: str
    mark: str


class Line(msgspec.Struct, frozen=True):
    """One line of a diff: `look` is `same`, `gone`, `come` or `gap`."""

    look: str
    before: int
    after: int
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One change.

    Attributes:
        after: the file as it would be, with secrets that were typed standing in it.
        typed: those secrets, by the name that each gets in the encrypted store.
        data: the file as it would be written.
        leads_to: the part whose form is shown once it is saved; the list of all where it names none.
    """

    id: str
    current: Current
    after: Examined
    typed: Mapping[str, str]
    data: bytes
    shown: str
    what: str
    leads_to: str = ""

    @property
    def settings(self) -> Agent:
        """The agent as it would be."""
        return (self.after.config.agent if self.after.config else None) or Agent()

    def diff(self) -> list[Line]:
        """Return what differs, with three lines around it."""
        return list(_diff(self.current.shown, self.shown))


class Wrong(Exception):
    """What was sent cannot be taken.

    Attributes:
        faults: each with its line.
    """

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults[0].message if faults else "")
        self.faults = faults


@dataclass
class Proposals:
    """Every change that waits, by the session whose it is."""

    _all: dict[bytes, tuple[Proposal, float]] = field(default_factory=dict)

    def keep(self, session: bytes, proposal: Proposal, now: float) -> None:
        """Keep a session's change instead of the one before it; `now` is monotonic."""
        self._all[session] = proposal, now + LIFE
        while len(self._all) > MOST:
            del self._all[min(self._all, key=lambda each: self._all[each][1])]

    def of(self, session: bytes, now: float) -> Proposal | None:
        """Return a session's change."""
        self.is_open(now)
        found = self._all.get(session)
        return found[0] if found else None

    def forget(self, session: bytes) -> None:
        """Forget a session's change."""
        self._all.pop(session, None)

    def is_open(self, now: float) -> bool:
        """Tell whether a change waits that would be lost."""
        for session in [each for each, (_, until) in self._all.items() if until < now]:
            del self._all[session]
        return bool(self._all)


def read(path: Path) -> Current:
    """Return the file as it stands.

    Raises:
        ConfigInvalid: it has faults, a line for each, so that what is secret in it is not known.
    """
    examined = loader.examine(path)
    if examined.config is None:
        raise ConfigInvalid("\n".join(examined.lines(examined.faults)))
    try:
        data, found = path.read_bytes(), path.stat()
    except OSError as error:
        raise NotAllowed(f"{path} cannot be read: {error.strerror}; look at whose it is") from None
    shown = hidden.shown(examined)
    mark = f"{found.st_ino} {found.st_mtime_ns} {found.st_size} {shown}"
    return Current(data, examined, shown, hashlib.sha256(mark.encode()).hexdigest()[:32])


def judge(current: Current, text: str, path: Path) -> tuple[Examined, frozenset[str]]:
    """Return a text as it would be the file, and where secrets were put back.

    Raises:
        Wrong: it is not valid, or may not come from a page.
    """
    if len(text.encode()) > loader.MAX_BYTES:
        raise Wrong(Fault(0, "", TOO_LONG))
    back = hidden.returned(current.examined, _ends(text, current.examined.text))
    after = loader.examine_text(back.text, path)
    if found := (*after.faults, *back.faults):
        raise Wrong(*found)
    if found := page_rules.faults(current.examined, after, back.restored):
        raise Wrong(*found)
    return after, back.restored


def propose(current: Current, text: str, path: Path, what: str) -> Proposal:
    """Return the change that makes a text, as a browser sent it, the file.

    Raises:
        Wrong: it cannot be taken.
    """
    after, restored = judge(current, text, path)
    typed = page_rules.typed(current.examined, after, restored)
    names = _names(typed, paths.secret_store(path.parent))
    final = page_rules.stored(after.text, names)
    places = dict(hidden.leaves(composed(final).root))
    wanted = {place: node.text for place, node in hidden.leaves(composed(after.text).root)}
    wanted |= {place: f"secret:{name}" for place, name in names.items()}
    differing = [place for place in wanted if place not in places or places[place].text != wanted[place]]
    if differing or places.keys() != wanted.keys():
        place = min(differing, default="")
        raise Wrong(Fault(page_rules.line_of(composed(after.text).root, place), place, hidden.ELSEWHERE))
    if final == current.examined.text:
        raise Wrong(Fault(0, "", NOTHING))
    mark = codecs.BOM_UTF8 if current.data.startswith(codecs.BOM_UTF8) else b""
    shown = _shown(current, loader.examine_text(final, path))
    kept = {names[place]: value for place, value in typed.items()}
    return Proposal(random.token_urlsafe(12), current, after, kept, mark + final.encode(), shown, what)


def undo(current: Current, data: bytes, path: Path, *, is_own: bool) -> Proposal:
    """Return the change that brings a former version back.

    Args:
        is_own: every change since was a page's own, so that nothing comes back that somebody took out by hand.

    Raises:
        Wrong: it cannot be taken.
    """
    after = loader.examine_text(data.decode("utf-8-sig", "replace"), path)
    if after.config is None:
        raise Wrong(*after.faults)
    if data == current.data:
        raise Wrong(Fault(0, "", NOTHING))
    if not is_own and (found := page_rules.faults(current.examined, after, hidden.places(after))):
        raise Wrong(*found)
    return Proposal(random.token_urlsafe(12), current, after, {}, data, _shown(current, after), "undone")


async def why_not_sent(proposal: Proposal) -> list[Fault]:
    """Return what is wrong with the places that a change has this machine ask, in the form and in the DNS."""
    before, after = proposal.current.examined.config, proposal.after.config
    old = {text for _, text in _asked(before.agent if before else None)}
    found: list[Fault] = []
    root = composed(proposal.after.text).root
    new = [each for each in _asked(after.agent if after else None) if each[1] not in old]
    if len(new) > LOOKUPS:
        return [Fault(0, "", TOO_MANY)]
    for place, text in new:
        host = re.sub(r":\d+$", "", text)
        bad = await trial.why_not_there(text) if "://" in text else reachable.why_not_host(host)
        if bad:
            found.append(Fault(page_rules.line_of(root, place), place, NOT_THERE))
    return found


async def planned(settings: Agent, path: Path, state: Path, patience: float = PLANNING) -> dict[str, Plan]:
    """Return what a round with these settings would do at each provider.

    Raises:
        HomeportError: nobody can say, or not within `patience` seconds.
    """
    try:
        async with asyncio.timeout(patience):
            with contained("the plan"):
                made, _ = await agent.plan(agent.unchanging(settings, state, path))
    except TimeoutError:
        raise Unavailable(f"there was no answer within {patience:.0f} seconds; try again") from None
    return made


async def save(proposal: Proposal, path: Path, state: Path, house: House, now: float) -> None:
    """Keep the former file as a version, write the new one, and have the agent take it.

    Raises:
        Absent: it is written, and no agent runs to take it.
        Changed: the file was changed on disk meanwhile; nothing was written.
        HomeportError: the agent refuses it, and the former file is there again; or it cannot be written.
    """
    store, versions = paths.secret_store(path.parent), Versions(path, state / FOLDER)
    version = await asyncio.to_thread(_write, proposal, store, versions, now)
    try:
        await _reload(proposal, house, versions, version, store)
    finally:
        await sweep(path, state)


async def write_first(answers: Answers, path: Path, state: Path, now: float) -> None:
    """Write what was answered in setting up, a name added to the file or the first one; the former is a version.

    Raises:
        ConfigInvalid: a page may not write that, or the file would not load; nothing was written.
        Changed: the file was changed on disk since the answers rest on it; nothing was written.
        HomeportError: it cannot be written.
    """
    await asyncio.to_thread(_write_first, answers, path, Versions(path, state / FOLDER), now)
    await sweep(path, state)


def _write_first(answers: Answers, path: Path, versions: Versions, now: float) -> None:
    if found := page_rules.faults(*_compared(answers, path)):
        raise ConfigInvalid("; ".join(f"{each.path}: {each.message}" for each in found))
    seen = answers.seen
    put = None if seen is None else (lambda text: versions.replace(seen, text, now))
    with leftovers.WRITING:
        versions.must_be(seen)
        first.write(path, answers, put, of_page=True)


def _compared(answers: Answers, path: Path) -> tuple[Examined, Examined]:
    """Return the file before and after, with the secrets that were typed standing in it, as the rules want them."""
    before = loader.examine_text(answers.base, path) if answers.base else Examined(path, "", Config(), ())
    typed = {
        name: answers.secrets.get(str(text).removeprefix("secret:"), text)
        for name, text in answers.settings.items()
    }
    text = first.render(replace(answers, settings=typed))
    after = loader.examine_text(text, path)
    if before.config is None or after.config is None:
        raise ConfigInvalid("\n".join(after.lines(before.faults or after.faults)))
    return before, after


def _write(proposal: Proposal, store: Path, versions: Versions, now: float) -> Version:
    with leftovers.WRITING:
        versions.must_be(proposal.current.data)
        if proposal.typed and proposal.typed.keys() & set(secret_store.names(store)):
            raise Changed("another change kept a secret under the same name meanwhile; make this one again")
        put: list[str] = []
        try:
            for name, value in proposal.typed.items():
                secret_store.put(store, name, value, of_page=True)
                put.append(name)
            return versions.replace(proposal.current.data, proposal.data, now)
        except HomeportError:
            _forget(store, put)
            raise


async def sweep(path: Path, state: Path) -> None:
    """Remove the secrets that a page kept and that nothing names any more; what fails is tried after the next change."""
    store, versions = paths.secret_store(path.parent), Versions(path, state / FOLDER)
    try:
        await asyncio.to_thread(leftovers.sweep, path, store, versions)
    except (HomeportError, OSError) as error:
        _LOG.warning("secrets that nothing names stay in %s: %s", store, error)


async def _reload(
    proposal: Proposal, house: House, versions: Versions, version: Version, store: Path
) -> None:
    try:
        await house.ask("reload")
    except Absent:
        raise
    except HomeportError:
        await asyncio.to_thread(versions.take_back, version)
        await asyncio.to_thread(_forget, store, proposal.typed)
        raise


def _forget(store: Path, put: Collection[str]) -> None:
    """Remove what this change put into the store and its owner did not replace since."""
    there = secret_store.names_of_pages(store) if put else []
    for name in set(put) & set(there):
        secret_store.remove(store, name)


def _shown(current: Current, after: Examined) -> str:
    """Return a text as the browser may see it.

    Raises:
        Wrong: a secret that goes stands elsewhere too, where nothing would hide it any more.
    """
    shown = hidden.shown(after)
    if any(secret in shown for secret in hidden.values(current.examined)):
        raise Wrong(Fault(0, "", STANDS))
    return shown


def _ends(text: str, before: str) -> str:
    """Return a text with the line ends that the file has: forms send every one as CRLF."""
    text = text.replace("\r\n", "\n")
    return text.replace("\n", "\r\n") if "\r\n" in before else text


def _names(typed: Mapping[str, str], store: Path) -> dict[str, str]:
    """Return a name that is free in the store for each place: one that was there is never written over."""
    taken = set(secret_store.names(store)) if typed else set()
    names = {}
    for place in typed:
        base = "-".join(re.sub(r"[^A-Za-z0-9_.-]", "-", part) for part in place.split(".")[-2:])[:80]
        base = base.lstrip("-.") or "secret"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        names[place] = name
    return names


def _asked(settings: Agent | None) -> Iterator[tuple[str, str]]:
    """Yield every text that may say whom this machine asks, with its place."""
    for held in page_rules.every(settings or Agent()):
        if type(held.settings).__struct_config__.tag is None:
            continue
        for each in fields_of(type(held.settings)):
            value = getattr(held.settings, each.name)
            if page_rules.is_target(each) and isinstance(value, Secret) and value.source == hidden.STARS:
                value = value.reveal()
            if isinstance(value, str) and value:
                yield f"{held.path}.{each.encode_name}", value


def _diff(before: str, after: str) -> Iterator[Line]:
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(3)):
        if number:
            yield Line("gap", 0, 0, "")
        for tag, a, b, c, d in group:
            if tag == "equal":
                yield from (Line("same", a + n + 1, c + n + 1, text) for n, text in enumerate(old[a:b]))
                continue
            yield from (Line("gone", a + n + 1, 0, text) for n, text in enumerate(old[a:b]))
            yield from (Line("come", 0, c + n + 1, text) for n, text in enumerate(new[c:d]))
