"""From the neutral description to a commented `homeport.yaml`, with every secret in the encrypted store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from homeport.config.importing.moved import Account, Elsewhere, Entry, Moved, Note, Source
from homeport.config.models import AUTO


class Written(NamedTuple):
    """The file's text, and the secrets it names, by the name they get in the store."""

    text: str
    secrets: Mapping[str, str]


def write(moved: Moved, taken: Iterable[str] = ()) -> Written:
    """Return the file.

    Args:
        taken: names of secrets that are somebody else's.
    """
    names = _Names(taken)
    providers = "".join(_provider(account, names) for account in moved.accounts)
    blocks = [
        _head(moved),
        "agent:\n",
        _addresses(moved.sources),
        "  providers:                        # secret: values are in the encrypted store: `homeport secret list`\n",
        f"{providers}\n  records:\n",
        *(_record(record) for record in moved.records),
        "\n",
        *_notify(moved.notify, names),
        _interval(moved.interval),
        f"  resolver: {_flow(moved.resolver)}\n" if moved.resolver else "",
    ]
    return Written("".join(blocks), names.secrets)


class _Names:
    """Names for secrets, each of them once."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self.secrets: dict[str, str] = {}

    def keep(self, base: str, value: str) -> str:
        """Return what stands in the file for a secret."""
        if isinstance(value, Elsewhere):
            return value
        count, name = 1, base
        while name in self._taken or name in self.secrets:
            count += 1
            name = f"{base}-{count}"
        self.secrets[name] = value
        return f"secret:{name}"


def _head(moved: Moved) -> str:
    lines = [
        "Homeport: which name follows which address. `homeport config check` reads it without doing anything.",
        f"Made from a configuration of {moved.tool} by `homeport import`.",
        *_told("Not carried over:", moved.left),
        *_told("Carried over, and not quite the same:", moved.changed),
    ]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def _told(title: str, notes: tuple[Note, ...]) -> list[str]:
    return ["", title, *(f"  - {_one_line(str(note))}" for note in notes)] if notes else []


def _one_line(text: str) -> str:
    """Keep a comment a comment, whatever another program's file holds."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _addresses(sources: tuple[Source, ...]) -> str:
    if not sources:
        return "  addresses: {}                     # auto: what the world sees; `homeport detect` shows how it is found\n\n"
    return (
        "  addresses:                        # beside auto, which is built in\n"
        + "".join(map(_source, sources))
        + "\n"
    )


def _source(source: Source) -> str:
    lines = [f"    {source.name}:", "      detect:", *(f"        - {_flow(one)}" for one in source.detect)]
    lines += [f"      witnesses: {source.witnesses}"] if source.witnesses else []
    lines += ["      allow_private: true"] if source.allow_private else []
    lines += [f"      interface: {_quoted(source.interface)}"] if source.interface else []
    return "\n".join(lines) + "\n"


def _provider(account: Account, names: _Names) -> str:
    given = {"kind": account.kind, **account.settings}
    given |= {key: names.keep(f"{account.name}-{key}", value) for key, value in account.secrets.items()}
    return f"    {account.name}: {_flow(given)}\n"


def _notify(told: tuple[Account, ...], names: _Names) -> list[str]:
    """Return who is told, with the names of their secrets beside those of providers."""
    if not told:
        return []
    lines = [_provider(one, names) for one in told]
    return [
        "  notify:                           # who is told what happened: `homeport notify test`\n",
        *lines,
        "\n",
    ]


def _record(record: Entry) -> str:
    types = sorted(record.address)
    sources = {record.address[each] for each in types}
    address: Any = sources.pop() if len(sources) == 1 else {str(each): record.address[each] for each in types}
    lines = [
        f"    - name: {_quoted(str(record.name))}",
        f"      types: [{', '.join(types)}]",
        *([f"      address: {_flow(address)}"] if address != AUTO else []),
        f"      provider: {record.provider}",
        *([f"      ttl: {record.ttl}"] if record.ttl else []),
        *([f"      host_id: {_quoted(record.host_id)}"] if record.host_id else []),
        *([f"      options: {_flow(record.options)}"] if record.options else []),
    ]
    return "\n".join(lines) + "\n"


def _interval(seconds: float | None) -> str:
    return f"  interval: {seconds or 300:g}                     # seconds between safety-net rounds; changes are noticed at once\n"


def _flow(value: Any) -> str:
    """Return a value on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case Mapping():
            return "{" + ", ".join(f"{_key(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case str():
            return value if _is_word(value) else _quoted(value)
        case _:
            return str(value)


def _key(key: str) -> str:
    return key if _is_word(key) else _quoted(key)


def _is_word(text: str) -> bool:
    """Tell whether a text is one without quotes, to every reader of YAML."""
    words = {"true", "false", "yes", "no", "on", "off", "null", "none", "y", "n", "inf", "nan"}
    is_plain = text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return is_plain and text[0].isalpha() and text.lower() not in words


def _quoted(text: str) -> str:
    """Return a text in double quotes, as JSON and YAML have them in common."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(mark if mark.isprintable() else f"\\U{ord(mark):08x}" for mark in quoted)
