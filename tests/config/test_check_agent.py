"""What does not fit together in the agent's part is told where it was written."""

from __future__ import annotations

import pytest

from homeport.config import loader
from homeport.errors import ConfigInvalid

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
            'agent.records[0].types[0]: expected "A", "AAAA", "HTTPS", "SVCB" or "TXT", found "MX"',
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
        [
            "agent.records[0].host_id: expected the last 64 bits of an IPv6 address (::10), a MAC address, or the word preserve"
        ],
    ),
    (
        "- {name: a.example.com, types: AAAA, address: card, provider: cf, host_id: preserve, when_gone: withdraw, shared: true}",
        [
            "agent.records[0].host_id: nothing would be left to preserve once the record was withdrawn; write the host id itself",
            "agent.records[0].host_id: which of the values of a shared name is this machine's is not known; write the host id itself",
        ],
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
                "agent.addresses.card.detect: IPv4: nothing in card can tell it;"
                " write `types: [AAAA]` at the records, or add a source that can"
            )
        ],
    ),
]


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


def test_one_that_needs_no_other_is_enough(write, kinds):
    """Beside an interface, which is believed alone, a service may stand without a second one."""
    loaded = loader.load(
        write("""
        agent:
          addresses:
            card: {detect: [{kind: card, name: eth0}, {kind: echo, url: "https://a.example/"}]}
          providers: {cf: {kind: cloud, token: "env:T"}}
          records:
            - {name: a.example.com, types: AAAA, address: card, provider: cf}
    """)
    )
    assert loaded.warnings == ()
    [card, echo] = loaded.config.agent.addresses["card"].detect
    assert (card.name, echo.url) == ("eth0", "https://a.example/")


def test_witnesses_are_counted_for_each_family(faults):
    """What knows no IPv4 helps no IPv4 record, and its word is not what is needed there."""
    found = faults("""
        agent:
          addresses:
            card: {detect: [{kind: card, name: eth0}, {kind: echo, url: "https://a.example/"}]}
          providers: {cf: {kind: cloud, token: "env:T"}}
          records:
            - {name: a.example.com, types: A, address: card, provider: cf}
    """)
    assert found == [
        (
            "homeport.yaml:3: agent.addresses.card.detect: IPv4: 2 independent witnesses must agree and there is 1"
            " (a.example); add sources run by others, or lower witnesses"
        )
    ]


@pytest.mark.parametrize(
    ("heartbeat", "said"),
    [
        ("{}", "agent.heartbeat: give either server, a provider of kind homeport, or stun"),
        ("{server: onw}", 'agent.heartbeat.server: there is no provider "onw"; did you mean "own"?'),
        (
            "{server: own}",
            "agent.heartbeat.server: own is of kind cloud; heartbeats go to a provider of kind homeport",
        ),
        (
            '{stun: "stun.example.net:3478", every: 59}',
            "agent.heartbeat.every: a STUN server is somebody else's: not below 60 seconds",
        ),
        (
            "{stun: stun.example.net}",
            'agent.heartbeat.stun: expected "address:port" ("[address]:port" for IPv6), found "stun.example.net"',
        ),
        (
            '{stun: "stun.example.net:3478", every: 0.5}',
            "agent.heartbeat.every: expected at least 1, found 0.5",
        ),
    ],
)
def test_heartbeats_that_cannot_be(faults, heartbeat, said):
    """To one server of our own or one STUN server, and to that one rarely."""
    found = faults(
        f"agent:\n  providers: {{own: {{kind: cloud, token: 'env:T'}}}}\n  heartbeat: {heartbeat}\n"
    )
    assert found == [f"homeport.yaml:3: {said}"]


def test_the_kind_of_a_provider_that_is_wrong_itself_is_known(faults):
    """That heartbeats cannot go there is told with what is wrong there."""
    found = faults("""
        agent:
          providers: {own: {kind: cloud}}
          heartbeat: {server: own}
    """)
    said = "heartbeat.server: own is of kind cloud; heartbeats go to a provider of kind homeport"
    assert found == [
        "homeport.yaml:2: agent.providers.own: give either token, or email and key",
        f"homeport.yaml:3: agent.{said}",
    ]


def test_faults_of_a_heartbeat_come_together(faults):
    """One that is wrong in several ways is told of each, and of the server it may not beat to."""
    found = faults("""
        agent:
          providers: {own: {kind: cloud, token: "env:T"}}
          heartbeat: {server: own, stun: stun, evry: 5, every: soon}
    """)
    assert found == [
        f"homeport.yaml:3: agent.heartbeat{said}"
        for said in (
            ": give either server, a provider of kind homeport, or stun",
            '.every: expected a number, found "soon"',
            '.evry: unknown key; did you mean "every"?',
            ".server: own is of kind cloud; heartbeats go to a provider of kind homeport",
            '.stun: expected "address:port" ("[address]:port" for IPv6), found "stun"',
        )
    ]


