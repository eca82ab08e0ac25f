"""What may come from a page: never a program, a file of this machine, or a secret on its way to somewhere else.

Both documents are compared as the agent reads them, by the types of their settings, so that no spelling of YAML is a
way round and no list of names can lack one. Whoever changes the file by hand is not bound by this.

- A setting that names a program (`is: word`) or a file may go, and not come or change.
- A secret stays where it is as long as all that decides where it is sent stays: then it has to be typed again.
- What is typed becomes `secret:` in the encrypted store; `env:` and `file:` come from nobody.
- A regular expression that may take very long comes from nobody either: hosts choose the text that it is found in.
- The server's part stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args, get_origin

import msgspec

from homeport.config.hidden import STARS, written_out
from homeport.config.loader import Examined
from homeport.config.models import Agent
from homeport.config.node import Fault, Items, Node, Scalar, Table, join
from homeport.config.reading import composed
from homeport.config.shape import fields_of
from homeport.model.name import Fqdn
from homeport.model.pattern import is_quick
from homeport.model.secret import Secret
from homeport.providers import _base
from homeport.wire import placeholders

PROGRAM = "a program is not set from a page; write it into the file on the machine"
FILE = "a file of this machine is not named from a page; write it into the file on the machine"
SERVER = "the server's part is not changed from a page; change it in the file on the machine"
REFERENCE = "only secrets in the encrypted store are set from a page; write this into the file on the machine"
AGAIN = "it would be sent elsewhere now: type the secret again"
STORED = "type the secret itself here: it goes into the encrypted store at once"
WRITTEN = "a secret seems to stand there; write {token} in its place, and type the secret as `token`"
ANYWHERE = (
    "where nothing is sent from a page is allowed by hand alone; change this in the file on the machine"
)
PATTERN = (
    "this regular expression may take very long; make it simpler, or write it into the file on the machine"
)
SENTENCES = (PROGRAM, FILE, SERVER, REFERENCE, AGAIN, STORED, WRITTEN, ANYWHERE, PATTERN)
_HARMLESS = frozenset({bool, type(None), IPv4Address, IPv6Address})
_EVERYWHERE = frozenset(field.name for field in fields_of(_base.Settings) if field.type != Secret) - {"proxy"}
"""What every provider has and sends no secret to: whom to ask when verifying, and by which way to leave."""
_ABOUT = frozenset({"when", "names", "language", "after"})
"""What every notifier has, and what says what is told and not to whom."""
TARGET = "target"
"""What the type of a secret says that is itself the place where others are sent: `Meta(extra={"leads": TARGET})`."""


class Held(NamedTuple):
    """One mapping of settings, where it stands.

    Attributes:
        path: with the numbers of list items.
        pattern: without them.
    """

    path: str
    pattern: str
    settings: msgspec.Struct


class Placed(NamedTuple):
    """One secret, and where it is sent, as far as settings tell."""

    pattern: str
    field: str
    source: str
    value: str
    destination: str


def faults(before: Examined, after: Examined, restored: frozenset[str] = frozenset()) -> tuple[Fault, ...]:
    """Return why a page may not change one file into another; nothing when it may.

    Args:
        before: as it is on disk.
        after: as it would be, with secrets that were typed standing in it.
        restored: places of secrets that nobody typed.
    """
    if before.config is None or after.config is None:
        raise ValueError("only files that can be read are compared")
    root = composed(after.text).root
    old, new = before.config.agent or Agent(), after.config.agent or Agent()
    found = [
        *(Fault(0, path, PROGRAM) for path in _added(_programs(old), _programs(new))),
        *(Fault(0, path, FILE) for path in _added(_paths(old), _paths(new))),
        *(Fault(0, path, ANYWHERE) for path in _added(_unguarded(old), _unguarded(new))),
        *(Fault(0, path, PATTERN) for path in _added(_endless(old), _endless(new))),
        *_secrets(old, new, restored),
        *_written(old, new),
        *_carried(old, new, restored),
    ]
    if _plain(_server(composed(before.text).root)) != _plain(_server(root)):
        found.append(Fault(0, "server", SERVER))
    return tuple(
        sorted({Fault(line_of(root, each.path), each.path, each.message) for each in found}, key=_order)
    )


def _order(fault: Fault) -> tuple[int, str, str]:
    return fault.line, fault.path, fault.message


def is_settable(wanted: type[msgspec.Struct]) -> bool:
    """Tell whether settings of a type may come from a page at all: no program is among them, and no file."""
    types = [field.type for field in fields_of(wanted)]
    return not any("word" in _meanings(each) or Path in _members(each) for each in types)


def typed(before: Examined, after: Examined, restored: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the secrets that were typed, by their place: they belong into the encrypted store."""
    old = (before.config.agent if before.config else None) or Agent()
    new = (after.config.agent if after.config else None) or Agent()
    known = {placed for _, placed in _placed(old)}
    return {
        path: placed.value
        for path, placed in _placed(new)
        if placed.source == STARS and path not in restored and placed not in known
    }


