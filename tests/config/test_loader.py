"""Every fault of a file is told at once, with its line; nothing else ever comes out of a file."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeport.config import loader
from homeport.config.kinds import kind_of
from homeport.config.models import Config
from homeport.errors import ConfigInvalid, SecretUnreadable
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType

WHOLE = """
agent:
  addresses:
    wan:
      detect:
        - {kind: echo, url: "https://a.example/ip"}
        - {kind: echo, url: "https://b.example/ip"}
      witnesses: 2
    card: {detect: [{kind: card, name: "eth*"}]}
  records:
    - name: Home.Example.com.
      types: [A, AAAA]
      address: {A: wan, AAAA: card}
      provider: cf
      ttl: 120
      options: {proxied: true}
    - {name: 家.example.com, types: AAAA, address: card, host_id: ::10, provider: cf}
  providers:
    cf: {kind: cloud, zone: example.com, token: "env:CF_TOKEN"}
  interval: 60
  state: state
server:
  zones:
    - name: dyn.example.com
      nameservers: [{name: ns1.dyn.example.com, addresses: 198.51.100.53}]
  gateway: {listen: "0.0.0.0:0", trusted_proxies: [10.0.0.0/8, ::1]}
  key: file:server.key
"""


def test_a_whole_file_loads(write, kinds):
    """Names, types, addresses, paths, secrets and options are what they mean, not what was typed."""
    path = write(WHOLE)
    config = loader.load(path).config
    first, second = config.agent.records
    assert first.name == Fqdn.parse("home.example.com")
    assert first.options == {("proxied", True)}
    assert (first.source(RRType.A), first.source(RRType.AAAA), first.ttl) == ("wan", "card", 120)
    assert str(second.name) == "xn--fct.example.com"
    assert (second.types, second.host_id, second.ttl) == ((RRType.AAAA,), "::10", 60)
    assert config.agent.state == path.parent / "state"
    assert config.server.zones[0].nameservers[0].addresses == (ip_address("198.51.100.53"),)
    assert config.server.gateway.listen == ("0.0.0.0:0",)
    assert config.server.key.source == f"file:{path.parent / 'server.key'}"
    with pytest.raises(SecretUnreadable):
        config.agent.providers["cf"].token.reveal()


def test_a_child_reads_the_same(write, kinds):
    """What is parsed in a child process is what is parsed here."""
    path = write(WHOLE)
    here, apart = loader.load(path), loader.load(path, apart=True)
    assert repr(apart.config) == repr(here.config)
    assert "CF_TOKEN" not in repr(apart)


TABLE = [
    (
        "agent:\n  interval: 60\n  intervall: 60\n",
        ['homeport.yaml:3: agent.intervall: unknown key; did you mean "interval"?'],
    ),
    (
        "agnt: {}\nserver:\n  zones: x\n  qqq: 1\n",
        [
            'homeport.yaml:1: agnt: unknown key; did you mean "agent"?',
            "homeport.yaml:3: server.zones: expected a list, found a text",
            "homeport.yaml:4: server.qqq: unknown key; here may stand: zones, gateway, dns, heartbeat, store, key",
        ],
    ),
    (
        "agent:\n  interval: 5m\n  debounce: '1'\n",
        [
            'homeport.yaml:2: agent.interval: expected a number of seconds without a unit, found "5m"',
            'homeport.yaml:3: agent.debounce: expected a number, found "1"; remove the quotes',
        ],
    ),
    (
        "agent:\n  interval: 0.5\n  debounce: 61\n",
        [
            "homeport.yaml:2: agent.interval: expected at least 1, found 0.5",
            "homeport.yaml:3: agent.debounce: expected at most 60, found 61",
        ],
    ),
    ("agent: [1]\n", ["homeport.yaml:1: agent: expected a mapping, found a list"]),
    ("just words\n", ["homeport.yaml:1: expected a mapping, found a text"]),
    ("", ["homeport.yaml: the file is empty; write agent: or server: into it"]),
    ("# nothing\n", ["homeport.yaml: the file is empty; write agent: or server: into it"]),
    ("{}\n", ["homeport.yaml: there is nothing in it; write agent: or server: into it"]),
    (
        "agent:\n\tinterval: 60\n",
        ["homeport.yaml:2: a tab; YAML is indented with spaces"],
    ),
    (
        "agent:\n  interval: 60\n  interval: 61\n",
        ["homeport.yaml:3: agent.interval: written twice; first in line 2"],
    ),
    (
        "agent: {interval: [60\n",
        ["homeport.yaml:2: not YAML: expected ',' or ']', but got '<stream end>'"],
    ),
    ("agent: {}\n---\nserver: {}\n", ["homeport.yaml:2: a second document begins here; a file holds one"]),
    (
        "agent:\n  providers:\n    p: {kind: plain, password: *hunter2}\n",
        [
            (
                "homeport.yaml:3: agent.providers.p.password: an alias to nothing before it;"
                " a value that begins with * needs quotes"
            )
        ],
    ),
    (
        "agent:\n  providers:\n    p: {kind: plain, password: !hunter2 x}\n",
        ["homeport.yaml:3: agent.providers.p.password: a tag; a value that begins with ! needs quotes"],
    ),
    (
        "agent:\n  providers:\n    p: hunter2\n    q: {token: hunter2}\n    r: {kind: cluod}\n    s: {kind: extra}\n",
        [
            "homeport.yaml:3: agent.providers.p: expected a mapping with `kind`, found a text",
            'homeport.yaml:4: agent.providers.q: the key "kind" is missing',
            "homeport.yaml:5: agent.providers.r.kind: there is no provider 'cluod'",
            'homeport.yaml:6: agent.providers.s.kind: "extra" cannot be loaded here: the package "lexicon" is missing',
        ],
    ),
    (
        "agent:\n  providers:\n    p: {kind: plain, pasword: hunter2}\n    q:\n      kind: cloud\n      zone: a b\n",
        [
            'homeport.yaml:3: agent.providers.p: the key "password" is missing',
            'homeport.yaml:3: agent.providers.p.pasword: unknown key; did you mean "password"?',
            'homeport.yaml:6: agent.providers.q.zone: "a b" is not a domain name: letters, digits, - and _ between dots',
        ],
    ),
    (
        (
            "agent:\n  providers:\n    p: {kind: cloud}\n    q: {kind: plain, password: ''}\n"
            "    r: {kind: plain, password: [hunter2]}\n    s: {kind: plain, password: 'env:4 2'}\n"
        ),
        [
            "homeport.yaml:3: agent.providers.p: give either token, or email and key",
            "homeport.yaml:4: agent.providers.q.password: expected a secret, found an empty text",
            "homeport.yaml:5: agent.providers.r.password: expected a secret, found a list",
            "homeport.yaml:6: agent.providers.s.password: expected env:NAME, the name of an environment variable",
        ],
    ),
    (
        (
            "agent:\n  providers:\n    cf: {kind: cloud, zone: example.com, token: env:T, nameservers: ['a b', 192.0.2.1]}\n"
            "  addresses:\n    card: {detect: {kind: card, name: e}}\n    lan: {detect: [{kind: card, name: e, prefer: x}]}\n"
            "    nil: {detect: []}\n    none:\n"
        ),
        [
            (
                "homeport.yaml:3: agent.providers.cf.nameservers[0]:"
                ' expected "address:port" ("[address]:port" for IPv6), found "a b"'
            ),
            "homeport.yaml:5: agent.addresses.card.detect: expected a list, found a mapping",
            (
                "homeport.yaml:6: agent.addresses.lan.detect[0].prefer:"
                ' expected "stable" or "dynamic", found "x"'
            ),
            "homeport.yaml:7: agent.addresses.nil.detect: expected at least one address source, found none",
            "homeport.yaml:8: agent.addresses.none.detect: expected at least one address source, found none",
        ],
    ),
]


@pytest.mark.parametrize(("text", "lines"), TABLE)
def test_faults(faults, text, lines):
    """Every fault of a file is told, with its line, its path and the way out."""
    assert faults(text) == lines


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"agent: \xff\n", "line 1 is not UTF-8; save the file as UTF-8"),
        ("agent: {}".encode("utf-16"), "saved as UTF-16; save it as UTF-8"),
        (b"#" * (loader.MAX_BYTES + 1), "larger than 512 KiB; that is no configuration file"),
    ],
)
def test_what_is_no_text(tmp_path, raw, why):
    """A file that is no UTF-8, or no configuration at all, is named as such."""
    path = tmp_path / "homeport.yaml"
    path.write_bytes(raw)
    with pytest.raises(ConfigInvalid) as caught:
        loader.load(path)
    assert str(caught.value) == f"{path}: {why}"


def test_a_byte_order_mark_is_no_fault(tmp_path):
    """Windows editors write one."""
    path = tmp_path / "homeport.yaml"
    path.write_bytes(b"\xef\xbb\xbfserver: {}\n")
    assert loader.load(path).config.server is not None


def test_what_cannot_be_read(tmp_path):
    """A folder, a missing file, a pipe and a path that is none are faults, never a traceback or a wait."""
    pipe = tmp_path / "pipe"
    if hasattr(os, "mkfifo"):
        os.mkfifo(pipe)
    reasons = {
        tmp_path: "a folder, not a file; name the file in it",
        tmp_path / "none.yaml": "there is no such file; `homeport init` makes one",
        **({pipe: "not a regular file"} if pipe.exists() else {}),
        tmp_path / "a\0b": "cannot be read: not a path",
    }
    for path, why in reasons.items():
        assert loader.examine(path).faults[0].message == why


def test_a_file_others_own(tmp_path, monkeypatch):
    """A file this account may not read says so."""
    path = tmp_path / "homeport.yaml"
    path.write_text("server: {}")

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    assert loader.examine(path).faults[0].message.startswith("this account may not read it")


def test_warnings(write, kinds):
    """A secret in the file, a file others may read, what nothing uses and what travels in the clear are told."""
    path = write("""
        agent:
          providers:
            p: {kind: plain, password: hunter2}
            q: {kind: cloud, token: "env:T", base_url: "http://dns.example/"}
          addresses:
            card: {detect: [{kind: card, name: eth0}]}
          records:
            - {name: a.example, types: AAAA, address: card, provider: q}
    """)
    path.chmod(0o644)
    told = [line.removeprefix(f"{path}") for line in loader.load(path).warnings]
    assert told == [
        f": a secret stands in it and others may read it (mode 0644); chmod 600 {path}",
        ":3: agent.providers.p: no record uses it",
        (
            ":3: agent.providers.p.password: a secret stands in the file; `homeport secret set NAME` keeps it out,"
            " then secret:NAME"
        ),
        ":4: agent.providers.q.base_url: what is sent there goes over the network in the clear; write https://",
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_merges_and_aliases(write, kinds):
    """YAML's own ways to say a thing once work."""
    path = write("""
        agent:
          addresses:
            card: &card {detect: [{kind: card, name: eth0}]}
            again: {<<: *card, allow_private: true}
    """)
    agent = loader.load(path).config.agent
    assert agent.addresses["again"].detect == agent.addresses["card"].detect
    assert agent.addresses["again"].allow_private


