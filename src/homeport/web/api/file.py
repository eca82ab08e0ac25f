"""The file: seen without its secrets, judged, planned, changed under the page's rules, and undone."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request

from homeport import agent
from homeport.config import loader
from homeport.config.models import Agent
from homeport.config.node import Fault
from homeport.config.versions import Version
from homeport.engine.contain import contained
from homeport.errors import ConfigInvalid, Unavailable
from homeport.model.plan import Plan
from homeport.web import edit, proposals
from homeport.web.api import problem
from homeport.web.api.operation import operation
from homeport.web.api.problem import Refusal
from homeport.web.api.standing import Label, Learned
from homeport.web.desk import Desk, desk
from homeport.web.proposals import Current, Proposal, Wrong
from homeport.web.redacted import redacted_as
from homeport.web.setup import changes
from homeport.web.words import said

PATIENCE = 60.0  # seconds for hosts and address services
NO_FILE = "there is no file yet: set a name up on the page, or run `homeport init`"
NOT_NOW = "the file was changed since it was looked at; look at it anew"


class File(msgspec.Struct, frozen=True):
    """The file as a page may show it.

    Attributes:
        mark: changes whenever the file does; it is the ETag, too.
        text: with `***` in the place of every secret. Sent back, they mean what stood there.
    """

    path: str
    mark: str
    text: str


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that is to be the file."""

    text: Annotated[str, Meta(max_length=loader.MAX_BYTES)]


class Checked(msgspec.Struct, frozen=True):
    """What is wrong with a text; nothing where it could be saved from here."""

    faults: list[problem.Wrong]


class Change(msgspec.Struct, frozen=True):
    """One RRset's way."""

    record: str
    provider: str
    before: list[str]
    after: list[str]


class Held(msgspec.Struct, frozen=True):
    """One RRset that is left as it is, and why."""

    record: str
    provider: str
    why: str


class Planned(msgspec.Struct, frozen=True):
    """What a round would do at the hosts."""

    changes: list[Change]
    held: list[Held]


class DiffLine(msgspec.Struct, frozen=True):
    """One line of a difference.

    Attributes:
        look: `same`, `gone`, `come` or `gap`.
        before: its number in the file as it is; 0 where it has none.
        after: its number in the file as it would be.
    """

    look: str
    before: int
    after: int
    text: str


class Proposed(msgspec.Struct, frozen=True):
    """What a text would change, in the file and at the hosts."""

    diff: list[DiffLine]
    changes: list[Change]
    held: list[Held]


class Saved(msgspec.Struct, frozen=True):
    """The file is written.

    Attributes:
        mark: of the file as it is now.
        is_taken: the agent works with it; where none runs, it does when it starts.
    """

    mark: str
    is_taken: bool


class Versions(msgspec.Struct, frozen=True):
    """Former files, the newest first."""

    versions: list[FormerFile]


class FormerFile(msgspec.Struct, frozen=True):
    """One former file; `at` is when it was replaced, in unix seconds."""

    id: str
    at: float


class Undo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which former file comes back."""

    version: Label


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which address source is asked: every one where none is named."""

    source: Label | None = None


@operation("GET", "/config", may="admin", others=(404, 409), summary=said("The file, without its secrets."))
async def config(request: Request) -> File:
    current = await current_file(desk(request))
    return File(str(desk(request).config), current.mark, current.shown)


@operation(
    "POST", "/config/check", may="admin", others=(404, 409), summary=said("What is wrong with a text.")
)
async def check_config(request: Request, body: Text) -> Checked:
    tools = desk(request)
    current = await current_file(tools)
    try:
        await asyncio.to_thread(proposals.judge, current, body.text, tools.config)
    except Wrong as wrong:
        return Checked([problem.Wrong(each.line, each.path, each.message) for each in wrong.faults])
    return Checked([])


@operation(
    "POST", "/config/plan", may="admin", others=(404, 409, 502), summary=said("What a text would change.")
)
async def plan_config(request: Request, body: Text) -> Proposed:
    tools = desk(request)
    proposal = await _proposed(tools, await current_file(tools), body.text)
    made = planned(await proposals.planned(proposal.settings, tools.config, tools.state))
    diff = [DiffLine(each.look, each.before, each.after, each.text) for each in proposal.diff()]
    return Proposed(diff, made.changes, made.held)


