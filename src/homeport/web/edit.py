"""The file in the browser: changed in forms or as text, judged as it is typed, shown as a diff and a plan, and undone.

Every change goes the same way: what is sent becomes a proposal, and "Save" writes it and has the agent take it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from homeport.config import edit as text_edit
from homeport.config import hidden, page_rules
from homeport.config.node import Fault, join
from homeport.config.versions import Changed, Versions
from homeport.errors import ConfigInvalid, HomeportError
from homeport.net.channel import Absent
from homeport.web import fields, proposals, routers, sources, told
from homeport.web.acts import noted
from homeport.web.desk import Desk, desk, form, page, session
from homeport.web.proposals import Current, Proposal, Wrong
from homeport.web.setup import changes
from homeport.web.words import said

LOST = said("That change is no longer waiting: make it again.")
REFUSED = said("The agent did not take it. The file is as it was before.")
SAVED = said("Saved. The agent works with it now.")
WAITS = said("Saved. No agent runs at the moment: it takes the file when it starts.")
TITLES = {
    fields.GENERAL: "General settings",
    fields.RECORDS: "Names",
    fields.PROVIDERS: "DNS hosts",
    fields.SOURCES: "Address sources",
    fields.PUSH: "Routers that push",
    fields.NOTIFY: "Notifications",
}
NEW = f"{fields.RECORDS}/new"
PREFIX = "f."  # before the name of a setting, so that none is taken for a field of the page's own
Answer = Callable[[Request], Awaitable[Response]]


def sentences() -> Iterator[str]:
    """Yield what templates here look up by a value."""
    yield from (*hidden.SENTENCES, *page_rules.SENTENCES, *text_edit.SENTENCES)
    yield from (*fields.sentences(), *sources.sentences(), *told.sentences(), *routers.sentences())
    yield from TITLES.values()


def versions(tools: Desk) -> Versions:
    """Return the former versions of the file."""
    return Versions(tools.config, tools.state / proposals.FOLDER)


def with_file(work: Callable[[Request, Current], Awaitable[Response]]) -> Answer:
    """Return a route's answer that has the file, or says why there is none to change."""

    async def answer(request: Request) -> Response:
        tools = desk(request)
        if session(request) is None:
            return RedirectResponse("/login", 303)
        if not tools.config.exists():
            return RedirectResponse("/setup", 303)
        try:
            current = await asyncio.to_thread(proposals.read, tools.config)
        except HomeportError as error:
            lines = str(error).splitlines()
            return page(request, "edit_broken.html", 409, config=str(tools.config), faults=lines)
        return await work(request, current)

    return answer


async def show(request: Request, current: Current) -> Response:
    """Show what there is to change, and what was."""
    return _list(request, current)


async def add_router(request: Request, current: Current) -> Response:
    """Lead to the form of one more router."""
    user, config = request.query_params.get("user", "").strip(), current.examined.config
    is_taken = bool(config and config.agent and user in config.agent.push)
    if is_taken or not routers.is_user(user):
        return _list(request, current, problem=routers.NAMELESS, status=422)
    return RedirectResponse(f"/edit/part?at={quote(routers.at(user), safe='')}&kind={routers.KIND}", 303)


def _list(request: Request, current: Current, *, problem: str = "", status: int = 200) -> Response:
    tools = desk(request)
    former = [{"id": each.id, "at": each.at} for each in versions(tools).all()]
    there = _parts(current)
    groups = {title: [one for one in there if one.at.partition("/")[0] == at] for at, title in TITLES.items()}
    return page(
        request,
        "edit.html",
        status,
        config=str(tools.config),
        done=_done(request),
        problem=problem,
        versions=former,
        groups=groups,
        kinds=sources.kinds(),
    )


async def show_text(request: Request, current: Current) -> Response:
    """Show the file as text."""
    return _text(request, current.shown, current.mark)


async def check(request: Request, current: Current) -> Response:
    """Say what is wrong with a text while it is typed."""
    posted, tools = await form(request), desk(request)
    faults: tuple[Fault, ...] = ()
    try:
        await asyncio.to_thread(proposals.judge, current, posted.get("text", ""), tools.config)
    except Wrong as wrong:
        faults = wrong.faults
    return page(request, "edit_faults.html", faults=faults, is_checked=True)


async def take_text(request: Request, current: Current) -> Response:
    """Take a text: it is shown as a diff, or with what is wrong with it."""
    posted, tools = await form(request), desk(request)
    text = posted.get("text", "")
    if posted.get("mark") != current.mark:
        return _text(request, _again(current, text), current.mark, problem=proposals.ELSEWHERE)
    try:
        proposal = await asyncio.to_thread(proposals.propose, current, text, tools.config, "changed")
    except Wrong as wrong:
        return _text(request, _again(current, text), current.mark, faults=wrong.faults)
    return await _keep(request, proposal)


