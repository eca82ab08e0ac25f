"""What may leave, and what not."""

import pytest

from homeport.web.redacted import redacted, redacted_as


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("open=http://127.0.0.1:9876/enter?link=aB3-_x%3D&a", "open=http://127.0.0.1:9876/enter?link=***&a"),
        ('"https://me:pass@word@host.example/x@y"', '"https://***@host.example/x@y"'),
        ("socks5://token@[::1]:1080", "socks5://***@[::1]:1080"),
        ("https://host.example/a@b link = to owner@example.com", None),
    ],
)
def test_links_and_what_stands_before_the_at_are_left_out(text, shown):
    """The rest stays as it is, an address of mail and a path with an @ too."""
    assert redacted(text) == (shown or text)


def test_what_is_plain_data_becomes_a_type_without_what_may_not_be_shown():
    """Every text at any depth, whatever marks stand in it."""
    given = {"a": ['https://u:p@host/ "x" \\', {"b": "enter?link=abc'"}], "c": 1}
    assert redacted_as(given, dict) == {"a": ['https://***@host/ "x" \\', {"b": "enter?link=***'"}], "c": 1}
    assert redacted_as({"a": '://"@'}, dict[str, str]) == {"a": '://"@'}