@pytest.mark.parametrize("setting", ["use: best", "fail_over: 10", "fail_back: 5"])
def test_what_is_said_of_lines_that_are_not_there_is_a_fault(faults, setting):
    """It would do nothing, be it the default itself."""
    found = faults(f"""
        agent:
          addresses:
            card: {{detect: [{{kind: card, name: eth0}}], {setting}}}
    """)
    where = f"homeport.yaml:3: agent.addresses.card.{setting.partition(':')[0]}"
    assert found == [f"{where}: it says what becomes of `lines`, and there are none; leave it out"]


@pytest.mark.parametrize("url", ["n", "ftp://a.example", "https://", "api.example.net"])
def test_a_base_url_is_a_url(faults, url):
    """What cannot be asked is told before anything asks it, and is not quoted: it may hold a password."""
    found = faults(f"""
        agent:
          providers:
            cf: {{kind: cloud, token: "env:T", base_url: "{url}"}}
    """)
    said = "expected a URL that begins with http:// or https:// and names a host"
    assert found == [f"homeport.yaml:3: agent.providers.cf.base_url: {said}"]


def test_a_number_is_no_name_of_an_interface(write):
    """It is told with everything else; in quotes it is a name."""
    settings = "interface: {0}, detect: [{{kind: interface, name: {0}}}]"
    loaded = loader.load(
        write(f"agent: {{addresses: {{lan: {{{settings.format(chr(34) + '7' + chr(34))}}}}}}}")
    )
    assert loaded.config.agent.addresses["lan"].interface == "7"
    with pytest.raises(ConfigInvalid) as caught:
        loader.load(write(f"agent: {{addresses: {{lan: {{{settings.format(7)}, witnesses: x}}}}}}"))
    assert [line.split(": ")[1] for line in str(caught.value).split("\n")] == [
        f"agent.addresses.lan.{where}" for where in ("detect[0].name", "interface", "witnesses")
    ]
    assert str(caught.value).count("expected a name, found a number") == 2


def test_nor_of_the_interface_a_provider_is_reached_over(write):
    """Whatever is wrong beside it."""
    with pytest.raises(ConfigInvalid) as caught:
        loader.load(write("agent: {providers: {cf: {kind: duckdns, interface: 7}}}"))
    assert [line.split(": ", 1)[1] for line in str(caught.value).split("\n")] == [
        'agent.providers.cf: the key "token" is missing',
        "agent.providers.cf.interface: expected a name, found a number; in quotes it would be taken for a name",
    ]


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ("types: [A, HTTPS]", None),
        ("types: [TXT], content: {TXT: 'at {ipv4}'}", None),
        ("types: [TXT], content: {TXT: 'at {ipv6}'}, address: {AAAA: wan}", None),
        ("types: [A, HTTPS], address: {A: wan}", None),
        ("types: [A, TXT]", "content: what TXT is to say is missing; write `content: {TXT: ...}`"),
        (
            "types: [HTTPS]",
            "types: HTTPS follows the addresses of A or AAAA; add one of them, or write its `content`",
        ),
        ("types: [A], content: {TXT: '{ipv4}'}", "content.TXT: TXT is not among the record's types"),
        ("types: [A], content: {A: '{ipv4}'}", "content.A: A is the address itself; leave it out"),
        (
            "types: [TXT], content: {TXT: '{ipv4} {ip6}'}",
            "content.TXT: there is no {ip6}; write {ipv4} or {ipv6}",
        ),
        (
            "types: [TXT], content: {TXT: '{ipv6}'}, address: {A: wan}",
            "address: no address source is named for AAAA",
        ),
        (
            "types: [AAAA, HTTPS], host_id: preserve",
            "host_id: what speaks of an address does not know what is preserved of it; write the host id itself",
        ),
        (
            "types: [A, HTTPS], shared: true",
            "content: whose parameters are kept is not known of a shared HTTPS; write its `content`",
        ),
        (
            "types: [A, HTTPS], provider: duck",
            "types[1]: duckdns cannot hold HTTPS records; write `types: [A]`",
        ),
    ],
)
def test_what_speaks_of_an_address(write, record, fault):
    """A type that is no address has something to say, an address to follow, and a host that holds it."""
    source = '{detect: [{kind: static, address: ["8.8.8.8", "2606:4700::1111"]}]}'
    provider = "" if "provider" in record else ", provider: cf"
    text = f"""
        agent:
          addresses: {{wan: {source}}}
          providers:
            cf: {{kind: cloudflare, token: "env:T"}}
            duck: {{kind: duckdns, token: "env:T"}}
          records: [{{name: a.duckdns.org, {record}{provider}}}]
    """
    if fault is None:
        loader.load(write(text))
        return
    with pytest.raises(ConfigInvalid) as caught:
        loader.load(write(text))
    path, why = fault.split(": ", 1)
    told = [line.split(": ", 1)[1] for line in str(caught.value).split("\n")]
    assert f"agent.records[0].{path}: {why}" in told