def every(agent: Agent) -> Iterator[Held]:
    """Yield every mapping of settings in the agent's part."""
    yield from _all(agent, "agent")


def _added(
    before: list[tuple[str, tuple[str, str]]], after: list[tuple[str, tuple[str, str]]]
) -> Iterator[str]:
    """Yield the places of what is there more often than before."""
    left = Counter(each for _, each in before)
    for path, each in after:
        left[each] -= 1
        if left[each] < 0:
            yield path


def _programs(agent: Agent) -> list[tuple[str, tuple[str, str]]]:
    return [
        (held.path, (held.pattern, _canonical(held.settings)))
        for held in _all(agent, "agent")
        if any("word" in _meanings(field.type) for field in fields_of(type(held.settings)))
    ]


def _paths(agent: Agent) -> list[tuple[str, tuple[str, str]]]:
    return [
        (join(held.path, field.encode_name), (join(held.pattern, field.encode_name), str(path)))
        for held in _all(agent, "agent")
        for field in fields_of(type(held.settings))
        for path in _files_in(getattr(held.settings, field.name))
    ]


def _endless(agent: Agent) -> list[tuple[str, tuple[str, str]]]:
    """Return the regular expressions that may take very long, each with its setting."""
    return [
        (join(held.path, field.encode_name), (join(held.pattern, field.encode_name), text))
        for held in _all(agent, "agent")
        for field in fields_of(type(held.settings))
        if "pattern" in _meanings(field.type) and not is_quick(text := getattr(held.settings, field.name))
    ]


