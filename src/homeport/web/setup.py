"""From nothing to a published name in five steps: the host, its token, the name, the address, and the plan.

Each step is a plain form; what was answered is a draft in this process. Nothing is written before "Publish".
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from homeport import providers, trial
from homeport.config import first, paths
from homeport.config.first import SOURCES
from homeport.config.kinds import kind_of, types_of
from homeport.config.versions import Changed
from homeport.errors import (
    ConfigInvalid,
    CredentialsRefused,
    HomeportError,
    Refused,
    Throttled,
    Unavailable,
)
from homeport.model.name import Fqdn
from homeport.model.plan import Plan, differing
from homeport.model.rrset import ADDRESSES, RRset, RRType
from homeport.net.channel import Absent
from homeport.web import forms, proposals
from homeport.web.desk import Desk, desk, form, language, page, session
from homeport.web.drafts import Draft
from homeport.web.hosts import ANY, host, hosts
from homeport.web.naming import named, zone_of

STEPS = {
    "host": "DNS host",
    "token": "Token",
    "name": "Name",
    "address": "Address",
    "plan": "Publish",
}
WRONG: tuple[tuple[type[HomeportError], str], ...] = (
    (
        CredentialsRefused,
        "The host does not accept this. Copy it again, whole, and check that it has the rights named above.",
    ),
    (Throttled, "The host wants no more requests for now. Wait a minute, then try again."),
    (Refused, "The host refuses this."),
    (Unavailable, "The host cannot be reached. Check this machine's internet connection, then try again."),
    (ConfigInvalid, "This does not fit together."),
    (HomeportError, "That did not work."),
)
EMPTY = "Fill this in."
NO_NAME = "That cannot be a name: use letters, digits and hyphens, with dots between the parts."
NO_TYPE = "Choose at least one type of address."
NO_TTL = "Type a number of seconds from 1 to 86400."
AGAIN = "This would now be sent to another address: type every secret again."
MOVED = "The file was changed on disk meanwhile. Your answers are kept; this is the plan for the file as it is now."
LOST = "What you had typed is gone: it is kept in memory only, for half an hour. Please start again."
TITLES = {
    "auto": (
        "Automatic (recommended)",
        "Compares what this machine, the router and services on the internet say.",
    ),
    "machine": (
        "This machine's own public address",
        "For a machine that is on the internet directly, and for IPv6.",
    ),
    "router": ("What the router says", "Asks it by UPnP or NAT-PMP; IPv6 is this machine's own."),
    "web": ("What web services see", "Asks two of them, which must agree."),
    "lan": (
        "This network only",
        "The private address, such as 192.168.1.20; it cannot be reached from outside.",
    ),
}
"""What each of `first.SOURCES` is called, and what it does."""
ADOPTABLE = "`adopt: true`"  # a plan names it where somebody else's values may be replaced
PLACE = re.compile(rf"^\S*{re.escape(paths.FILE)}(:\d+)?: ")
ELSEWHERE = re.compile(r"; `homeport providers \S+` says where they are made")
Step = Callable[[Request, Draft], Awaitable[Response]]


def sentences() -> Iterator[str]:
    """Yield what templates here look up by a value."""
    yield from STEPS.values()
    yield from (said for _, said in WRONG)
    yield from (EMPTY, NO_NAME, NO_TYPE, NO_TTL, AGAIN, LOST, MOVED)
    yield from (text for texts in TITLES.values() for text in texts)


def why(error: HomeportError) -> str:
    """Return our own sentence for what went wrong; the error has the details."""
    return next(said for kind, said in WRONG if isinstance(error, kind))


async def test(draft: Draft) -> None:
    """Ask the host whether it takes the credentials, and which zones they see."""
    draft.forget_problems()
    draft.tested, draft.zones = False, None
    try:
        found = await trial.zones(draft.kind, draft.settings(), draft.stored())
    except HomeportError as error:
        draft.problem, draft.said = why(error), said(error)
        return
    draft.tested = True
    draft.zones = None if found is None else tuple(map(str, found))


async def _ask_known(draft: Draft, settings: Any) -> None:
    """Learn the zones of a provider that the file has; what goes wrong leaves the whole name to be typed."""
    try:
        found = await trial.zones_of(settings)
    except HomeportError as error:
        draft.problem, draft.said = why(error), said(error)
        return
    draft.zones = None if found is None else tuple(map(str, found))


async def look_up(draft: Draft) -> bool:
    """Learn what stands at the host under the name; tell whether the host can hold it and answered."""
    draft.forget_problems()
    draft.there = {}
    answers = draft.answers()
    assert answers is not None  # noqa: S101 -- the name was read just now
    try:
        found = await trial.held(answers) or {}
    except HomeportError as error:
        draft.problem, draft.said = why(error), said(error)
        return False
    if wrong := trial.first_problem(found):
        draft.problem, draft.said = why(wrong), said(wrong)
        return False
    draft.there = {
        str(key): sorted(one.rdata) if isinstance(one, RRset) else [] for key, one in found.items()
    }
    return True


async def publish(tools: Desk, draft: Draft) -> Fqdn:
    """Write secrets and file, have the agent take them, and return the name.

    Raises:
        Changed: the file was changed on disk meanwhile; nothing was written.
        HomeportError: nothing, or the secrets alone, were written; or the agent does not run.
    """
    answers = draft.answers()
    if answers is None:
        raise ConfigInvalid("a step is not answered yet; go through them in order")
    await proposals.write_first(answers, tools.config, tools.state, tools.clock.now())
    draft.written = first.render(answers).encode()
    await tools.house.ask("reload")
    return answers.name


def said(error: HomeportError) -> str:
    """Return an error's own words without the place in a file that is not there yet."""
    return "; ".join(ELSEWHERE.sub("", PLACE.sub("", line)) for line in str(error).splitlines())


