"""Where a request carries its credentials."""

from base64 import b64encode

import pytest

from homeport.gateway import auth
from homeport.gateway.request import Request


def made(target=b"/", *fields):
    return Request("GET", target, fields, b"", "127.0.0.1", "127.0.0.1")


def basic(text):
    return (b"authorization", b"Basic " + b64encode(text))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (made(b"/", basic(b"id:secret")), ("id", "secret")),
        (made(b"/", basic(b"id:a:b")), ("id", "a:b")),  # a password may hold colons
        (made(b"/", basic(b"id")), ("id", "")),
        (made(b"/", (b"authorization", b"Basic !!!")), None),
        (made(b"/?username=id&password=secret"), ("id", "secret")),
        (made(b"/?user=id&pass=secret"), ("id", "secret")),
        (made(b"/?user=id"), None),
        (made(b"/"), None),
    ],
)
def test_user_and_password(request_, expected):
    """Basic, or the parameters that routers use instead."""
    assert auth.user(request_) == expected


class Known:
    """Credentials that know one token and one way each."""

    def by_password(self, name, password):
        return "by password" if (name, password) == ("id", "secret") else auth.MISSING

    def by_joined(self, text):
        return "joined" if text == "id.secret" else auth.MISSING


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (made(b"/", basic(b"id:secret")), "by password"),
        (made(b"/", basic(b"anybody:id.secret")), "joined"),
        (made(b"/?token=id.secret"), "joined"),
        (made(b"/", (b"authorization", b"Bearer id.secret")), "joined"),
        (made(b"/", (b"authorization", b"bearer id.secret")), "joined"),
        (made(b"/", basic(b"id:wrong")), auth.MISSING),
        (made(b"/?token=wrong"), auth.MISSING),
        (made(b"/"), auth.MISSING),
    ],
)
def test_old_clients_are_understood(request_, expected):
    """Whatever way a router has, one of them carries the token."""
    assert auth.legacy(request_, Known()) == expected


SIGNED = {
    b"homeport-key": b"id",
    b"homeport-timestamp": b"5",
    b"homeport-nonce": b"n" * 16,
    b"homeport-signature": b"v1=" + b"0" * 64,
}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Homeport-Key", b""),
        ("Homeport-Timestamp", b""),
        ("Homeport-Timestamp", b"1.5"),
        ("Homeport-Timestamp", b"+5"),
        ("Homeport-Timestamp", b"05"),
        ("Homeport-Timestamp", b"1" * 32),
        ("Homeport-Nonce", b""),
        ("Homeport-Nonce", b"n" * 15),
        ("Homeport-Nonce", b"n" * 65),
        ("Homeport-Nonce", b"n" * 15 + b"\xe9"),
        ("Homeport-Nonce", b"n" * 15 + b" n"),
        ("Homeport-Signature", b""),
        ("Homeport-Signature", b"v2=" + b"0" * 64),
        ("Homeport-Signature", b"0" * 64),
        ("Homeport-Signature", b"v1=" + b"A" * 64),
        ("Homeport-Signature", b"v1=" + b"0" * 63),
    ],
)
def test_a_malformed_header_is_named(header, value):
    """The one that is wrong and what it should be are said, and nothing of it is quoted."""
    fields = tuple((SIGNED | {header.lower().encode(): value}).items())
    rejection, stamp = auth.native(made(b"/", *fields), Known(), lambda _: ())
    assert stamp is None
    assert (rejection.kind, rejection.server_time) == ("urn:homeport:problem:signature", None)
    fault = "malformed" if value else "missing"
    assert rejection.why.startswith(f"the header {header} is {fault}; expected ")
    assert not value or value.decode("latin-1") not in rejection.why


def test_a_bearer_s_request_needs_no_signature():
    """Headers left over from signing mean nothing beside another credential."""
    bearer = (b"authorization", b"Bearer id.secret")
    request = made(b"/", bearer, (b"homeport-key", b"id"), (b"homeport-nonce", b"x"))
    assert auth.native(request, Known(), lambda _: ()) == ("joined", None)