def _files_in(value: Any) -> Iterator[Path]:
    if isinstance(value, Path):
        yield value
    elif isinstance(value, tuple | list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _files_in(each)


def _secrets(old: Agent, new: Agent, restored: frozenset[str]) -> Iterator[Fault]:
    known = {placed for _, placed in _placed(old)}
    sources = {(placed.pattern, placed.field, placed.source, placed.value) for placed in known}
    for path, placed in _placed(new):
        if placed in known:
            continue
        if (placed.pattern, placed.field, placed.source, placed.value) in sources and (
            placed.source != STARS or path in restored
        ):
            yield Fault(0, path, AGAIN)
        elif placed.source == STARS:
            if path in restored or placed.value == STARS:
                yield Fault(0, path, AGAIN)
        else:
            yield Fault(0, path, STORED if placed.source.startswith("secret:") else REFERENCE)


def _written(old: Agent, new: Agent) -> Iterator[Fault]:
    """Find secrets that stand in a template's texts and did not, or would be sent elsewhere."""
    before = dict(written_out(old))
    for path, settings in written_out(new):
        there = getattr(settings, "literal_secrets", {})
        was = before.get(path)
        if not there or (was is not None and _destination(was, old) == _destination(settings, new)):
            continue
        for setting in there:
            yield Fault(0, f"{path}.{setting}", WRITTEN)


def _carried(old: Agent, new: Agent, restored: frozenset[str]) -> Iterator[Fault]:
    """Find texts with a hidden part, such as the password of a URL, that came along to somewhere else."""
    before = dict(written_out(old))
    for place, settings in written_out(new):
        was = before.get(place)
        if was is None or _destination(was, old) != _destination(settings, new):
            for path in sorted(restored):
                if path.startswith(f"{place}."):
                    yield Fault(0, path, AGAIN)


def _unguarded(agent: Agent) -> list[tuple[str, tuple[str, str]]]:
    """Return the settings that lead anywhere at all, to a cloud's metadata too."""
    return [
        (join(held.path, "anywhere"), (held.pattern, _canonical(held.settings)))
        for held in _all(agent, "agent")
        if getattr(held.settings, "anywhere", False)
    ]


def _placed(agent: Agent) -> Iterator[tuple[str, Placed]]:
    for held in _all(agent, "agent"):
        secrets = {
            field.encode_name: value
            for field in fields_of(type(held.settings))
            if isinstance(value := getattr(held.settings, field.name), Secret)
        }
        where = _destination(held.settings, agent) if secrets else ""
        for name, secret in secrets.items():
            value = secret.reveal() if secret.source == STARS else ""
            yield join(held.path, name), Placed(held.pattern, name, secret.source, value, where)


def _destination(settings: msgspec.Struct, agent: Agent) -> str:
    """Return all that may decide where the secrets among some settings are sent."""
    config = type(settings).__struct_config__
    parts: list[Any] = [str(config.tag)]
    texts = []
    for field in fields_of(type(settings)):
        value = getattr(settings, field.name)
        if isinstance(value, Secret):
            if is_target(field) or "proxy" in _meanings(field.type):
                parts.append((field.name, _canonical(value)))
            if is_target(field):
                parts.append(agent.resolver)  # whether a certificate guards it, is not seen here
        elif not _is_harmless(field):
            parts.append((field.name, _canonical(value)))
            texts += [value] if isinstance(value, str) else []
    if any(_is_open(text) for text in texts):
        names = sorted(
            str(one.name) for one in agent.records if agent.providers.get(one.provider) is settings
        )
        parts += [names, _canonical(getattr(settings, "zone", None))]
    if any(text.lower().startswith("http://") for text in texts):
        parts.append(agent.resolver)  # no certificate says that it is the host that was meant
    return repr(parts)


def is_target(field: msgspec.structs.FieldInfo) -> bool:
    """Tell whether a setting is a secret that is itself the place where others are sent."""
    return TARGET in _meanings(field.type)


def _is_open(url: str) -> bool:
    """Tell whether a URL's host is made of what a record says."""
    _, separator, rest = url.partition("://")
    return bool(separator) and bool(placeholders.words(rest.partition("/")[0]))


def _is_harmless(field: msgspec.structs.FieldInfo) -> bool:
    """Tell whether a setting can never say where something is sent: by its type, or its unit."""
    if field.name in _EVERYWHERE | _ABOUT:
        return True
    members = set(_members(field.type))
    is_span = any(str(meta.description or "").startswith("seconds") for meta in _metas(field.type))
    return members <= (_HARMLESS | {Fqdn}) or (is_span and members <= (_HARMLESS | {int, float}))


def _all(value: Any, path: str, pattern: str = "") -> Iterator[Held]:
    pattern = pattern or path
    if isinstance(value, msgspec.Struct):
        yield Held(path, pattern, value)
        for field in fields_of(type(value)):
            name = field.encode_name
            yield from _all(getattr(value, field.name), join(path, name), join(pattern, name))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _all(each, join(path, str(key)), join(pattern, str(key)))
    elif isinstance(value, tuple | list):
        for index, each in enumerate(value):
            yield from _all(each, join(path, index), f"{pattern}[]")


def _canonical(value: Any) -> str:
    """Return a text that is another one for every other value, secrets and all: compared, never shown."""
    if isinstance(value, Secret):
        return repr(("secret", value.source, value.reveal() if value.source == STARS else ""))
    if isinstance(value, msgspec.Struct):
        names = [field.name for field in fields_of(type(value))]
        tag = str(type(value).__struct_config__.tag)
        return repr((tag, [(name, _canonical(getattr(value, name))) for name in names]))
    if isinstance(value, dict):
        return repr(sorted((str(key), _canonical(each)) for key, each in value.items()))
    if isinstance(value, tuple | list):
        return repr([_canonical(each) for each in value])
    return repr((type(value).__name__, str(value)))


def _metas(wanted: Any) -> Iterator[msgspec.Meta]:
    if get_origin(wanted) is Annotated:
        yield from (meta for meta in wanted.__metadata__ if isinstance(meta, msgspec.Meta))
        yield from _metas(wanted.__origin__)
    else:
        for each in get_args(wanted):
            yield from _metas(each)


def _meanings(wanted: Any) -> set[str]:
    return {str(said) for meta in _metas(wanted) for said in (meta.extra or {}).values()}


def _members(wanted: Any) -> Iterator[Any]:
    """Yield the plain types that a setting may have; of a choice of words the choice itself."""
    if get_origin(wanted) is Annotated:
        yield from _members(wanted.__origin__)
    elif get_args(wanted) and not isinstance(get_args(wanted)[0], str):
        for each in get_args(wanted):
            if each is not ...:
                yield from _members(each)
    else:
        yield wanted


def _server(root: Node | None) -> Node | None:
    return root.get("server") if isinstance(root, Table) else None


def _plain(node: Node | None) -> Any:
    """Return a node without its lines."""
    match node:
        case Table():
            return {key.text: _plain(value) for key, value in node.entries}
        case Items():
            return [_plain(value) for value in node.items]
        case Scalar():
            return (node.text, node.plain)
        case None:
            return None


def line_of(root: Node | None, path: str) -> int:
    """Return the line of a place, or of the nearest thing above it."""
    lines = {"": 0, **dict(_lines(root, ""))}
    while path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines[path]


def _lines(node: Node | None, path: str) -> Iterator[tuple[str, int]]:
    match node:
        case Table():
            for key, value in node.entries:
                yield join(path, key.text), key.line
                yield from _lines(value, join(path, key.text))
        case Items():
            for index, value in enumerate(node.items):
                yield join(path, index), value.line
                yield from _lines(value, join(path, index))
        case _:
            return


def stored(text: str, names: Mapping[str, str]) -> str:
    """Return a text that names secrets where they stood: `secret:` and the name for each place."""
    from homeport.config.spans import rewritten

    return rewritten(text, {place: f"secret:{name}" for place, name in names.items()})
