"""Forms for whoever is told what happens: a chat service that is known here, a URL of one's own, or mail."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homeport import notifiers
from homeport.config.kinds import kind_of, settings_of
from homeport.config.models import Agent
from homeport.config.shape import fields_of
from homeport.model.secret import Secret
from homeport.notifiers._presets import PRESETS, Preset
from homeport.web import fields
from homeport.web.fields import NOTIFY, Field, Part
from homeport.web.words import said

MAIL, OWN = "smtp", "webhook"
KINDS = {
    **{name: preset.title for name, preset in PRESETS.items()},
    MAIL: said("E-mail"),
    OWN: said("Any other URL"),
}
"""What people call whom one can tell; of those that are known here their own names."""
LABELS = {
    "after": said("Seconds before a failure is told"),
    "body": said("Body"),
    "language": said("Language of the messages"),
    "method": said("Method"),
    "names": said("These names alone"),
    "password": said("Password"),
    "port": said("Port"),
    "proxy": said("Proxy"),
    "secret": said("Signing secret"),
    "security": said("Security"),
    "sender": said("Sender"),
    "server": said("Mail server"),
    "success": said("What a good answer says"),
    "to": said("To"),
    "token": said("Token"),
    "url": said("URL"),
    "user": said("User name"),
    "when": said("What is told"),
}
LAST = ("when", "names", "language", "after", "proxy")  # of the fields: nobody needs them at first
_WRITTEN_OUT = ("method", "body", "success")  # of a request of one's own
_HELPS = {"token": "", "url": said("only where you run the service yourself")}
"""Of a service that is known here, what is said of a field beside its label."""
_NEVER = ("anywhere", "preset", "headers")  # not set from a page, or not in a field


def parts(agent: Agent, text: str) -> list[Part]:
    """Return the form of everybody who is told."""
    return [_part(text, name, settings) for name, settings in agent.notify.items()]


def part(agent: Agent, text: str, at: str, kind: str = "") -> Part | None:
    """Return the form of one who is told, or of one more; `None` where there is none.

    Args:
        at: `notify/` and a name.
        kind: of one more: one of `KINDS`.
    """
    room, _, name = at.partition("/")
    if room != NOTIFY or not name:
        return None
    if name in agent.notify:
        return _part(text, name, agent.notify[name])
    return _new(text, name, kind) if kind in KINDS else None


def at(name: str) -> str:
    """Return what the form of one is asked for by."""
    return f"{NOTIFY}/{name}"


def _part(text: str, name: str, settings: msgspec.Struct) -> Part:
    place = ("agent", NOTIFY, name)
    preset = PRESETS.get(str(getattr(settings, "preset", None)))
    wanted = _inputs(type(settings), text, place, preset, is_new=False)
    return Part(at(name), name, place, tuple(wanted))


def _new(text: str, name: str, kind: str) -> Part:
    place, preset = ("agent", NOTIFY, name), PRESETS.get(kind)
    given = {"kind": OWN, "preset": kind} if preset else {"kind": kind}
    if preset and preset.language != "en":
        given["language"] = preset.language
    wanted = settings_of(notifiers.load(given["kind"]))
    inputs = [
        one._replace(initial=given.get("language", one.initial)) if one.name == "language" else one
        for one in _inputs(wanted, text, place, preset, is_new=True)
    ]
    return Part(at(name), name, place, tuple(inputs), is_new=True, kind=kind, given=given)


def _inputs(
    wanted: type[msgspec.Struct],
    text: str,
    place: tuple[str | int, ...],
    preset: Preset | None,
    *,
    is_new: bool,
) -> list[Field]:
    """Return the fields that this service has, those without which nobody can be told first."""
    plain = {one.name: one for one in fields.fields(wanted, text, place, LABELS)}
    found = []
    for one in fields_of(wanted):
        name = one.encode_name
        if name in _NEVER or not _has(preset, name):
            continue
        is_needed = one.required or (name in preset.needs if preset else name == "url")
        if name in plain:
            found.append(plain[name]._replace(is_required=is_needed))
        elif fields.is_of(one.type, Secret):
            found.append(
                Field(
                    name,
                    LABELS[name],
                    fields.help_of(one.type),
                    "password",
                    "",
                    is_required=is_needed and is_new,
                )
            )
        else:
            found.append(
                Field(
                    name, LABELS[name], fields.help_of(one.type), "list", fields.written(text, (*place, name))
                )
            )
    ordered = sorted(found, key=lambda one: (one.name in LAST, not _is_needed(one, preset)))
    if preset is None:
        return ordered
    helped = [one._replace(help=_HELPS.get(one.name, one.help)) for one in ordered]
    return [helped[0]._replace(help=preset.help), *helped[1:]]


def _has(preset: Preset | None, name: str) -> bool:
    """Tell whether a setting means something to a service."""
    if preset is None:
        return name != "secret"
    if name in _WRITTEN_OUT:
        return False
    if name == "secret":
        return bool(preset.sign)
    if name in {"token", "to"}:
        return name in preset.needs or any(
            f"{{{name}}}" in str(each) for each in (preset.body, preset.headers)
        )
    return True


def _is_needed(one: Field, preset: Preset | None) -> bool:
    return one.is_required or bool(preset and one.name in preset.needs)


def sentences() -> Iterator[str]:
    """Yield the labels and helps of every form here, and what those are called that have no name of their own."""
    for kind in KINDS:
        for field in _new("", "x", kind).fields:
            yield field.label
            if field.help:
                yield field.help


def title(settings: msgspec.Struct) -> str:
    """Return what people call one who is told."""
    return KINDS.get(str(getattr(settings, "preset", None) or kind_of(settings)), kind_of(settings))
