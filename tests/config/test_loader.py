"""Every fault of a file is told at once, with its line; nothing else ever comes out of a file."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeport.config import loader
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
            "homeport.yaml:4: server.qqq: unknown key; here may stand: zones, gateway, dns, store, key",
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
            "homeport.yaml:6: agent.providers.s.kind: 'extra' cannot be loaded here: the package 'lexicon' is missing",
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
                ' expected "address:port" ("[address]:port" for IPv6), found \'a b\''
            ),
            "homeport.yaml:5: agent.addresses.card.detect: expected a list, found a mapping",
            (
                "homeport.yaml:6: agent.addresses.lan.detect[0].prefer:"
                ' expected "stable" or "dynamic", found "x"'
            ),
            "homeport.yaml:7: agent.addresses.nil.detect: expected at least one address source, found none",
            'homeport.yaml:8: agent.addresses.none: the key "detect" is missing',
        ],
    ),
]

PARTS = """
agent:
  providers:
    cf: {kind: cloud, zone: example.com, token: "env:CF_TOKEN"}
    flat: {kind: plain, password: "env:CF_TOKEN"}
  addresses:
    wan: {detect: [{kind: echo, url: "https://a.example/"}, {kind: echo, url: "https://b.example/"}]}
    card: {detect: [{kind: card, name: eth0}]}
  records:
