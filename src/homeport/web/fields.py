"""Forms for the parts of `homeport.yaml`, made of the types of their settings, filled with what stands in the file.

A form says what differs from what it showed; that is put into the text, which then goes the way of every change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from homeport import detectors
from homeport.config import edit
from homeport.config.kinds import kind_of, settings_of
from homeport.config.models import AddressSource, Agent, Heartbeat, Record, Web
from homeport.config.node import Items, Node, Scalar, Table
from homeport.config.page_rules import is_settable
from homeport.config.reading import composed
from homeport.config.shape import fields_of
from homeport.model.secret import Secret
from homeport.web import forms

LABELS = {
    "address": "Address source",
    "adopt": "Take over what stands there",
    "allow_private": "Private addresses too",
    "at": "Where beats go",
    "debounce": "Quiet before a round",
    "every": "Seconds between beats",
    "fail_back": "Seconds until a line is taken back",
    "fail_over": "Seconds until another line is taken",
    "host_id": "Host part of IPv6",
    "id": "ID of this agent",
    "interface": "Interface",
    "interval": "Interval",
    "lines": "Lines",
    "listen": "Listen on",
    "name": "Name",
    "names": "Host names",
    "open_metrics": "Numbers without a token",
    "provider": "DNS host",
    "resolver": "Resolver",
    "router_events": "Listen to the router",
    "server": "Server",
    "shared": "Shared with others",
    "source": "Own address",
    "stun": "STUN server",
    "tls": "TLS certificate",
    "trusted_proxies": "Trusted proxies",
    "ttl": "TTL",
    "types": "Types",
    "use": "Lines in use",
    "when_gone": "When there is no address",
    "withdraw_after": "Withdraw after",
    "witnesses": "Witnesses that must agree",
}
GENERAL, RECORDS, PROVIDERS, SOURCES = "general", "records", "providers", "addresses"
NOTIFY, PUSH = "notify", "push"
OF_SOURCE = "source."  # before the name of a setting of the source that is made
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_MODELS = (Agent, Record, AddressSource, Web, Heartbeat)


class Field(NamedTuple):
    """One field.

    Attributes:
        name: its place within the form's part, with dots.
        type: `text`, `number`, `select`, `yes`, `list`, `password` or `textarea`.
        value: as it stands in the file, stars and all; nothing where the default holds.
        initial: the default, as text.
        is_locked: it is shown, and changed in the text or on the machine.
    """

    name: str
    label: str
    help: str
    type: str
    value: str
    initial: str = ""
    choices: tuple[str, ...] = ()
    is_required: bool = False
    is_locked: bool = False


class Asked(NamedTuple):
    """One of those that an address source asks: as text, and the form that it has, if it may have one."""

    text: str
    at: str


class Part(NamedTuple):
    """One part of the file that has a form.

    Attributes:
        at: what it is asked for by.
        place: where it stands.
        asked: whom an address source asks.
        kind: which type of settings a new one is given.
        asks: of one of those that a source asks, its kind.
        given: of a new mapping what is in it beside what is typed.
    """

    at: str
    title: str
    place: tuple[str | int, ...]
    fields: tuple[Field, ...]
    asked: tuple[Asked, ...] = ()
    is_new: bool = False
    kind: str = ""
    asks: str = ""
    given: Mapping[str, Any] = {}


def parts(agent: Agent, text: str) -> list[Part]:
    """Return every part of a file, of its text as a browser may see it."""
    root = composed(text).root
    found = [Part(GENERAL, "", ("agent",), tuple(_fields(Agent, _at(root, ("agent",)))))]
    for number, record in enumerate(agent.records):
        found.append(_record(root, number, str(record.name)))
    for name, settings in agent.providers.items():
        place = ("agent", PROVIDERS, name)
        found.append(Part(f"{PROVIDERS}/{name}", name, place, tuple(_provider(settings, _at(root, place)))))
    written = _at(root, ("agent", SOURCES))
    for name in agent.addresses:
        if not isinstance(written, Table) or written.get(name) is None:
            continue  # the built-in one
        place = ("agent", SOURCES, name)
        asked = tuple(
            _asked(name, number, one) for number, one in enumerate(_items(_at(root, (*place, "detect"))))
        )
        fields = tuple(_fields(AddressSource, _at(root, place)))
        found.append(Part(f"{SOURCES}/{name}", name, place, fields, asked))
    return found


def _asked(name: str, number: int, node: Node) -> Asked:
    kind = node.get("kind") if isinstance(node, Table) else None
    is_ours = isinstance(kind, Scalar) and is_settable(settings_of(detectors.load(kind.text)))
    return Asked(_in_line(node), detector_at(name, number) if is_ours else "")


def detector_at(name: str, number: int | str) -> str:
    """Return what the form of one of those that an address source asks is asked for by."""
    return f"{SOURCES}/{name}/detect/{number}"


def new_record(agent: Agent, text: str) -> Part:
    """Return the form of one more record."""
    return _record(composed(text).root, len(agent.records), "")._replace(is_new=True)


def _record(root: Node | None, number: int, title: str) -> Part:
    place = ("agent", RECORDS, number)
    return Part(f"{RECORDS}/{number}", title, place, tuple(_fields(Record, _at(root, place))))


def changed(text: str, part: Part, posted: Mapping[str, str]) -> str:
    """Return a text with what was typed into a form and differs from what it showed.

    Raises:
        ConfigInvalid: it cannot be put there; the sentence is one of `edit.SENTENCES`.
    """
    new: dict[str, Any] = dict(part.given)
    for one in part.fields:
        if one.is_locked or one.name not in posted:
            continue
        typed = posted[one.name].strip().replace("\r\n", "\n")
        place = (*part.place, *one.name.split("."))
        if one.type in {"password", "textarea"}:
            if typed:
                text = _with_secret(text, part, new, one.name, typed)
            continue
        value = _split(typed) if one.type == "list" else typed
        if value == (_split(one.value) if one.type == "list" else one.value):
            continue
        if part.is_new and value:
            new[one.name] = _value(one, value)
        elif value:
            text = edit.put(text, place, _value(one, value))
        elif one.value:
            text = edit.drop(text, place)
    if part.is_new and part.asks:
        return _added(text, part, new)
    return edit.put(text, part.place, new) if new else text


def _with_secret(text: str, part: Part, new: dict[str, Any], name: str, typed: str) -> str:
    """Return a text with a secret that was typed; into a mapping that is new it goes with all the rest."""
    if part.is_new:
        new[name] = typed
        return text
    return edit.put(text, (*part.place, *name.split(".")), typed)


def _added(text: str, part: Part, new: dict[str, Any]) -> str:
    """Return a text in which an address source asks one more; with what is said of the source itself it is made."""
    own = {name.removeprefix(OF_SOURCE): value for name, value in new.items() if name.startswith(OF_SOURCE)}
    asked = {"kind": part.kind, **{name: new[name] for name in new if not name.startswith(OF_SOURCE)}}
    *source, detect, _ = part.place
    return edit.put(text, source, {detect: [asked], **own}) if own else edit.put(text, part.place, asked)


def sentences() -> Iterator[str]:
    """Yield every label and help of every form that is not a provider's."""
    for model in _MODELS:
        for field in _fields(model, None):
            yield field.label
            if field.help:
                yield field.help


