"""Reading a URL once, and showing only what may be shown."""

import pytest

from homeport.errors import Unavailable
from homeport.net.target import Target

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://api.example.com", "api.example.com", "/"),
        ("https://api.example.com:443/a?b=c#d", "api.example.com", "/a?b=c"),
        ("http://api.example.com:443", "api.example.com:443", "/"),
        ("HTTP://API.example.com/", "api.example.com", "/"),
        ("https://[2001:db8::1]:8443/x", "[2001:db8::1]:8443", "/x"),
        ("https://bücher.example/", "xn--bcher-kva.example", "/"),
        ("https://h/?ip=1.2.3.4&x=[a]", "h", "/?ip=1.2.3.4&x=[a]"),
        ("https://h/a\r\nX: y", "h", "/aX:%20y"),
    ],
)
def test_takes_a_url_apart(url, authority, path):
    """The authority is what the Host header says, the path what the request line says."""
    target = Target.parse(url)
    assert (target.authority, target.path) == (authority, path)


def test_shows_neither_query_nor_user():
    """Whatever is printed of a target has no place where a secret may stand."""
    target = Target.parse(f"https://me:{SECRET}@h.example/a?token={SECRET}")
    assert target.shown == "https://h.example/a"
    assert SECRET not in repr(target)


@pytest.mark.parametrize("url", ["mailto:a@b", "//h/", "https://:1/", "https://h:99999/", "https://[::1"])
def test_anything_else_is_unavailable(url):
    """The caller has one kind of error to handle, and the text is not quoted."""
    with pytest.raises(Unavailable) as told:
        Target.parse(f"{url}?token={SECRET}")
    assert SECRET not in str(told.value)