"""
RECORDS = [
    (
        "- {name: a.example.com, types: AAAA, address: crad, provider: cff, tttl: 5}",
        [
            'agent.records[0].address: there is no address source "crad"; did you mean "card"?',
            'agent.records[0].provider: there is no provider "cff"; did you mean "cf"?',
            'agent.records[0].tttl: unknown key; did you mean "ttl"?',
        ],
    ),
    (
        "- {types: [MX, A, A], address: {A: wan, AAAA: card}, provider: cf}",
        [
            'agent.records[0]: the key "name" is missing',
            "agent.records[0].address.AAAA: AAAA is not among the record's types",
            'agent.records[0].types[0]: expected "A" or "AAAA", found "MX"',
            "agent.records[0].types[2]: A is written twice",
        ],
    ),
    (
        "- {name: a.example.com, address: {A: wan}, provider: cf}",
        ["agent.records[0].address: no address source is named for AAAA"],
    ),
    (
        "- {name: a.notexample.com, types: A, address: wan, provider: cf}",
        ["agent.records[0].name: a.notexample.com is not within example.com, the zone of provider cf"],
    ),
    (
        '- {name: "a\\0b.example.com", types: A, address: wan, provider: cf}',
        ["agent.records[0].name: a control character (U+0000); remove it"],
    ),
    (
        f"- {{name: {'a' * 64}.example.com, types: [], address: wan, provider: cf}}",
        [
            f'agent.records[0].name: "{"a" * 40}..." is not a domain name: it is too long',
            "agent.records[0].types: expected A, AAAA or both, found nothing",
        ],
    ),
    (
        "- {name: ☃☃.example.com, types: A, address: wan, provider: cf}",
        ['agent.records[0].name: "☃☃.example.com" is not a domain name: IDNA does not allow it'],
    ),
    (
        "- {name: a.example.com, types: A, address: wan, provider: cf, host_id: ::10}",
        [
            "agent.records[0].host_id: a host id makes an IPv6 address, and AAAA is not among the record's types",
        ],
    ),
    (
        "- {name: a.example.com, types: AAAA, address: card, provider: cf, host_id: 2001:db8::1}",
        ["agent.records[0].host_id: expected the last 64 bits of an IPv6 address, as in ::10"],
    ),
    (
        "- {name: a.example.com, types: A, address: wan, provider: cf, options: {proxyed: 1, comment: [x]}}",
        [
            "agent.records[0].options.comment: expected a text, found a list",
            'agent.records[0].options.proxyed: unknown key; did you mean "proxied"?',
        ],
    ),
    (
        "- {name: a.example.com, types: A, address: wan, provider: flat, options: {proxied: true}}",
        ["agent.records[0].options: plain has no options"],
    ),
    (
        "- {name: a.example.com, types: A, address: card, provider: cf}",
        [
            (
                "agent.addresses.card.detect: IPv4: 1 independent witnesses must agree and there is none;"
                " add sources run by others, or lower witnesses"
            )
        ],
    ),
]


@pytest.mark.parametrize(("text", "lines"), TABLE)
def test_faults(faults, text, lines):
    """Every fault of a file is told, with its line, its path and the way out."""
    assert faults(text) == lines


@pytest.mark.parametrize(("record", "lines"), RECORDS)
def test_faults_of_a_record(faults, record, lines):
    """What does not fit together is told where it was written."""
    found = faults(PARTS + "    " + record + "\n")
    source = "homeport.yaml:7: " if "agent.addresses" in lines[0] else "homeport.yaml:9: "
    assert found == [source + line for line in lines]


def test_the_same_rrset_twice(faults):
    """Two records for one name and type at one provider would fight; at two providers they do not."""
    record = "    - {name: a.example.com, types: A, address: wan, provider: %s}\n"
    found = faults(PARTS + record % "cf" + record % "flat" + record % "cf")
    assert found == [
        "homeport.yaml:11: agent.records[2]: a.example.com A at cf is written twice; first in line 9"
    ]


@pytest.mark.parametrize(
    ("detect", "line"),
    [
        (
            'detect: [{kind: echo, url: "https://a.example/1"}, {kind: echo, url: "https://a.example/2"}]',
            (
                "agent.addresses.wan.detect: IPv4 and IPv6: 2 independent witnesses must agree and there is 1"
                " (a.example); add sources run by others, or lower witnesses"
            ),
        ),
        (
            'witnesses: 3, detect: [{kind: echo, url: "https://a.example/"}, {kind: card, name: eth0}]',
            (
                "agent.addresses.wan.witnesses: IPv4: 3 independent witnesses must agree and there is 1 (a.example);"
                " add sources run by others, or lower witnesses"
            ),
        ),
    ],
)
def test_too_few_witnesses(faults, detect, line):
    """Two sources of one operator are one witness, counted for each family."""
    found = faults(f"agent:\n  addresses:\n    wan: {{{detect}}}\n")
    assert found[0] == f"homeport.yaml:3: {line}"


def test_faults_of_a_server(faults):
    """Listeners, proxies, zones and stores are checked as they are loaded, not when they are opened."""
    found = faults("""
        server:
          zones:
            - {name: dyn.example.com, nameservers: [{name: ns1.x}, {name: NS1.x}]}
            - {name: DYN.example.com.}
          gateway:
            listen: ["8053", "[::1:1", "1.2.3.400:1", "a:99999", "::1:1", "127.0.0.1:1", "127.0.0.1:1", "h:0", "h:0"]
            trusted_proxies: [10.0.0.1/8, x]
            tls: {certificate: c.pem}
          store: {kind: ectd}
    """)
    listen = 'homeport.yaml:6: server.gateway.listen[%d]: expected "address:port" ("[address]:port" for IPv6), found %r'
    assert found == [
        "homeport.yaml:3: server.zones[0].nameservers[1].name: ns1.x is written twice",
        "homeport.yaml:4: server.zones[1].name: dyn.example.com is written twice; first in line 3",
        listen % (0, "8053"),
        listen % (1, "[::1:1"),
        "homeport.yaml:6: server.gateway.listen[2]: '1.2.3.400:1' does not begin with an IPv4 address",
        listen % (3, "a:99999"),
        listen % (4, "::1:1"),
        "homeport.yaml:6: server.gateway.listen[6]: 127.0.0.1:1 is written twice",
        (
            "homeport.yaml:7: server.gateway.trusted_proxies[0]: 10.0.0.1/8 has bits after its prefix;"
            " did you mean 10.0.0.0/8?"
        ),
        "homeport.yaml:7: server.gateway.trusted_proxies[1]: expected an address or a network, as in 10.0.0.0/8",
        'homeport.yaml:8: server.gateway.tls: the key "key" is missing',
        'homeport.yaml:9: server.store.kind: expected "sqlite", found "ectd"',
    ]


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
    os.mkfifo(pipe)
    reasons = {
        tmp_path: "a folder, not a file; name the file in it",
        tmp_path / "none.yaml": "there is no such file; `homeport init` makes one",
        pipe: "not a regular file",
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
