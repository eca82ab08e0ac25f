"""A form for the settings of any provider, made of their type: no page is written for one.

What is typed is read back here; secrets are kept apart from what may be shown again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple, get_args, get_origin

import msgspec

from homeport import providers
from homeport.config import first
from homeport.config.kinds import choices_of, settings_of, urls_of
from homeport.config.schema import SECRET, Setting, settings
from homeport.errors import ConfigInvalid
from homeport.net.reachable import why_not

LABELS = {
    "access_key": "Access key",
    "access_key_id": "AccessKey ID",
    "access_key_secret": "AccessKey Secret",
    "api_key": "API key",
    "base_url": "Address of the API",
    "key": "Key",
    "least_ttl": "Least TTL",
    "nameservers": "Name servers",
    "password": "Password",
    "proxy": "Proxy",
    "secret": "Secret",
    "secret_id": "SecretId",
    "secret_key": "SecretKey",
    "server": "Server",
    "token": "Token",
    "url": "URL",
    "user": "User name",
    "username": "User name",
    "zone": "Zone (domain)",
    "email": "E-mail address",
}
SMALL = {"id": "ID", "api": "API", "url": "URL", "ttl": "TTL", "ipv6": "IPv6", "apikey": "ApiKey"}
HELPS = {
    "proxy": "reach the host through this proxy: an http, https, socks5 or socks5h URL",
    "service_account": "the whole JSON key file",
}
"""What is said here in other words than in the file."""
ELSEWHERE = frozenset({"interface", "source"})  # set when the file is edited: nobody needs them at first


NOT_TEXT = "There is a character in it that cannot be typed; paste it again."
NO_NUMBER = "That is no whole number."
NO_CHOICE = "That is not one of the choices."

NO_URL = "Write an address that begins with http:// or https://."
NOT_THERE = "This page sends nothing there: clouds keep a machine's own credentials at such addresses."

LITERAL = "A secret seems to stand in it: write {token} in its place, and the secret itself below at Token."


class Input(NamedTuple):
    """One field of the form.

    Attributes:
        type: of the HTML element: `password`, `textarea`, `select`, `checkbox`, `number`, `url` or `text`.
        is_asked: one of those without which the host cannot be used.
        initial: what holds where nothing is typed.
    """

    name: str
    label: str
    help: str
    type: str
    is_required: bool
    is_secret: bool
    is_asked: bool
    choices: tuple[str, ...] = ()
    initial: str = ""


class Typed(NamedTuple):
    """What was typed: plain settings, secrets, and the English sentence about each field that is wrong."""

    given: dict[str, Any]
    secrets: dict[str, str]
    problems: dict[str, str]


def inputs(kind: str) -> list[Input]:
    """Return the fields of a provider's form, those that must be filled in first."""
    asked = [one.name for one in first.asked(kind)]
    wanted = settings_of(providers.load(kind))
    types = {field.encode_name: field.type for field in msgspec.structs.fields(wanted)}
    found = [
        _input(one, types[one.name], is_asked=one.name in asked, is_url=one.name in urls_of(wanted))
        for one in settings(wanted)
        if one.name not in ELSEWHERE and one.type != "mapping"
    ]
    return sorted(found, key=lambda one: (not one.is_asked, asked.index(one.name) if one.is_asked else 0))


def read(kind: str, posted: Mapping[str, str]) -> Typed:
    """Return what was typed into the form; what was left empty is as if it was not there."""
    typed = Typed({}, {}, {})
    for one in inputs(kind):
        text = posted.get(one.name, "").strip()
        if one.is_secret:
            if text and not all(letter.isprintable() or letter in "\r\n" for letter in text):
                typed.problems[one.name] = NOT_TEXT
            elif text:
                typed.secrets[one.name] = text
        elif one.type == "checkbox":
            if (one.name in posted) != (one.initial == "on"):
                typed.given[one.name] = one.name in posted
        elif text:
            _take(typed, one, text)
        if one.type == "url" and text and (why := why_not(text)):
            typed.problems[one.name] = NO_URL if why.startswith("expected") else NOT_THERE
    return typed


