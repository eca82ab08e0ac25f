"""What went wrong on the network, in words for a person: read once, here, for everybody."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "the connection was reset",
    errno.ECONNABORTED: "the connection was aborted",
    errno.EPIPE: "the connection was closed",
    errno.ETIMEDOUT: "timed out",
    errno.ENETUNREACH: "this machine has no route to that network",
    errno.EHOSTUNREACH: "the host cannot be reached from here",
    errno.ENETDOWN: "the network is down",
    errno.EADDRNOTAVAIL: "the source address is not one of this machine's",
    errno.EAFNOSUPPORT: "this machine does not speak that IP version",
    errno.EPERM: "this machine's firewall or policy forbids it",
    errno.EACCES: "this machine's firewall or policy forbids it",
    errno.ENODEV: "there is no such interface",
    errno.EMFILE: "this process has too many open files",
}
# Windows reports WSAE... numbers; asyncio passes them on as they are.
_WINSOCK = {
    10051: errno.ENETUNREACH,
    10049: errno.EADDRNOTAVAIL,
    10053: errno.ECONNABORTED,
    10054: errno.ECONNRESET,
    10060: errno.ETIMEDOUT,
    10061: errno.ECONNREFUSED,
    10065: errno.EHOSTUNREACH,
    1214: errno.ENETUNREACH,
    1225: errno.ECONNREFUSED,
    1231: errno.ENETUNREACH,
    1232: errno.EHOSTUNREACH,
}


def cause(error: BaseException) -> str:
    """Say in a few words why `error` happened, looking through whatever wraps it."""
    for inner in _chain(error):
        if isinstance(inner, ssl.SSLError):
            return _tls(inner)
        if isinstance(inner, socket.gaierror):
            return "the name cannot be resolved"
        if isinstance(inner, TimeoutError) and not inner.errno:
            return str(inner) or "timed out"
        if isinstance(inner, OSError):
            return _os(inner)
    return type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _tls(error: ssl.SSLError) -> str:
    """Read what OpenSSL says; an operating system's own verifier leaves some of it out."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"TLS failed: {(getattr(error, 'reason', None) or 'no reason given').replace('_', ' ').lower()}"
        )
    why = str(getattr(error, "verify_message", None) or error).rstrip(".")
    code = getattr(error, "verify_code", None)
    if code in (9, 10):  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
        return f"the certificate is out of date, or this machine's clock is wrong: {why}"
    if code in (62, 64):  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
        return f"the certificate does not match: {why}"
    return f"the certificate is not trusted: {why}"


def _os(error: OSError) -> str:
    number = getattr(error, "winerror", None) or error.errno or 0
    words = _WORDS.get(_WINSOCK.get(number, number))
    return words or error.strerror or str(error) or "the connection was closed"