def _value(field: Field, typed: str | list[str]) -> Any:
    if field.type == "yes":
        return typed == "true"
    if field.type == "number" and isinstance(typed, str) and _NUMBER.fullmatch(typed):
        return float(typed) if "." in typed else int(typed)
    return typed


def _split(text: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", text) if word]


def fields(
    wanted: type[msgspec.Struct],
    text: str,
    place: tuple[str | int, ...],
    labels: Mapping[str, str] = LABELS,
) -> tuple[Field, ...]:
    """Return a type's fields, filled with what stands at a place of a text."""
    return tuple(_fields(wanted, _at(composed(text).root, place), labels=labels))


def _fields(
    wanted: type[msgspec.Struct], node: Node | None, prefix: str = "", labels: Mapping[str, str] = LABELS
) -> Iterator[Field]:
    for field in fields_of(wanted):
        name, held = field.encode_name, node.get(field.encode_name) if isinstance(node, Table) else None
        members = tuple(_members(field.type))
        inner = next((each for each in members if each in (Web, Heartbeat)), None)
        if inner is not None:
            yield from _fields(inner, held, f"{prefix}{name}.")
        elif kind := _kind(members, field.type):
            choices = _choices(members)
            default = "" if field.required or field.default is msgspec.NODEFAULT else field.default
            yield Field(
                name=f"{prefix}{name}",
                label=labels.get(name, name),
                help=_help(field.type),
                type=kind,
                value=_written(held),
                initial=_initial(default),
                choices=choices if kind == "select" else (),
                is_required=field.required,
                is_locked=isinstance(held, Table) or (kind != "list" and isinstance(held, Items)),
            )


def is_of(wanted: Any, member: type) -> bool:
    """Tell whether a setting may be of a type."""
    return member in _members(wanted)


def help_of(wanted: Any) -> str:
    """Return what a setting's type says of it."""
    return _help(wanted)


def written(text: str, place: tuple[str | int, ...]) -> str:
    """Return what stands at a place of a text, as a field shows it."""
    return _written(_at(composed(text).root, place))


def _provider(settings: msgspec.Struct, node: Node | None) -> Iterator[Field]:
    for one in forms.inputs(kind_of(settings)):
        held = node.get(one.name) if isinstance(node, Table) else None
        kind = {"checkbox": "yes", "url": "text"}.get(one.type, one.type)
        yield Field(
            name=one.name,
            label=one.label,
            help=one.help,
            type="list" if one.name == "nameservers" else kind,
            value="" if one.is_secret else _written(held),
            initial="true" if one.initial == "on" else one.initial,
            choices=one.choices,
            is_required=one.is_required and not one.is_secret,
            is_locked=isinstance(held, Table),
        )


def _kind(members: tuple[Any, ...], wanted: Any) -> str:
    """Return how a setting is asked for; nothing when it has no field."""
    if any(each in (Path, Secret, Any, dict) for each in members) and str not in members:
        return ""
    if tuple in members:
        inner = tuple(_members(get_args(_bare(wanted))[0]))
        return "list" if all(each is str or _is_enum(each) for each in inner) and not _reads(wanted) else ""
    if frozenset in members or (dict in members and str not in members):
        return ""
    if bool in members:
        return "yes"
    if _choices(members):
        return "select"
    return "number" if {int, float} & set(members) else "text"


def _members(wanted: Any) -> Iterator[Any]:
    """Yield what a setting may be: of lists and mappings what they are, and not what is in them."""
    if get_origin(wanted) is Annotated:
        yield from _members(wanted.__origin__)
    elif get_origin(wanted) in (Union, UnionType):
        for each in get_args(wanted):
            yield from _members(each)
    elif get_origin(wanted) is Literal:
        yield wanted
    elif wanted is not type(None):
        yield get_origin(wanted) or wanted


def _bare(wanted: Any) -> Any:
    return _bare(wanted.__origin__) if get_origin(wanted) is Annotated else wanted


def _reads(wanted: Any) -> bool:
    inner = get_args(_bare(wanted))[0]
    return get_origin(inner) is Annotated


def _is_enum(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, Enum)


def _choices(members: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(str(word) for each in members if get_origin(each) is Literal for word in get_args(each))


def _help(wanted: Any) -> str:
    if get_origin(wanted) is Annotated:
        for meta in wanted.__metadata__:
            if isinstance(meta, msgspec.Meta) and meta.description:
                return str(meta.description)
        return _help(wanted.__origin__)
    if get_origin(wanted) in (Union, UnionType):
        return next((found for each in get_args(wanted) if (found := _help(each))), "")
    return ""


def _initial(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ", ".join(str(each.value if isinstance(each, Enum) else each) for each in default)
    return "" if default is None or isinstance(default, msgspec.Struct) else str(default)


def is_there(text: str, place: tuple[str | int, ...]) -> bool:
    """Tell whether something is written at a place of a text."""
    return _at(composed(text).root, place) is not None


def _at(root: Node | None, place: tuple[str | int, ...]) -> Node | None:
    node = root
    for key in place:
        if isinstance(node, Items) and isinstance(key, int):
            node = node.items[key] if key < len(node.items) else None
        else:
            node = node.get(str(key)) if isinstance(node, Table) else None
    return node


def _written(node: Node | None) -> str:
    if isinstance(node, Items):
        return ", ".join(_in_line(each) for each in node.items)
    return node.text if isinstance(node, Scalar) and not node.is_nothing else ""


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else () if node is None else (node,)


def _in_line(node: Node) -> str:
    """Return what stands there in a line."""
    match node:
        case Table():
            return ", ".join(f"{key.text}: {_in_line(value)}" for key, value in node.entries)
        case Items():
            return "[" + ", ".join(map(_in_line, node.items)) + "]"
        case Scalar():
            return node.text
