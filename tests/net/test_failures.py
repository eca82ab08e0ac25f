"""Network errors in words."""

import errno
import socket
import ssl

import pytest

from homeport.net.failures import cause


def wrapped(error):
    outer = RuntimeError("somebody's wrapper")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "connection refused"),
        (OSError(errno.ENETUNREACH, "x"), "this machine has no route to that network"),
        (OSError(10061, "WSAECONNREFUSED"), "connection refused"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (ConnectionResetError(), "the connection was closed"),
        (socket.gaierror(-2, "Name or service not known"), "the name cannot be resolved"),
        (TimeoutError("connecting timed out after 5 s"), "connecting timed out after 5 s"),
        (TimeoutError(), "timed out"),
        (TimeoutError(errno.ETIMEDOUT, "x"), "timed out"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "TLS failed: no reason given"),
        (KeyError("s3cr3t"), "KeyError"),
    ],
)
def test_says_why_through_whatever_wraps_it(error, words):
    """The same words, bare or wrapped; an error nobody foresaw gives its class and not its text."""
    assert cause(error) == words
    if not isinstance(error, KeyError):
        assert cause(wrapped(error)) == words


def test_an_expired_certificate_may_be_a_wrong_clock():
    """A machine that woke up in 1970 trusts nobody; the message says where to look."""
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = 10, "certificate has expired"
    assert cause(error) == (
        "the certificate is out of date, or this machine's clock is wrong: certificate has expired"
    )
