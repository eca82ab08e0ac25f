"""DNS UPDATE and its signature: what is asked of a primary, and which of its answers is to be believed.

Source: RFC 2136 sections 2.4, 2.5 and 3.4.2; RFC 8945 section 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from homeport.errors import CredentialsRefused, Unavailable, Unconfirmed
from homeport.model.name import Fqdn
from homeport.model.plan import Change

if TYPE_CHECKING:  # an agent that needs no UPDATE does without the library
    from dns.message import Message
    from dns.tsig import Key
    from dns.update import UpdateMessage


def update(zone: Fqdn, changes: Sequence[Change]) -> UpdateMessage:
    """Build the UPDATE: for every change what must be there now, and what shall be."""
    import dns.update

    message = dns.update.UpdateMessage(f"{zone}.")
    for change in changes:
        name, rrtype, before, after = f"{change.key.name}.", change.key.type, change.before, change.after
        if before:
            message.present(name, rrtype, *sorted(before.rdata))
        else:
            message.absent(name, rrtype)
        if after:
            message.absent(name, "CNAME")  # beside one, a server drops what is added and says nothing
            message.replace(name, after.ttl or 60, rrtype, *sorted(after.rdata))
        else:
            message.delete(name, rrtype)
    return message


def key(name: str, secret: str, algorithm: str) -> Key:
    """Return a TSIG key.

    Raises:
        ValueError: the secret is no base64, or the name no domain name.
    """
    import dns.exception
    import dns.tsig

    try:
        return dns.tsig.Key(name, "".join(secret.split()), f"{algorithm}.")
    except dns.exception.DNSException as error:
        raise ValueError(str(error)) from None


def verified(wire: bytes, request: Message, key: Key | None, server: str, *, changes: bool) -> Message:
    """Return the response when its signature is right, or when it is an error that came unsigned."""
    import dns.exception
    import dns.message
    import dns.rcode
    import dns.tsig

    failed = Unconfirmed if changes else Unavailable
    try:
        response = dns.message.from_wire(wire, keyring=False)
        if key and response.had_tsig:
            dns.message.from_wire(wire, keyring=key, request_mac=request.mac)
    except dns.tsig.PeerBadTime:
        raise Unavailable(_clock_says(server, request, response)) from None
    except dns.tsig.PeerError as error:
        raise CredentialsRefused(f"{server} refuses the key: {_key_says(error, key)}") from None
    except dns.exception.DNSException as error:
        raise failed(f"{server} sent a response that is not to be believed: {error}") from None
    if key and not response.had_tsig and response.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise failed(f"{server} sent a response that is not signed")
    return response


def _key_says(error: Exception, key: Key | None) -> str:
    import dns.tsig

    name, algorithm = (str(word).rstrip(".") for word in (key.name, key.algorithm)) if key else ("", "")
    match error:
        case dns.tsig.PeerBadKey():
            return f"BADKEY, it has no key {name} with {algorithm}; check `key_name` and `key_algorithm`"
        case dns.tsig.PeerBadSignature():
            return f"BADSIG, the secret of {name} is another one there; check `key_secret`"
        case _:
            return f"{error} ({name}, {algorithm})"


def _clock_says(server: str, request: Message, response: Message) -> str:
    """Read the server's clock out of a BADTIME response (RFC 8945 section 5.2.3)."""
    ours: Any = request.tsig[0] if request.tsig else None
    tsig: Any = response.tsig[0] if response.tsig else None
    said = f"{server} refuses the time of the signature (BADTIME): set this machine's clock"
    if not ours or not tsig or len(tsig.other) != 6:
        return said
    off = ours.time_signed - int.from_bytes(tsig.other, "big")
    return f"{said}, it is {abs(off)} s {'ahead of' if off > 0 else 'behind'} the server's"