def changes(made: Plan) -> list[dict[str, Any]]:
    """Return a plan as plain data: each RRset with what stands there and what would."""
    return [
        {
            "record": str(change.key),
            "before": sorted(change.before.rdata) if change.before else [],
            "after": sorted(change.after.rdata) if change.after else [],
            "differing": differing(change),
        }
        for change in made.changes
    ]


def step(work: Step, *, needs: str = "") -> Callable[[Request], Awaitable[Response]]:
    """Return a route's answer that has the draft of who asks, or leads back to where it lacks an answer."""

    async def answer(request: Request) -> Response:
        who = session(request)
        if who is None:
            return RedirectResponse("/login", 303)
        tools = desk(request)
        draft = tools.drafts.of(who.digest, tools.clock.monotonic())
        try:
            draft.rest_on(tools.config)
        except ConfigInvalid as error:
            return page(request, "setup_there.html", config=str(tools.config), faults=str(error).splitlines())
        if needs and not draft.kind:
            return RedirectResponse("/setup?lost=1", 303)
        if needs in {"name", "address"} and draft.answers() is None:
            return RedirectResponse("/setup/name", 303)
        if needs == "address" and not draft.source:
            return RedirectResponse("/setup/address", 303)
        return await work(request, draft)

    return answer


async def show_hosts(request: Request, draft: Draft) -> Response:
    """Step 1: the hosts."""
    wanted = request.query_params.get("q", "")[:100]
    lost = LOST if "lost" in request.query_params else ""
    found = hosts(language(request).code, wanted)
    known = {name: host(kind_of(each), "") for name, each in draft.accounts().items()}
    ways = [] if found else [one for one in hosts(language(request).code) if one.kind in ANY]
    return _step(request, draft, "host", hosts=found, ways=ways, accounts=known, q=wanted, problem=lost)


async def choose_host(request: Request, draft: Draft) -> Response:
    """Take the host."""
    fields = await form(request)
    kind, account = fields.get("kind", ""), fields.get("account", "")
    there = draft.accounts()
    if account in there:
        draft.choose(kind_of(there[account]), account, is_known=True)
        await _ask_known(draft, there[account])
        return RedirectResponse("/setup/name", 303)
    if kind not in providers.kinds() or host(kind, "") is None:
        return RedirectResponse("/setup", 303)
    if kind != draft.kind or draft.is_known:
        draft.choose(kind, draft.account_for(kind))
    return RedirectResponse("/setup/token", 303)


async def show_token(request: Request, draft: Draft) -> Response:
    """Step 2: the form that the provider's settings make; one that the file has is not set up anew."""
    if draft.is_known:
        return RedirectResponse("/setup/name", 303)
    found = forms.inputs(draft.kind)
    others = {one.name for one in found if not one.is_asked}
    return _step(
        request,
        draft,
        "token",
        inputs=found,
        is_open=bool(others & {*draft.given, *draft.secrets, *draft.problems}),
        values={name: forms.shown(draft.given, name) for name in draft.given},
        kept=frozenset(draft.secrets),
        problem=draft.problem,
    )