@pytest.mark.parametrize(
    "url", ["p.example:80", "ftp://me:hunter2@p.example", "socks5://", "http://me:hunter2@p:0/x"]
)
def test_a_proxy_is_a_url(write, url):
    """What is none is told where it stands, and not quoted, for it may hold a password."""
    text = 'agent: {{providers: {{cf: {{kind: duckdns, token: "env:T", proxy: "{}"}}}}}}'
    with pytest.raises(ConfigInvalid, match=r"agent.providers.cf.proxy: expected a proxy's URL") as caught:
        loader.load(write(text.format(url)))
    assert "hunter2" not in str(caught.value)


def test_a_proxy_may_be_given_as_a_secret_is(write):
    """A password in the file is told, a proxy without one is not, and one elsewhere is not read."""
    text = 'agent: {{providers: {{cf: {{kind: duckdns, token: "env:T", proxy: {}}}}}}}'

    def load(proxy):
        loaded = loader.load(write(text.format(proxy)))
        told = [warning for warning in loaded.warnings if "cf.proxy" in warning]
        return loaded.config.agent.providers["cf"].proxy, told

    assert load('"env:THERE_IS_NONE"')[0].source == "env:THERE_IS_NONE"
    assert load("") == (None, [])
    plain, told = load('"socks5h://127.0.0.1:1080"')
    assert (plain.reveal(), told) == ("socks5h://127.0.0.1:1080", [])
    given, [told] = load('"http://me:hunter2@p.example:3128"')
    assert "hunter2" not in told
    assert "a secret stands in the file" in told
    assert "hunter2" not in repr(given)


def test_no_proxy_carries_dns(write):
    """An update by RFC 2136 goes to the primary itself."""
    own = "{kind: rfc2136, zone: example.com, server: 192.0.2.1, proxy: 'http://p.example'}"
    with pytest.raises(ConfigInvalid, match=r"providers.own: rfc2136 speaks DNS, which no `proxy` carries"):
        loader.load(write(f"agent: {{providers: {{own: {own}}}}}"))


def test_a_command_is_a_list(write):
    """A text is not split into words, for no shell reads it."""
    lone = "agent: {addresses: {own: {detect: [{kind: command, run: 'echo 1'}]}}}"
    with pytest.raises(ConfigInvalid, match=r"detect\[0\]\.run: expected a list, found a text"):
        loader.load(write(lone))


@pytest.mark.parametrize("settings", ["kind: homeport, token", "kind: dyndns2, user: u, password"])
def test_a_server_of_our_own_is_a_url(write, settings):
    """So is the server of those that are spoken to over HTTP."""
    path = write(f'agent: {{providers: {{own: {{server: "n", {settings}: "env:T"}}}}}}')
    with pytest.raises(
        ConfigInvalid, match=r"agent\.providers\.own\.server: expected a URL that begins with"
    ):
        loader.load(path)


def test_a_server_with_a_port_beside_it_is_an_address(write):
    """The primary of a zone is no URL."""
    own = "{kind: rfc2136, zone: example.com, server: ns1.example.com}"
    assert loader.load(write(f"agent: {{providers: {{own: {own}}}}}")).config.agent


@pytest.mark.parametrize(
    ("heartbeat", "interval"),
    [
        ("{server: own}", 10),
        ("{server: own, every: 2.5, at: 'ddns.example.com:8054'}", 2.5),
        ('{stun: "[2001:db8::1]:3478"}', 60),
        ('{stun: "stun.example.net:3478", every: 90}', 90),
    ],
)
def test_heartbeats_that_can_be(write, heartbeat, interval):
    """Every 10 seconds to a server of our own, every 60 to another's; a provider for them alone is used."""
    own = "{kind: homeport, server: 'https://ddns.example.com', token: 'env:T'}"
    loaded = loader.load(write(f"agent:\n  providers: {{own: {own}}}\n  heartbeat: {heartbeat}\n"))
    assert loaded.config.agent.heartbeat.interval == interval
    unused = [warning for warning in loaded.warnings if "no record uses it" in warning]
    assert bool(unused) is ("stun" in heartbeat)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "lines: [fibre, lte], detect: [{kind: card, name: e}]",
            [": a source has `detect` or `lines`, not both"],
        ),
        ("lines: [fibre, ltte]", ['[1]: there is no address source "ltte"; did you mean "lte"?']),
        ("lines: [fibre, home]", ["[1]: home has lines of its own; name those instead"]),
        ("lines: [fibre, fibre]", ["[1]: fibre is written twice"]),
        ("lines: [fibre]", [": expected two lines or more"]),
    ],
)
def test_lines_that_cannot_be(faults, lines, said):
    """A source of several lines names two others or more, each once, that are asked themselves."""
    found = faults(f"""
        agent:
          addresses:
            fibre: {{interface: eth0, detect: [{{kind: card, name: eth0}}]}}
            lte: {{source: 192.0.2.1, detect: [{{kind: card, name: wwan0}}]}}
            home: {{{lines}}}
    """)
    assert found == [f"homeport.yaml:5: agent.addresses.home.lines{line}" for line in said]


