"""What a text means where a name, a number, an address or a choice is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import msgspec

from homeport.config.node import Node, Scalar
from homeport.model.address import IPAddress, parse_address
from homeport.model.name import Fqdn
from homeport.model.secret import Secret

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})([eE][-+]?[0-9]{1,2})?")
_WITH_UNIT = re.compile(r"[0-9.]+ ?(ms|s|sec|m|min|h|hours?|d|days?)")
_DOTS = re.compile("[\u3002\uff0e\uff61]")  # IDNA: what counts as the full stop between labels


def nearest(word: str, words: list[str]) -> str | None:
    """Return the word that was probably meant."""
    import difflib

    plain = {known.lower(): known for known in words}
    close = difflib.get_close_matches(word.lower().replace("-", "_"), plain, n=1)
    return plain[close[0]] if close else None


def shown(text: str) -> str:
    """Quote a short piece of what stands in the file."""
    return f'"{text[:40]}..."' if len(text) > 40 else f'"{text}"'


def name_of(text: str) -> Fqdn:
    """Read a domain name; a label in another script becomes its A-label (RFC 5890).

    Raises:
        ValueError: it is not a name; the message says why.
    """
    if text.isascii():
        return _ascii_name(text, text)
    from idna import IDNAError

    try:
        labels = [_a_label(label) for label in _DOTS.sub(".", text).split(".")]
    except (IDNAError, UnicodeError):
        raise ValueError(f"{shown(text)} is not a domain name: IDNA does not allow it") from None
    return _ascii_name(".".join(labels), text)


def _a_label(label: str) -> str:
    from idna import encode

    return label if label.isascii() else encode(label, uts46=True).decode()


def _ascii_name(text: str, written: str) -> Fqdn:
    try:
        return Fqdn.parse(text)
    except ValueError:
        pass
    if len(text) > 253 or any(len(label) > 63 for label in text.split(".")):
        raise ValueError(f"{shown(written)} is not a domain name: it is too long")
    raise ValueError(f"{shown(written)} is not a domain name: letters, digits, - and _ between dots")


def why_out_of_bounds(value: Any, meta: msgspec.Meta) -> str | None:
    bounds: tuple[tuple[Any, str, Callable[[Any], bool]], ...] = (
        (meta.ge, "at least", lambda bound: value >= bound),
        (meta.gt, "more than", lambda bound: value > bound),
        (meta.le, "at most", lambda bound: value <= bound),
        (meta.lt, "less than", lambda bound: value < bound),
    )
    for bound, words, holds in bounds:
        if bound is not None and not holds(bound):
            return f"expected {words} {bound:g}, found {value:g}"
    if meta.min_length is not None and len(value) < meta.min_length:
        return f"expected at least {meta.min_length}, found {len(value)}"
    if meta.max_length is not None and len(value) > meta.max_length:
        return f"expected at most {meta.max_length}, found {len(value)}"
    if meta.pattern is not None and not re.search(meta.pattern, str(value)):
        return f"expected a text like {meta.pattern}"
    return None


def boolean(node: Scalar) -> bool:
    if node.plain and node.text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return node.text.lower() == "true"
    raise ValueError(f"expected true or false, found {shown(node.text)}")


def _unquoted(node: Scalar, what: str, form: re.Pattern[str]) -> str:
    if node.plain and form.fullmatch(node.text):
        return node.text
    if _WITH_UNIT.fullmatch(node.text):
        raise ValueError(f"expected {what} of seconds without a unit, found {shown(node.text)}")
    quotes = "; remove the quotes" if not node.plain and form.fullmatch(node.text) else ""
    raise ValueError(f"expected {what}, found {shown(node.text)}{quotes}")


def is_number(node: Node) -> bool:
    """Tell whether YAML itself would take what stands there for a number."""
    return isinstance(node, Scalar) and node.plain and _NUMBER.fullmatch(node.text) is not None


def whole(node: Scalar) -> int:
    return int(_unquoted(node, "a whole number", _WHOLE))


def number(node: Scalar) -> float:
    return float(_unquoted(node, "a number", _NUMBER))


def _addresses(node: Scalar, what: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(node.text)
    except ValueError:
        raise ValueError(f"expected {what}, found {shown(node.text)}") from None


SCALARS: Mapping[Any, tuple[str, Callable[[Scalar], Any]]] = {
    str: ("a text", lambda node: node.text),
    bool: ("true or false", boolean),
    int: ("a whole number", whole),
    float: ("a number", number),
    Fqdn: ("a domain name", lambda node: name_of(node.text)),
    IPAddress: ("an IP address", lambda node: _addresses(node, "an IP address", parse_address)),
    IPv4Address: ("an IPv4 address", lambda node: _addresses(node, "an IPv4 address", IPv4Address)),
    IPv6Address: ("an IPv6 address", lambda node: _addresses(node, "an IPv6 address", IPv6Address)),
    IPv4Network | IPv6Network: ("a network", lambda node: _addresses(node, "a network", ip_network)),
    Path: ("a path", lambda node: node.text),
    Secret: ("a secret", lambda node: node.text),
}
