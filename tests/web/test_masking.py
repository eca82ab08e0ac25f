"""What is left out of what is given away."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.config import loader
from homeport.web import masking
from homeport.web.masking import Masked

FILE = """
agent:
  state: state
  addresses:
    wan:
      detect:
        - {{kind: http_echo, url: 'https://me:us3rinfo@ip.example/v4/0123456789abcdef0123?k=quer1ed'}}
        - {{kind: command, run: [my-ip, --header, 'X: c0mmand-word']}}
  records:
    - {{name: home.example.com, types: [A], address: wan, provider: cf}}
    - {{name: duck.duckdns.org, types: [A], address: wan, provider: duck}}
    - {{name: any.example.net, types: [A], address: wan, provider: any}}
  providers:
    cf: {{kind: cloudflare, zone: example.com, token: "file:token", base_url: "{base}/client/v4"}}
    duck: {{kind: duckdns, token: 'l1teral-"token"', proxy: 'socks5://p:pr0xy-word@127.0.0.1:1'}}
    any:
      kind: http
      url: 'https://host.example/set?password=templ4te-word&name={{name}}'
      headers: {{X-Anything: 'h3ader-word'}}
      body: 'b0dy-word'
"""
WORDS = (
    "us3rinfo",
    "0123456789abcdef0123",
    "quer1ed",
    "c0mmand-word",
    "l1teral",
    "pr0xy-word",
    "templ4te-word",
    "h3ader-word",
    "b0dy-word",
    "fr0m-the-file",
)


@pytest.fixture
def examined(tmp_path):
    (tmp_path / "token").write_text("fr0m-the-file\n")
    path = tmp_path / "homeport.yaml"
    path.write_text(FILE.format(base="https://api.example"))
    found = loader.examine(path)
    assert found.faults == ()
    return found


def test_a_configuration_is_told_without_its_secrets(examined):
    """What is not one stands there as it is, and where one comes from."""
    shown = masking.configuration(examined)
    for word in WORDS:
        assert word not in str(shown), word
    providers = shown["agent"]["providers"]
    assert providers["cf"] == {
        "kind": "cloudflare",
        "zone": "example.com",
        "token": "file:token",
        "base_url": "https://api.example/client/v4",
    }
    assert providers["duck"] == {"kind": "duckdns", "token": "***", "proxy": "***"}
    assert shown["agent"]["addresses"]["wan"]["detect"][1]["run"] == ["my-ip", "***", "***"]
    assert shown["agent"]["records"][0]["name"] == "home.example.com"


@pytest.mark.parametrize("broken", ["  nonsense: 1\n", "  providers: {x: [}\n", "- a\n", "\t"])
def test_of_a_file_that_is_not_valid_the_keys_are_told(examined, broken):
    """Nobody knows which of its values is a secret."""
    examined.path.write_text(examined.text + broken)
    again = loader.examine(examined.path)
    assert again.config is None
    shown = str(masking.configuration(again))
    for word in (*WORDS, "example"):
        assert word not in shown


def test_every_secret_is_known(examined):
    """Those that stand in the file, and those that it leads to; one that cannot be read is in nothing."""
    assert {
        "fr0m-the-file",
        'l1teral-"token"',
        "templ4te-word",
        "h3ader-word",
        "b0dy-word",
    } <= masking.secrets(examined)
    (examined.path.parent / "token").unlink()
    assert "fr0m-the-file" not in masking.secrets(loader.examine(examined.path))


@given(st.text(min_size=masking.LEAST, max_size=40))
def test_no_spelling_of_a_secret_stays(secret):
    """As it is, in JSON, in a URL, and in Basic authentication."""
    written = [
        secret,
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode(),
    ]
    for text in written:
        assert secret not in masking.without(f"<{text}>", {secret}).replace("***", "")
        assert masking.without(f"<{text}>", {secret}) != f"<{text}>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("home.example.com A: 192.0.2.1 -> 192.0.2.7", "<name-1> A: <ipv4-1> -> <ipv4-2>"),
        ("HOME.example.com, home.example.com.", "<name-1>, <name-1>."),
        ("x.home.example.com, notexample.com", "<name-1>, notexample.com"),
        ("2001:db8::1: timed out; at 2001:DB8::1.", "<ipv6-1>: timed out; at <ipv6-1>."),
        ("[2001:db8::1]:53 2001:db8::/64 fe80::1%eth0", "[<ipv6-1>]:53 <ipv6-2>/64 <ipv6-3>%eth0"),
        ("::ffff:192.0.2.1 127.0.0.1:9876 ::1 0.0.0.0", "<ipv6-1> 127.0.0.1:9876 ::1 0.0.0.0"),
        (r'{"why": "no\n192.0.2.1\nhome.example.com"}', r'{"why": "no\n<ipv4-1>\<name-1>"}'),
        ("03:04:05 aa:bb:cc:dd:ee:ff", "03:04:05 <mac-1>"),
        ("1.2.0.192.in-addr.arpa", "<name-1>"),
        ("on BOX in /home/alice/x", "on <machine-1> in /home/<machine-2>/x"),
    ],
)
def test_names_and_addresses_have_stand_ins(text, shown):
    """The same for the same, in capitals or not; what is everywhere alike stays."""
    assert Masked({"example.com"}, ("box", "alice"))(text) == shown


def test_names_are_those_the_file_speaks_of(examined):
    """Published ones, zones and servers; not every word with a dot in it."""
    assert masking.names(examined) == {
        "home.example.com",
        "duck.duckdns.org",
        "any.example.net",
        "example.com",
        "api.example",
        "ip.example",
        "host.example",
    }