def wanting(kind: str, typed: Typed) -> list[str]:
    """Return the fields that must be filled in and are not; of a host with several ways in, those of the first."""
    there = {*typed.given, *typed.secrets, *typed.problems}
    all_inputs = inputs(kind)
    is_untouched = not there & {one.name for one in all_inputs if one.is_asked or one.is_secret}
    return [
        one.name
        for one in all_inputs
        if one.name not in there and (one.is_required or (one.is_asked and is_untouched))
    ]


def hosts_in(kind: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings that say where secrets are sent to; where one changes, secrets are typed anew."""
    named = {"server", "base_url", "url", "authority", "service", "provider"}
    names = {*urls_of(settings_of(providers.load(kind))), *named}
    return {name: str(value) for name, value in given.items() if name in names}


def literal_secrets(kind: str, given: Mapping[str, Any], secrets: Mapping[str, str]) -> list[str]:
    """Return the plain settings in which a secret seems to stand: they would be shown again."""
    try:
        made = first.provider_of(kind, given, secrets)
    except ConfigInvalid:  # the test says what is wrong with it
        return []
    return [name for name in getattr(made, "literal_secrets", ()) if name in given]


def sentences() -> Iterator[str]:
    """Yield every label, every help and every fault of every form, in English."""
    yield from (NOT_TEXT, NO_NUMBER, NO_CHOICE, NO_URL, NOT_THERE, LITERAL)
    for kind in providers.kinds():
        try:
            each = inputs(kind)
        except ImportError:  # its extra is not installed here
            continue
        for one in each:
            yield one.label
            if one.help:
                yield one.help


def _input(one: Setting, wanted: Any, *, is_asked: bool, is_url: bool) -> Input:
    choices = choices_of(wanted)
    initial = "on" if one.default is True else _initial(one.default)
    return Input(
        name=one.name,
        label=_label(one.name),
        help=_help(one),
        type=_type(one, wanted, choices, is_url=is_url),
        is_required=one.required,
        is_secret=one.secret,
        is_asked=is_asked,
        choices=choices,
        initial=initial,
    )


def _help(one: Setting) -> str:
    """Return what is to be said of a setting beside its label."""
    told = HELPS.get(one.name, "" if one.description == SECRET else one.description)
    is_label = told.removeprefix("the ").casefold() == _label(one.name).casefold()
    return "" if is_label else told


def _type(one: Setting, wanted: Any, choices: tuple[str, ...], *, is_url: bool) -> str:
    if one.secret:
        return "textarea" if _has_lines(wanted) else "password"
    if choices:
        return "select"
    if one.type.startswith("yes or no"):
        return "checkbox"
    if one.type.startswith("whole number"):
        return "number"
    return "url" if is_url else "text"


def _has_lines(wanted: Any) -> bool:
    """Tell whether a value has several lines, which a password field would join: a PEM key, a JSON document."""
    if get_origin(wanted) is Annotated:
        return any((meta.extra or {}).get("lines") == "many" for meta in wanted.__metadata__)
    return any(_has_lines(each) for each in get_args(wanted))


def _label(name: str) -> str:
    if name in LABELS:
        return LABELS[name]
    words = [SMALL.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _initial(default: Any) -> str:
    if isinstance(default, list | tuple):
        return ", ".join(map(str, default))
    return "" if default in (None, False) else str(default)


def _take(typed: Typed, one: Input, text: str) -> None:
    if one.type == "number":
        if not text.isascii() or not text.isdigit():
            typed.problems[one.name] = NO_NUMBER
        else:
            typed.given[one.name] = int(text)
    elif one.choices and text not in one.choices:
        typed.problems[one.name] = NO_CHOICE
    elif one.name == "nameservers":
        typed.given[one.name] = [part for part in text.replace(",", " ").split() if part]
    elif not text.isprintable():
        typed.problems[one.name] = NOT_TEXT
    else:
        typed.given[one.name] = text


def shown(given: Mapping[str, Any], name: str) -> str:
    """Return a plain setting as a field shows it again."""
    value = given.get(name, "")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)
