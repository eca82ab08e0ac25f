"""Settings whose type another value decides: `kind` names the detector or the provider that reads them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal, cast, get_args, get_origin

import msgspec

from homeport import detectors, notifiers, providers
from homeport.config.convert import BROKEN, Converter, Reader
from homeport.config.node import Fault, Node, Scalar, Table, found, join
from homeport.config.scalar import is_number
from homeport.config.shape import fields_of
from homeport.errors import ConfigInvalid
from homeport.model.rrset import ADDRESSES, RRType
from homeport.net.proxy import Proxy
from homeport.ports import Detector, Tools

Load = Callable[[str], Any]


def kind_of(settings: msgspec.Struct) -> str:
    """Return the kind whose settings these are."""
    return str(settings.__struct_config__.tag)


def settings_of(adapter: Any) -> type[msgspec.Struct]:
    """Return the `Settings` of a detector's or provider's class, or of its module."""
    return cast("type[msgspec.Struct]", _beside(adapter, "Settings"))


def options_of(adapter: Any) -> type[msgspec.Struct] | None:
    """Return the type of a provider's record options; `None` when it has none."""
    return cast("type[msgspec.Struct] | None", _beside(adapter, "Options"))


def types_of(kind: str) -> Collection[RRType]:
    """Return the record types that a provider can hold; addresses, where it does not say."""
    found: Collection[RRType] = getattr(providers.load(kind), "types", ADDRESSES)
    return found


def is_write_only(kind: str) -> bool:
    """Tell whether a provider's host takes what it is told and cannot be asked what it holds."""
    return bool(getattr(providers.load(kind), "write_only", False))


def _beside(adapter: Any, name: str) -> Any:
    return getattr(adapter, name, None) or getattr(sys.modules[adapter.__module__], name, None)


def urls_of(settings: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return which of a provider's settings are URLs; a `server` that has a `port` beside it is an address."""
    names = {field.name for field in fields_of(settings)}
    return tuple(
        name
        for name in ("server", "base_url", "url")
        if name in names and not (name == "server" and "port" in names)
    )


def choices_of(wanted: Any) -> tuple[str, ...]:
    """Return the words that a setting may be, where its type names them; else nothing."""
    if get_origin(wanted) is Literal:
        return tuple(map(str, get_args(wanted)))
    inner = (wanted.__origin__,) if get_origin(wanted) is Annotated else get_args(wanted)
    return next((found for each in inner if (found := choices_of(each))), ())


def build(settings: msgspec.Struct) -> Detector:
    """Return the detector of `settings` to be looked at, not asked: it has no tools."""
    return cast("Detector", detectors.load(kind_of(settings))(settings, cast("Tools", None)))


def _reader(load: Load) -> Reader:
    def read(converter: Converter, node: Node, path: str) -> Any:
        if not isinstance(node, Table):
            return converter.fault(node.line, path, f"expected a mapping with `kind`, found {found(node)}")
        kind = node.get("kind")
        if not isinstance(kind, Scalar) or kind.is_nothing:
            return converter.fault(node.line, path, 'the key "kind" is missing')
        try:
            wanted = settings_of(load(kind.text))
        except ConfigInvalid as error:
            return converter.fault(kind.line, join(path, "kind"), str(error))
        except ImportError as error:
            why = f'"{kind.text}" cannot be loaded here: the package "{error.name}" is missing'
            return converter.fault(kind.line, join(path, "kind"), why)
        converter.kinds[path] = kind.text
        if (interface := node.get("interface")) and is_number(interface):
            converter.no_name(interface, join(path, "interface"))
        settings = converter.read(node, wanted, path)
        for name in getattr(settings, "literal_secrets", ()):
            where = join(path, name)
            why = "a secret seems to stand there; write {token} in its place, and `token: secret:NAME` beside it"
            converter.warnings.append(Fault(converter.lines.get(where, node.line), where, why))
        return settings

    return read


def _later(_converter: Converter, node: Node, _path: str) -> Any:
    """Keep a record's options as they stand until its provider is known."""
    return node


def _detector(kind: str) -> Any:
    return detectors.load(kind)


def _provider(kind: str) -> Any:
    return providers.load(kind)


def _notifier(kind: str) -> Any:
    return notifiers.load(kind)


def _proxy(converter: Converter, node: Node, path: str) -> Any:
    """Read where a proxy's URL stands, or the URL itself: then it is checked, and a password in it told."""
    if not isinstance(node, Scalar):
        return converter.fault(node.line, path, f"expected a proxy's URL, found {found(node)}")
    if node.is_nothing:
        return None
    secret = converter.secret(node, path)
    if secret is BROKEN or secret.source != "***":
        return secret
    try:
        given = Proxy.parse(node.text)
    except ValueError as error:
        return converter.fault(node.line, path, str(error))
    if given.auth and given.auth[1]:
        converter.warn_of_secret(node, path)
    return secret


READERS = {
    "detector": _reader(_detector),
    "provider": _reader(_provider),
    "notifier": _reader(_notifier),
    "options": _later,
    "proxy": _proxy,
}


def read_options(converter: Converter, node: Node, provider: msgspec.Struct, path: str) -> Any:
    """Return the options of one record, typed by its provider, as RRsets carry them."""
    kind = kind_of(provider)
    wanted = options_of(providers.load(kind))
    if isinstance(node, Scalar) and node.is_nothing:
        return frozenset()
    if not isinstance(node, Table):
        return converter.fault(node.line, path, f"expected a mapping, found {found(node)}")
    if wanted is None or not fields_of(wanted):
        return converter.fault(node.line, path, f"{kind} has no options")
    before = len(converter.faults)
    given = converter.fields(node, wanted, path)
    return BROKEN if len(converter.faults) > before else frozenset(given.items())
