"""The hosts that a name may be published at, what each needs to know, and whether it takes what it is told."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request

from homeport import providers
from homeport.web import forms, setup
from homeport.web.acts import noted
from homeport.web.api.operation import operation
from homeport.web.api.problem import Refusal
from homeport.web.desk import language
from homeport.web.drafts import Draft
from homeport.web.hosts import Host, host, hosts
from homeport.web.words import said

Setting = Annotated[str, Meta(max_length=16_384)]


class HostQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which hosts: those whose name, or any word for them, holds `q`."""

    q: Annotated[str, Meta(max_length=100)] = ""


class Provider(msgspec.Struct, frozen=True):
    """One host.

    Attributes:
        kind: as the file spells it.
        known_as: other words for it.
        is_proven: it was tried against the host itself, or its own client.
        made_at: where its tokens are made.
        below: the domain that its names are in, where it gives names away.
        access: the least rights that a token needs.
        is_write_only: it cannot be asked what it holds.
    """

    kind: str
    title: str
    known_as: list[str]
    is_proven: bool
    made_at: str
    below: str
    access: str
    is_write_only: bool


class Providers(msgspec.Struct, frozen=True):
    """Hosts."""

    providers: list[Provider]


class Field(msgspec.Struct, frozen=True):
    """One setting.

    Attributes:
        type: of the form's field that asks for it.
        is_asked: one of those without which the host cannot be used.
        initial: what holds where nothing is said.
    """

    name: str
    label: str
    help: str
    type: str
    is_required: bool
    is_secret: bool
    is_asked: bool
    choices: list[str]
    initial: str


class Described(msgspec.Struct, frozen=True):
    """One host and its settings."""

    provider: Provider
    settings: list[Field]


class Typed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings and secrets by name, as they are typed into the form; nothing of them is kept."""

    settings: dict[str, Setting]


class Tried(msgspec.Struct, frozen=True):
    """What the host says of it.

    Attributes:
        zones: which it may see; `null` where the host cannot be asked for them.
        problems: what is wrong with a setting, by its name.
        why: it was not accepted.
        answer: the host's own words.
    """

    is_accepted: bool
    zones: list[str] | None
    problems: dict[str, str]
    why: str
    answer: str


@operation("GET", "/providers", may="read", summary=said("The hosts that a name may be published at."))
async def providers_(request: Request, query: HostQuery) -> Providers:
    found = hosts(language(request).code, query.q)
    return Providers([_plain(each) for each in found])


@operation("GET", "/providers/{kind}", may="read", summary=said("One host, and the settings that it takes."))
async def provider(request: Request, kind: str) -> Described:
    found = _host(kind, language(request).code)
    fields = [msgspec.convert(each._asdict(), Field) for each in forms.inputs(kind)]
    return Described(_plain(found), fields)


@operation("POST", "/providers/{kind}/zones", may="admin", summary=said("Whether a host takes credentials."))
async def zones(request: Request, kind: str, body: Typed) -> Tried:
    _host(kind, "")
    known = {each.name for each in forms.inputs(kind)}
    if unknown := sorted(set(body.settings) - known):
        raise Refusal(422, f"{kind} has no setting {unknown[0][:100]!r}; /providers/{kind} lists them")
    noted(request, "credentials.tried", kind)
    draft = Draft()
    draft.choose(kind)
    await setup.filled(draft, body.settings)
    if not draft.problems:
        await setup.test(draft)
    zones = None if draft.zones is None else list(draft.zones)
    return Tried(draft.tested, zones, draft.problems, draft.problem, draft.said)


def _host(kind: str, code: str) -> Host:
    found = host(kind, code) if kind in providers.kinds() else None
    if found is None:
        raise Refusal(404, "there is no such host; /providers lists them")
    return found


def _plain(found: Host) -> Provider:
    return msgspec.convert({**asdict(found), "known_as": list(found.known_as)}, Provider)


OPERATIONS = (providers_, provider, zones)