async def show_part(request: Request, current: Current) -> Response:
    """Show the form of one part."""
    asked = request.query_params
    at = asked.get("at") or fields.detector_at(asked.get("source", "").strip()[:100], sources.NEW)
    part = _part(current, at, asked.get("kind", ""))
    if part is None:
        return RedirectResponse("/edit", 303)
    typed = {"from": asked["from"]} if "from" in asked else {}
    config, guide = current.examined.config, None
    if config and config.agent and part.place[1:2] == (fields.PUSH,) and not part.is_new:
        guide = await routers.guide(request, config.agent, part.title)
    return _form(request, part, current.mark, typed, guide=guide)


async def check_part(request: Request, current: Current) -> Response:
    """Say what is wrong with a form while it is typed."""
    posted, tools = await form(request), desk(request)
    part = _part(current, posted.get("at", ""), posted.get("kind", ""))
    faults: tuple[Fault, ...] = ()
    try:
        if part is not None:
            text = fields.changed(current.shown, part, _typed(posted))
            await asyncio.to_thread(proposals.judge, current, text, tools.config)
    except ConfigInvalid as error:
        faults = (Fault(0, "", str(error)),)
    except Wrong as wrong:
        faults = wrong.faults
    return page(request, "edit_faults.html", faults=faults, is_checked=True)


async def take_part(request: Request, current: Current) -> Response:
    """Take what was typed into a form."""
    posted, tools = await form(request), desk(request)
    part = _part(current, posted.get("at", ""), posted.get("kind", ""))
    if part is None:
        return RedirectResponse("/edit", 303)
    if posted.get("mark") != current.mark:
        return _form(request, part, current.mark, _typed(posted), problem=proposals.ELSEWHERE)
    try:
        if "remove" in posted:
            text = text_edit.drop(current.shown, part.place)
        else:
            text = fields.changed(current.shown, part, _typed(posted))
        proposal = await asyncio.to_thread(proposals.propose, current, text, tools.config, "changed")
    except ConfigInvalid as error:
        return _form(request, part, current.mark, _typed(posted), faults=(Fault(0, "", str(error)),))
    except Wrong as wrong:
        return _form(request, part, current.mark, _typed(posted), faults=wrong.faults)
    is_guided = part.place[1:2] == (fields.PUSH,) and "remove" not in posted
    return await _keep(request, replace(proposal, leads_to=part.at if is_guided else ""))


async def take_undo(request: Request, current: Current) -> Response:
    """Take a former version: it is shown as a diff first."""
    posted, tools = await form(request), desk(request)
    try:
        proposal = await undone(tools, current, posted.get("version", ""))
    except Wrong as wrong:
        return page(request, "edit_failed.html", 409, faults=wrong.faults, problem="", said="")
    except HomeportError as error:
        return page(request, "edit_failed.html", 502, faults=(), problem=REFUSED, said=str(error))
    return RedirectResponse("/edit", 303) if proposal is None else await _keep(request, proposal)


async def undone(tools: Desk, current: Current, wanted: str) -> Proposal | None:
    """Return the change that brings a former version back; `None` when there is no such version.

    Raises:
        Wrong: it cannot be taken.
        HomeportError: it cannot be read.
    """
    kept = versions(tools)
    data = await asyncio.to_thread(kept.read, wanted)
    if data is None:
        return None
    is_own = await asyncio.to_thread(kept.is_own, wanted)
    return await asyncio.to_thread(proposals.undo, current, data, tools.config, is_own=is_own)


async def review(request: Request, current: Current) -> Response:
    """Show the change that waits, as a diff and as what would be done at the hosts."""
    tools, who = desk(request), session(request)
    assert who is not None  # noqa: S101 -- `with_file` saw to it
    proposal = tools.proposals.of(who.digest, tools.clock.monotonic())
    if proposal is None or proposal.current.mark != current.mark:
        return page(request, "edit_failed.html", 409, faults=(), problem=LOST, said="")
    known = {"changes": [], "held": [], "paused": [], "said": ""}
    try:
        plans = await proposals.planned(proposal.settings, tools.config, tools.state)
        for name, made in plans.items():
            known["changes"] += [{**each, "provider": name} for each in changes(made)]  # type: ignore[operator]
            known["held"] += [{"record": str(key), "why": hold.why} for key, hold in made.held]  # type: ignore[operator]
            known["paused"] += [{"record": str(key), "until": found.until} for key, found in made.paused]  # type: ignore[operator]
    except HomeportError as error:
        known["said"] = str(error)
    return page(request, "edit_review.html", proposal=proposal, lines=proposal.diff(), **known)


async def take_save(request: Request, current: Current) -> Response:
    """Save the change that waits."""
    posted, tools, who = await form(request), desk(request), session(request)
    assert who is not None  # noqa: S101 -- `with_file` saw to it
    proposal = tools.proposals.of(who.digest, tools.clock.monotonic())
    if proposal is None or proposal.id != posted.get("id") or proposal.current.mark != current.mark:
        return page(request, "edit_failed.html", 409, faults=(), problem=LOST, said="")
    tools.proposals.forget(who.digest)
    try:
        is_taken = await saved(request, proposal)
    except Changed:
        return page(request, "edit_failed.html", 409, faults=(), problem=LOST, said="")
    except HomeportError as error:
        return page(request, "edit_failed.html", 502, faults=(), problem=REFUSED, said=str(error))
    there = f"/edit/part?at={quote(proposal.leads_to, safe='')}&" if proposal.leads_to else "/edit?"
    return RedirectResponse(f"{there}saved={1 if is_taken else 2}", 303)