BOMBS = {
    "deep list": "agent: " + "[" * 100_000,
    "deep mapping": "agent: " + "{a: " * 50_000,
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "itself": "agent: &a [*a]",
    "many keys": "agent:\n" + "".join(f"  k{i}:\n" for i in range(2_000)),
    "a huge number": "agent: {interval: " + "9" * 5_000 + "}",
    "colons": ": " * 50_000,
    "a bad escape": 'agent: "\\UFFFFFFFF"',
    "a list as a key": "[a, b]: 1",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs(faults, bomb):
    """What is made to hurt is a fault in bounded time."""
    assert all(line.startswith("homeport.yaml") for line in faults(BOMBS[bomb]))


_WORDS = st.sampled_from(
    [
        "agent",
        "server",
        "records",
        "addresses",
        "detect",
        "kind",
        "echo",
        "card",
        "cloud",
        "providers",
        "name",
        "types",
        "ttl",
        "zone",
        "options",
        "proxied",
        "url",
        "witnesses",
        "token",
        "listen",
        "example.com",
        "家",
        "wan",
        "::10",
        "127.0.0.1:53",
        "60",
        "5m",
        "true",
        "null",
        "~",
        "A",
        "AAAA",
        "<<",
    ]
)
_MARKS = st.sampled_from(
    ["\n", "  ", ": ", "- ", "{", "}", "[", "]", ", ", "&a ", "*a", "!t ", '"', "'", "\t", "|", "#"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(_WORDS | _MARKS | st.text(max_size=3), max_size=30))
def test_any_text_is_a_config_or_invalid(tmp_path, kinds, parts):
    """Nothing but a configuration or ConfigInvalid comes out of a text."""
    with suppress(ConfigInvalid):
        assert isinstance(loader.parse("".join(parts), tmp_path / "homeport.yaml").config, Config)


EXAMPLES = Path(__file__).parent / "examples"


def test_the_agents_example():
    """The promised file of an agent loads as it stands; its token is wanted only when it is used."""
    agent = loader.load(EXAMPLES / "agent.yaml").config.agent
    assert [kind_of(one) for one in agent.addresses["wan"].detect] == ["http_echo", "http_echo", "stun"]
    assert agent.records[0].options == {("proxied", False)}
    assert str(agent.records[1].name) == "nas.example.com"
    assert agent.providers["cf"].token.source == "env:CF_TOKEN"
    assert agent.state == Path("/var/lib/homeport")


def test_the_servers_example():
    """The promised file of a server loads as it stands."""
    server = loader.load(EXAMPLES / "server.yaml").config.server
    assert server.zones[0].nameservers[0].addresses == (
        ip_address("198.51.100.53"),
        ip_address("2001:db8::53"),
    )
    assert server.gateway.listen == ("0.0.0.0:8053", "[::]:8053")
    assert (server.store.path, server.key.source) == (
        Path("/var/lib/homeport/server.db"),
        "file:/var/lib/homeport/server.key",
    )


def test_no_secret_is_shown(write, kinds):
    """A configuration, what was said about it and what holds it print no secret of the file."""
    path = write(PLAIN_SECRET)
    loaded, examined = loader.load(path), loader.examine(path)
    assert loaded.config.agent.providers["p"].password.reveal() == "hunter2"
    for shown in (loaded, examined, loaded.config, loaded.warnings, examined.faults):
        assert "hunter2" not in repr(shown)


PLAIN_SECRET = "agent:\n  providers:\n    p: {kind: plain, password: hunter2}\n"