async def take_token(request: Request, draft: Draft) -> Response:
    """Read the form and try it at the host, and learn this machine's addresses meanwhile."""
    if draft.is_known:
        return RedirectResponse("/setup/name", 303)
    await filled(draft, await form(request))
    if not draft.problems:
        async with asyncio.TaskGroup() as group:
            group.create_task(test(draft))
            group.create_task(_found(draft))
    return RedirectResponse("/setup/token#result", 303)


async def filled(draft: Draft, posted: Mapping[str, str]) -> None:
    """Read what was typed into a host's form; what is wrong with it is among the draft's problems."""
    typed = forms.read(draft.kind, posted)
    before, now = forms.hosts_in(draft.kind, draft.given), forms.hosts_in(draft.kind, typed.given)
    is_elsewhere = before != now and bool(draft.secrets)
    secrets = typed.secrets if is_elsewhere else {**draft.secrets, **typed.secrets}
    draft.given, draft.secrets = typed.given, secrets
    draft.forget_problems()
    draft.tested = False
    draft.problems = dict(typed.problems)
    for name in forms.wanting(draft.kind, typed._replace(secrets=secrets)):
        draft.problems[name] = AGAIN if is_elsewhere else EMPTY
    for name in forms.literal_secrets(draft.kind, draft.given, draft.stored()):
        draft.given.pop(name)
        draft.problems[name] = forms.LITERAL
    for name, place in now.items():
        is_place = name == "server" or "://" in place
        if is_place and name not in draft.problems and await trial.why_not_there(place):
            draft.problems[name] = forms.NOT_THERE


async def show_name(request: Request, draft: Draft) -> Response:
    """Step 3: the zone, the name in it, and its types."""
    held = [rrtype for rrtype in ADDRESSES if rrtype in types_of(draft.kind)]
    found = await _found(draft)
    here = {rrtype: _addresses(found, rrtype) for rrtype in held}
    public = tuple(rrtype for rrtype in held if _addresses({"auto": found["auto"]}, rrtype))
    chosen = draft.types or public or tuple(held)
    return _step(
        request,
        draft,
        "name",
        zones=_zones(draft, request),
        types=held,
        here=here,
        chosen=chosen,
        ttl=draft.ttl if draft.name else _ttl(draft.kind),
        problem=draft.problem,
    )


async def take_name(request: Request, draft: Draft) -> Response:
    """Read the name and look whether the host can hold it."""
    fields = await form(request)
    draft.forget_problems()
    draft.label, draft.zone = fields.get("label", "").strip(), fields.get("zone", "").strip()
    draft.types = tuple(rrtype for rrtype in ADDRESSES if rrtype.value in fields)
    draft.zone = zone_of(draft.label, draft.zones or (), draft.zone)
    draft.name = named(draft.label, draft.zone)
    if draft.name is None:
        draft.problems["label"] = NO_NAME
    if not draft.types:
        draft.problems["types"] = NO_TYPE
    ttl = fields.get("ttl", str(_ttl(draft.kind))).strip()
    if ttl.isascii() and ttl.isdigit() and 1 <= int(ttl[:9]) <= 86400:
        draft.ttl = int(ttl)
    else:
        draft.problems["ttl"] = NO_TTL
    if draft.problems:
        draft.name = None
        return RedirectResponse("/setup/name", 303)
    if not await look_up(draft) and "anyway" not in fields:
        return RedirectResponse("/setup/name#result", 303)
    draft.forget_problems()
    return RedirectResponse("/setup/address", 303)


async def show_address(request: Request, draft: Draft) -> Response:
    """Step 4: where the address comes from, with what each source would publish now."""
    found = await _found(draft)
    families = {rrtype.value: family for rrtype, family in _FAMILIES.items() if rrtype in draft.types}
    sources = [
        {
            "name": source,
            "title": title,
            "help": text,
            "learned": [
                each
                for each in found[source]["addresses"]
                if each["source"] == source and each["family"] in families.values()
            ],
        }
        for source, (title, text) in TITLES.items()
    ]
    return _step(
        request,
        draft,
        "address",
        sources=sources,
        translations=found["auto"]["translations"],
        is_lost=not any(_addresses({"auto": found["auto"]}, rrtype) for rrtype in draft.types),
        chosen=draft.source or "auto",
    )


async def take_address(request: Request, draft: Draft) -> Response:
    """Take the source, or ask all of them again."""
    fields = await form(request)
    if "again" in fields:
        await draft.learn()
        return RedirectResponse("/setup/address", 303)
    source = fields.get("source", "")
    if source in SOURCES:
        draft.source = source
        return RedirectResponse("/setup/plan", 303)
    return RedirectResponse("/setup/address", 303)