async def saved(request: Request, proposal: Proposal) -> bool:
    """Save a change and write down whose it is; tell whether an agent runs and works with it now.

    Raises:
        Changed: the file was changed on disk meanwhile; nothing was written.
        HomeportError: the agent refuses it, and the file is as it was; or it cannot be written.
    """
    tools, is_taken = desk(request), True
    try:
        await proposals.save(proposal, tools.config, tools.state, tools.house, tools.clock.now())
    except Changed:
        raise
    except Absent:
        is_taken = False
    except HomeportError:
        noted(request, "file.refused", str(tools.config))
        raise
    noted(request, f"file.{proposal.what}", str(tools.config))
    return is_taken


async def _keep(request: Request, proposal: Proposal) -> Response:
    tools, who = desk(request), session(request)
    assert who is not None  # noqa: S101 -- `with_file` saw to it
    if bad := await proposals.why_not_sent(proposal):
        return page(request, "edit_failed.html", 422, faults=tuple(bad), problem="", said="")
    tools.proposals.keep(who.digest, proposal, tools.clock.monotonic())
    return RedirectResponse("/edit/review", 303)


def _parts(current: Current) -> list[fields.Part]:
    config = current.examined.config
    agent = config.agent if config else None
    if agent is None:
        return []
    shown = current.shown
    return [*fields.parts(agent, shown), *told.parts(agent, shown), *routers.parts(agent, shown)]


def _part(current: Current, at: str, kind: str = "") -> fields.Part | None:
    config = current.examined.config
    if at == NEW and config and config.agent:
        return fields.new_record(config.agent, current.shown)
    for find in (sources.part, told.part, routers.part):
        if config and config.agent and (found := find(config.agent, current.shown, at, kind)):
            return found
    return next((one for one in _parts(current) if one.at == at), None)


def _done(request: Request) -> str:
    return {"1": SAVED, "2": WAITS}.get(request.query_params.get("saved", ""), "")


def _typed(posted: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(PREFIX): text for name, text in posted.items() if name.startswith(PREFIX)}


def _form(
    request: Request,
    part: fields.Part,
    mark: str,
    typed: Mapping[str, str],
    *,
    faults: tuple[Fault, ...] = (),
    problem: str = "",
    guide: routers.Guide | None = None,
) -> Response:
    """Show a form; what is wrong with a field stands at it, and all of it above."""
    wrong = {
        one.name: fault.message for one in part.fields for fault in faults if _is_of(fault, part, one.name)
    }
    values = {one.name: one.value for one in part.fields} | {
        one.name: typed[one.name]
        for one in part.fields
        if one.name in typed and one.type not in {"password", "textarea"}
    }
    known = {
        "part": part,
        "mark": mark,
        "values": values,
        "wrong": wrong,
        "faults": faults,
        "problem": problem,
        "guide": guide,
        "done": _done(request),
    }
    status = 422 if faults else 409 if problem else 200
    at = NEW if part.is_new and not part.kind else part.at
    title = TITLES[part.at.partition("/")[0]]
    return page(
        request,
        "edit_part.html",
        status,
        at=at,
        title=title,
        kinds=sources.kinds(),
        is_checked=False,
        **known,
    )


def _is_of(fault: Fault, part: fields.Part, name: str) -> bool:
    path = ""
    for key in (*part.place, *name.split(".")):
        path = join(path, key)
    return fault.path == path or fault.path.startswith((f"{path}[", f"{path}."))


def _again(current: Current, text: str) -> str:
    """Return what was typed as it may be shown again."""
    try:
        return hidden.shown_again(current.examined, text)
    except ConfigInvalid:
        return hidden.draft(text)


def _text(
    request: Request,
    text: str,
    mark: str,
    *,
    faults: tuple[Fault, ...] = (),
    problem: str = "",
) -> Response:
    status = 422 if faults else 409 if problem else 200
    return page(
        request,
        "edit_text.html",
        status,
        config=str(desk(request).config),
        text=text,
        mark=mark,
        faults=faults,
        problem=problem,
        is_checked=False,
    )


ROUTES = [
    Route("/edit", with_file(show), methods=["GET"]),
    Route("/edit/text", with_file(show_text), methods=["GET"]),
    Route("/edit/text", with_file(take_text), methods=["POST"]),
    Route("/edit/router", with_file(add_router), methods=["GET"]),
    Route("/edit/part", with_file(show_part), methods=["GET"]),
    Route("/edit/part", with_file(take_part), methods=["POST"]),
    Route("/edit/part/check", with_file(check_part), methods=["POST"]),
    Route("/edit/check", with_file(check), methods=["POST"]),
    Route("/edit/review", with_file(review), methods=["GET"]),
    Route("/edit/save", with_file(take_save), methods=["POST"]),
    Route("/edit/undo", with_file(take_undo), methods=["POST"]),
]
