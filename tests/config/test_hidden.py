"""What of a file a browser sees, and how it comes back."""

import pytest

from homeport.config import hidden
from homeport.config.compose import compose
from homeport.config.loader import examine_text

TWICE = """\
agent:
  id: s3cr3t-v4lue
  providers:
    a: {kind: duckdns, token: s3cr3t-v4lue}
    b: {kind: powerdns, base_url: "https://me:pa55@h.example", api_key: "secret:x"}  # api_key: 0ld-key
"""


def at(text, tmp_path):
    found = examine_text(text, tmp_path / "homeport.yaml")
    assert found.config is not None, found.faults
    return found


def test_a_secret_is_hidden_wherever_it_stands(tmp_path):
    """Also where it is no secret's place, in a URL, and in a comment."""
    old = at(TWICE, tmp_path)
    shown = hidden.shown(old)
    for secret in ("s3cr3t-v4lue", "pa55", "0ld-key"):
        assert secret not in shown
    assert hidden.returned(old, shown).text == TWICE


@pytest.mark.parametrize("end", ["\r\n", "\n# a\u2028# b\x85# c\n"])
def test_hidden_comments_come_back_whatever_ends_a_line(end, tmp_path):
    """As on Windows, and with marks that end a line elsewhere."""
    old = at(TWICE.replace("\n", end), tmp_path)
    shown = hidden.shown(old)
    assert "0ld-key" not in shown
    assert hidden.returned(old, shown).text == old.text


def test_a_place_in_a_list_is_known_by_its_whole_list(tmp_path):
    """An item that moved up would have the secret of the one before it."""
    text = """\
agent:
  addresses:
    wan:
      witnesses: 1
      detect:
        - {kind: http_echo, url: "https://a:f1rst@one.example"}
        - {kind: http_echo, url: "https://b:s3cond@two.example"}
"""
    old = at(text, tmp_path)
    shown = hidden.shown(old)
    first = next(line for line in shown.splitlines(keepends=True) if "http_echo" in line)
    [fault, *_] = hidden.returned(old, shown.replace(first, "", 1)).faults
    assert fault.message == hidden.AGAIN


@pytest.mark.parametrize("text", ["token: abc\nx: [", "  - password = 'abc'\n", "# api_key: abc\n"])
def test_what_cannot_be_read_is_shown_without_what_seems_a_secret(text):
    """A draft goes back to who typed it, and secrets do not."""
    assert "abc" not in hidden.draft(text)


def test_a_secret_of_several_lines_comes_back(tmp_path):
    """As the block that it was."""
    text = """\
agent:
  interval: 300
  providers:
    ip:
      kind: transip
      login: me
      private_key: |
        -----BEGIN PRIVATE KEY-----
        c2VjcmV0
        -----END PRIVATE KEY-----
      # after it
"""
    old = at(text, tmp_path)
    shown = hidden.shown(old)
    assert "c2VjcmV0" not in shown
    back = hidden.returned(old, shown.replace("300", "600"))
    assert back.faults == ()
    assert back.text == text.replace("300", "600")
    assert compose(back.text).faults == ()
