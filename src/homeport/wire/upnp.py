"""UPnP's XML: what a router says it is, what it answers to a question, and what it tells of a change.

What a ValueError here says is read after "the router". Namespaces are not looked at, for half of the routers get them
wrong.
Source: UPnP Device Architecture 1.1 sections 2, 3 and 4; WANIPConnection:1 and :2, WANPPPConnection:1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from homeport.wire.xml import Element, parse

_WAN = re.compile(r"urn:[\w.-]+:service:(WANIPConnection|WANPPPConnection):\d+", re.ASCII)
_SOAP = "http://schemas.xmlsoap.org/soap/"


class Fault(ValueError):
    """The router understood the question and refused it, with an error code of UPnP.

    Attributes:
        code: 401 no such action, 501 failed, 606 not authorized, ...; 0 when there is none.
    """

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Service:
    """A service that knows the connection to the internet.

    Attributes:
        kind: the URN it calls itself, which it is asked by.
        control: URL of its questions.
        events: URL of its subscriptions; empty when it has none.
    """

    kind: str
    control: str
    events: str


@dataclass(frozen=True, slots=True)
class Description:
    """What a router says of itself: who made it, and its services that know the connection, the best first."""

    maker: str
    services: tuple[Service, ...]


def description(data: bytes, url: str) -> Description:
    """Read the description that was fetched from `url`.

    Every URL in it leads to the host it came from: one that does not is left out with its service,
    and so is a URLBase (which routers get wrong), for whoever forges a description shall not choose whom we ask.

    Raises:
        ValueError: it is no description.
    """
    root = parse(data)
    if root.name != "root":
        raise ValueError(f"sends a document <{root.name[:20]}> where a description was expected")
    stated = root.first("URLBase")
    base = stated if _is_same_host(stated, url) else url
    found = [service for one in root.all("service") if (service := _service(one, base, url))]
    return Description(root.first("manufacturer"), tuple(sorted(found, key=_rank)))


def _service(element: Element, base: str, url: str) -> Service | None:
    kind = element.first("serviceType")
    control, events = element.first("controlURL"), element.first("eventSubURL")
    if not _WAN.fullmatch(kind) or not control:
        return None
    control, events = _joined(base, control), _joined(base, events) if events else ""
    if not _is_same_host(control, url):
        return None
    return Service(kind, control, events if _is_same_host(events, url) else "")


def _joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:
        return ""


def _is_same_host(url: str, other: str) -> bool:
    """Tell whether both lead to one host by http; the port may be another one."""
    try:
        one, two = urlsplit(url), urlsplit(other)
        _ = one.port
    except ValueError:
        return False
    return one.scheme in ("http", "https") and bool(one.hostname) and one.hostname == two.hostname


def _rank(service: Service) -> int:
    """Put IP before PPP: a box with both usually has a PPP that is not in use; who is asked first costs no more."""
    return 0 if "WANIPConnection" in service.kind else 1


def question(service: Service, action: str) -> tuple[Mapping[str, str], bytes]:
    """Return headers and body that ask a service for an `action` without arguments."""
    headers = {"Content-Type": 'text/xml; charset="utf-8"', "SOAPAction": f'"{service.kind}#{action}"'}
    body = (
        f'<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="{_SOAP}envelope/" s:encodingStyle="{_SOAP}encoding/">'
        f'<s:Body><u:{action} xmlns:u="{service.kind}"></u:{action}></s:Body></s:Envelope>\r\n'
    )
    return headers, body.encode()


def answered(data: bytes, action: str) -> Mapping[str, str]:
    """Return the values of an answer by their names.

    Raises:
        Fault: the router says no.
        ValueError: it is no answer to `action`.
    """
    root = parse(data)
    for fault in root.all("Fault"):
        code = fault.first("errorCode")
        says = f"{code} {fault.first('errorDescription') or fault.first('faultstring')}".strip()[:80]
        raise Fault(f"refuses: {says}", int(code) if code.isascii() and code.isdigit() else 0)
    for answer in root.all(f"{action}Response"):
        return {one.name: one.text for one in answer.inner}
    raise ValueError(f"sends a document <{root.name[:20]}> where {action}Response was expected")


def changed(data: bytes) -> Mapping[str, str]:
    """Return the variables that an event tells, by their names.

    Raises:
        ValueError: it is no event.
    """
    root = parse(data)
    if root.name != "propertyset":
        raise ValueError("sends what is no event")
    return {one.name: one.text for each in root.all("property") for one in each.inner}


def granted(text: str, default: int) -> int:
    """Return the seconds a subscription holds (`Second-1800`, `infinite`); `default` for what cannot be read."""
    number = text.strip().lower().removeprefix("second-")
    return int(number) if number.isascii() and number.isdigit() and int(number) else default
