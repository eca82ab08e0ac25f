"""SSDP as bytes: who on this link is an internet gateway, and where does it describe itself?

Source: UPnP Device Architecture 1.1 sections 1.3.2 and 1.3.3.
"""

from __future__ import annotations

GROUP, PORT = "239.255.255.250", 1900
TARGETS = (
    "urn:schemas-upnp-org:device:InternetGatewayDevice:1",  # a version 2 must answer it too
    "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
    "upnp:rootdevice",
)
"""What a router answers to, the surest first; some answer to one alone."""
_LONGEST = 4096  # bytes of an answer: the longest seen are below 700


def search(target: str, host: str = GROUP) -> bytes:
    """Return an M-SEARCH for `target`, to be sent to `host`; answers may take a second."""
    lines = (
        "M-SEARCH * HTTP/1.1",
        f"HOST: {host}:{PORT}",
        'MAN: "ssdp:discover"',
        "MX: 1",
        f"ST: {target}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def location(data: bytes) -> str:
    """Return the URL of the description that an answer to a search names.

    What the answer says of its sender (SERVER, ST, USN) is not looked at: routers write anything there.

    Raises:
        ValueError: it is no such answer.
    """
    if len(data) > _LONGEST:
        raise ValueError("an SSDP answer is too long")
    status, _, rest = data.decode("latin-1").partition("\n")
    if status.split()[:2] not in (["HTTP/1.1", "200"], ["HTTP/1.0", "200"]):
        raise ValueError("not an answer to an SSDP search")
    for line in rest.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip().upper() == "LOCATION" and value.strip():
            return value.strip()
    raise ValueError("an SSDP answer without a LOCATION")