async def show_plan(request: Request, draft: Draft) -> Response:
    """Step 5: what would be changed at the host."""
    answers = draft.answers()
    assert answers is not None  # noqa: S101 -- `step` saw to it
    tools = desk(request)
    known: dict[str, Any] = {"changes": [], "held": [], "problem": "", "said": ""}
    try:
        made = await trial.plan(answers, tools.config, tools.state)
        known["changes"] = changes(made)
        known["held"] = [
            {"record": str(key), "why": hold.why, "is_taken": ADOPTABLE in hold.why}
            for key, hold in made.held
        ]
    except HomeportError as error:
        known |= {"problem": why(error), "said": said(error)}
    known["can_adopt"] = any(one["is_taken"] for one in known["held"])
    moved, draft.is_moved = MOVED if draft.is_moved else "", False
    return _step(request, draft, "plan", answers=answers, config=str(tools.config), moved=moved, **known)


async def take_plan(request: Request, draft: Draft) -> Response:
    """Publish; or plan anew, for another file, or with what stands there taken over or not."""
    fields = await form(request)
    if "adopt" in fields:
        draft.adopt = fields["adopt"] == "yes"
        return RedirectResponse("/setup/plan", 303)
    if draft.is_moved:
        return RedirectResponse("/setup/plan", 303)
    tools = desk(request)
    try:
        name = await publish(tools, draft)
    except Changed:
        return RedirectResponse("/setup/plan", 303)
    except Absent:
        return page(request, "absent.html", 503)
    except HomeportError as error:
        return page(request, "setup_failed.html", 502, problem=why(error), said=said(error))
    tools.access.audit("owner", request.state.source, "setup.published", f"{name} ({draft.kind})")
    return RedirectResponse(f"/setup/done?name={name}", 303)


_FAMILIES = {RRType.A: "IPv4", RRType.AAAA: "IPv6"}


async def _found(draft: Draft) -> Mapping[str, Any]:
    if not draft.found:
        await draft.learn()
    return draft.found


def _addresses(found: Mapping[str, Any], rrtype: RRType) -> list[str]:
    """Return what would be published, by the first source that knows."""
    for learned in found.values():
        for each in learned["addresses"]:
            if each["family"] == _FAMILIES[rrtype] and each["addresses"]:
                return list(each["addresses"])
    return []


def _zones(draft: Draft, request: Request) -> tuple[str, ...]:
    """Return the zones to choose from; none where the whole name is to be typed."""
    about = host(draft.kind, language(request).code)
    if given := draft.given.get("zone"):
        return (str(given),)
    if about and about.below:
        return (about.below,)
    return draft.zones or ()


def _ttl(kind: str) -> int:
    """Return the TTL to propose: the shortest that the host takes, and not less than a minute."""
    limits = getattr(providers.load(kind), "limits", None)
    return int(limits.ttl(first.TTL)) if limits else first.TTL


def _step(request: Request, draft: Draft, name: str, /, **fields: Any) -> Response:
    """Show a step with what every step shows: the way, and the host that was chosen."""
    chosen = host(draft.kind, language(request).code) if draft.kind else None
    token = [] if draft.is_known else ["token"]
    reached = ["host", *([*token, "name"] if draft.kind else []), *(["address"] if draft.name else [])]
    known = {
        "steps": STEPS,
        "step": name,
        "reached": [*reached, *(["plan"] if draft.name and draft.source else [])],
        "draft": draft,
        "host": asdict(chosen) if chosen else None,
        "problem": "",
    }
    return page(request, f"setup_{name}.html", **(known | fields))


ROUTES = [
    Route("/setup", step(show_hosts), methods=["GET"]),
    Route("/setup/host", step(choose_host), methods=["POST"]),
    Route("/setup/token", step(show_token, needs="host"), methods=["GET"]),
    Route("/setup/token", step(take_token, needs="host"), methods=["POST"]),
    Route("/setup/name", step(show_name, needs="host"), methods=["GET"]),
    Route("/setup/name", step(take_name, needs="host"), methods=["POST"]),
    Route("/setup/address", step(show_address, needs="name"), methods=["GET"]),
    Route("/setup/address", step(take_address, needs="name"), methods=["POST"]),
    Route("/setup/plan", step(show_plan, needs="address"), methods=["GET"]),
    Route("/setup/plan", step(take_plan, needs="address"), methods=["POST"]),
]