def test_auto_may_be_one_of_the_lines(write, kinds):
    """The built-in source is there for whoever names it."""
    loaded = loader.load(
        write("""
        agent:
          addresses:
            card: {detect: [{kind: card, name: eth0}]}
            home: {lines: [card, auto]}
    """)
    )
    assert "auto" in loaded.config.agent.addresses


def test_lines_want_the_families_of_their_records(faults):
    """A line is held to what records want of the name it is behind."""
    found = faults("""
        agent:
          addresses:
            fibre: {detect: [{kind: card, name: eth0}]}
            lte: {detect: [{kind: echo, url: "https://a.example/"}]}
            home: {lines: [fibre, lte]}
          providers: {cf: {kind: cloud, token: "env:T"}}
          records:
            - {name: a.example.com, types: AAAA, address: home, provider: cf}
    """)
    assert found == [
        (
            "homeport.yaml:4: agent.addresses.lte.detect: IPv6: 2 independent witnesses must agree and there is 1"
            " (a.example); add sources run by others, or lower witnesses"
        )
    ]


@pytest.mark.parametrize(
    ("web", "lines"),
    [
        (
            "{listen: [9876], trusted_proxies: [10.0.0.0/33, nginx], names: [nas, 'http://nas', 'nas:80', ' ']}",
            [
                'agent.web.listen[0]: expected "address:port" ("[address]:port" for IPv6), found "9876"',
                "agent.web.names[1]: expected a host name as a browser sends it, without port; xn-- for others",
                "agent.web.names[2]: expected a host name as a browser sends it, without port; xn-- for others",
                "agent.web.names[3]: expected a host name as a browser sends it, without port; xn-- for others",
                "agent.web.trusted_proxies[0]: expected an address or a network like 192.0.2.0/24",
                "agent.web.trusted_proxies[1]: expected an address or a network like 192.0.2.0/24",
            ],
        ),
        ("{tls: self-signed}", ['agent.web.tls: expected "generated", found "self-signed"']),
        ("{tls: {certificate: a.pem}}", ['agent.web.tls: the key "key" is missing']),
    ],
)
def test_faults_of_the_page(faults, web, lines):
    """Whom it listens to and believes: a fault there is found before the page starts."""
    found = faults(f"agent:\n  web: {web}\n")
    assert sorted(each.split(": ", 1)[1] if ".yaml:" in each else each for each in found) == sorted(lines)


@pytest.mark.parametrize(
    "web",
    [
        "{}",
        "{listen: []}",
        '{listen: ["[::]:80", "0.0.0.0:80"], tls: generated, trusted_proxies: [192.0.2.1, "2001:db8::/32"]}',
        "{tls: {certificate: a.pem, key: b.pem}, names: [nas, nas.home.example, xn--fct.example]}",
    ],
)
def test_a_page_that_can_be(write, web):
    """Nowhere, everywhere, with a certificate that is made or given."""
    assert loader.load(write(f"agent:\n  web: {web}\n")).config.agent is not None


def test_who_is_told_of_what(tmp_path):
    """A name that there is not is told and not refused: a record may go. A URL that is none is a fault."""
    text = """\
agent:
  notify:
    a: {kind: webhook, url: "https://x.example/s3cret", names: [gone.example.com]}
    b: {kind: webhook, url: "x.example/s3cret"}
    c: {kind: webhok, url: "https://x.example"}
    d: {kind: webhook, url: "http://x.example/s3cret"}
"""
    found = loader.examine_text(text, tmp_path / "homeport.yaml")
    assert [(fault.path, fault.message[:30]) for fault in found.faults] == [
        ("agent.notify.b.url", "expected a URL that begins wit"),
        ("agent.notify.c.kind", "there is no notifier 'webhok';"),
    ]
    said = "\n".join(found.lines(found.warnings))
    assert "agent.notify.a.names[0]: no record is named gone.example.com" in said
    assert "agent.notify.d.url: what is sent there goes over the network in the clear" in said
    assert "s3cret" not in said + str(found.faults)