@operation("PUT", "/config", may="admin", others=(404, 409, 502), summary=said("Save a text as the file."))
async def put_config(request: Request, body: Text, if_match: str) -> Saved:
    tools = desk(request)
    current = _as_seen(await current_file(tools), if_match)
    if body.text == current.shown:
        return Saved(current.mark, is_taken=True)
    return await _saved(request, await _proposed(tools, current, body.text))


@operation("GET", "/config/versions", may="admin", summary=said("The former files."))
async def versions(request: Request) -> Versions:
    found: list[Version] = await asyncio.to_thread(edit.versions(desk(request)).all)
    return Versions([FormerFile(each.id, each.at) for each in found])


@operation(
    "POST", "/config/undo", may="admin", others=(404, 409, 502), summary=said("Bring a former file back.")
)
async def undo_config(request: Request, body: Undo, if_match: str) -> Saved:
    tools = desk(request)
    current = _as_seen(await current_file(tools), if_match)
    try:
        proposal = await edit.undone(tools, current, body.version)
    except Wrong as wrong:
        raise _refusal(wrong.faults) from None
    if proposal is None:
        raise Refusal(422, "there is no such version; /config/versions lists them")
    return await _saved(request, await _reachable(proposal))


@operation("GET", "/plan", may="act", others=(404, 409, 502), summary=said("What a round would change now."))
async def plan(request: Request) -> Planned:
    tools = desk(request)
    settings = await _settings(tools)
    return planned(await proposals.planned(settings, tools.config, tools.state, PATIENCE))


@operation("POST", "/detect", may="act", others=(404, 409, 502), summary=said("Ask the address sources now."))
async def detect(request: Request, body: Source) -> Learned:
    settings = await _settings(desk(request))
    if body.source not in {None, *settings.addresses}:
        raise Refusal(
            404, f"there is no such address source; there are: {', '.join(settings.addresses) or 'none'}"
        )
    try:
        async with asyncio.timeout(PATIENCE):
            with contained("asking for addresses"):
                found = await agent.detect(settings, body.source)
    except TimeoutError:
        raise Unavailable(f"there was no answer within {PATIENCE:.0f} seconds; try again") from None
    return redacted_as(found, Learned)


def planned(made: dict[str, Plan]) -> Planned:
    """Return a plan for each provider as one for programs."""
    return Planned(
        [
            msgspec.convert({**each, "provider": name}, Change)
            for name, one in made.items()
            for each in changes(one)
        ],
        [Held(str(key), name, hold.why) for name, one in made.items() for key, hold in one.held],
    )


async def current_file(tools: Desk) -> Current:
    """Return the file.

    Raises:
        Refusal: there is none, or what is secret in it is not known.
    """
    if not tools.config.exists():
        raise Refusal(404, NO_FILE)
    try:
        return await asyncio.to_thread(proposals.read, tools.config)
    except ConfigInvalid as error:
        raise Refusal(409, "the file has faults: mend it on the machine first", _lines(error)) from None


async def _settings(tools: Desk) -> Agent:
    """Return the agent's part of the file.

    Raises:
        Refusal: there is none.
    """
    found = (await current_file(tools)).examined.config
    if found is None or found.agent is None:
        raise Refusal(404, "there is no `agent:` in the file")
    return found.agent


async def _proposed(tools: Desk, current: Current, text: str) -> Proposal:
    try:
        proposal = await asyncio.to_thread(proposals.propose, current, text, tools.config, "changed")
    except Wrong as wrong:
        raise _refusal(wrong.faults) from None
    return await _reachable(proposal)


async def _reachable(proposal: Proposal) -> Proposal:
    if bad := await proposals.why_not_sent(proposal):
        raise _refusal(tuple(bad))
    return proposal


async def _saved(request: Request, proposal: Proposal) -> Saved:
    tools = desk(request)
    is_taken = await edit.saved(request, proposal)
    return Saved((await current_file(tools)).mark, is_taken)


def _as_seen(current: Current, mark: str) -> Current:
    if mark != current.mark:
        raise Refusal(412, NOT_NOW)
    return current


def _refusal(faults: tuple[Fault, ...]) -> Refusal:
    return Refusal(422, "the text cannot be the file; `faults` says why", faults)


def _lines(error: ConfigInvalid) -> list[Fault]:
    return [Fault(0, "", line) for line in str(error).splitlines()]


OPERATIONS = (config, put_config, check_config, plan_config, versions, undo_config, plan, detect)
