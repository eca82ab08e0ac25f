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


def test_a_signature_without_its_parts_is_nobody_s():
    """Timestamp and nonce are as the protocol says, or there is no stamp to believe."""
    signed = (b"homeport-signature", b"v1=00")
    for timestamp, nonce in ((b"1.5", b"n" * 16), (b"+5", b"n" * 16), (b"5", b"n" * 15), (b"5", b"n" * 65)):
        fields = (signed, (b"homeport-timestamp", timestamp), (b"homeport-nonce", nonce))
        token, stamp = auth.native(made(b"/", *fields), Known(), lambda _: ())
        assert stamp is None
        assert not isinstance(token, str)
