"""RDATA in the one spelling by which it is compared, whoever wrote it and however."""

from __future__ import annotations

from ipaddress import ip_address

from homeport.model import svcb, text
from homeport.model.rrset import RRType


def canonical(rrtype: str, rdata: str) -> str:
    """Return RDATA of one of our types in its one spelling.

    Raises:
        ValueError: it is not in the type's presentation format.
    """
    match rrtype:
        case RRType.A | RRType.AAAA:
            return str(ip_address(rdata))
        case RRType.TXT:
            return text.canonical(rdata)
        case RRType.HTTPS | RRType.SVCB:
            return svcb.canonical(rdata)
        case _:
            return rdata


def known(rrtype: str, rdata: str) -> str:
    """Return RDATA in its one spelling, or as it is where somebody else wrote what cannot be read."""
    try:
        return canonical(rrtype, rdata)
    except ValueError:
        return rdata
