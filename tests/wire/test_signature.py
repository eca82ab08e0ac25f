"""The signature is a promise to programs we did not write: fixed examples, made with openssl."""

import subprocess
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.wire import signature

SECRET = "correct-horse-battery-staple"
BODY = b'{"hostname":"home.dyn.example.com","addresses":["198.51.100.7"]}'


def test_canonical_string_is_five_lines():
    """Method, target, timestamp, nonce and the body's hash, a line each and no newline at the end."""
    text = signature.canonical("POST", "/api/v1/update?wait=2", 1800000000, "n" * 16, b"")
    assert text.decode().split("\n") == [
        "POST",
        "/api/v1/update?wait=2",
        "1800000000",
        "n" * 16,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ]


@pytest.mark.skipif(which("openssl") is None, reason="openssl is not installed")
def test_openssl_makes_the_same_signature():
    """A shell script with openssl alone can sign a request."""
    text = signature.canonical("POST", "/api/v1/update", 1800000000, "0123456789abcdef", BODY)
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", SECRET, "-r"], input=text, capture_output=True, check=True
    )
    signed = signature.sign(SECRET, "POST", "/api/v1/update", 1800000000, "0123456789abcdef", BODY)
    assert signed == "v1=" + made.stdout.split()[0].decode()


def test_fixed_examples():
    """These values are written into scripts out there and never change."""
    assert signature.digest(SECRET, "POST", "/api/v1/update", 1800000000, "0123456789abcdef", BODY) == (
        "9d3576faf7f4bebc0844fa50242acdcf675b67d43f471152ea52f586c2b5e1c9"
    )
    assert signature.simple(SECRET, 1800000000, "198.51.100.7") == (
        "d056898eac9d9d560b6332d6a0c75490bad641e890f2d0baea94ddea67a5d2dc"
    )


@settings(deadline=None)
@given(
    st.sampled_from(["method", "target", "timestamp", "nonce", "body"]),
    st.binary(max_size=40),
    st.text("abc/?=", min_size=1),
)
def test_every_part_is_signed(part, body, target):
    """Changing any one part changes the signature."""
    parts = {"method": "GET", "target": target, "timestamp": 1, "nonce": "n" * 16, "body": body}
    changed = parts | {part: parts[part] + (b"x" if part == "body" else 1 if part == "timestamp" else "x")}
    assert signature.sign(SECRET, **parts) != signature.sign(SECRET, **changed)


@settings(deadline=None)
@given(st.text())
def test_comparing_takes_any_text(text):
    """A header of the caller's making is compared, never an error."""
    assert signature.is_equal(text, "v1=00") == (text == "v1=00")


def test_the_headers_of_a_request():
    """Each names what it is, and the signature is that of the request."""
    found = signature.headers(("t1", "s3cret"), "GET", "/x?y", 1_700_000_000, "n" * 16)
    assert found == {
        "Homeport-Key": "t1",
        "Homeport-Timestamp": "1700000000",
        "Homeport-Nonce": "n" * 16,
        "Homeport-Signature": signature.sign("s3cret", "GET", "/x?y", 1_700_000_000, "n" * 16, b""),
    }


def test_a_token_is_parted():
    """Into id and secret, spaces around it dropped; what is no token is refused and not quoted."""
    assert signature.parted(" t1.s3.cret\n") == ("t1", "s3.cret")
    for text in ("", "t1", "t1.", ".s3cret", "t1.ä"):
        with pytest.raises(ValueError, match=r"^the token is not written as id\.secret"):
            signature.parted(text)
