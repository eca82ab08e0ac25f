"""`kind` decides who reads a mapping, and only that module is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from homeport.config import kinds, loader
from homeport.config.compose import compose
from homeport.config.convert import BROKEN, Converter
from homeport.detectors import load
from homeport.errors import ConfigInvalid
from homeport.model.secret import Secret
from homeport.providers import _base


@pytest.fixture
def converter(tmp_path):
    """A converter that knows kinds."""
    return Converter(tmp_path, Secret.literal, kinds.READERS)


def test_settings_know_their_kind():
    """What was read can be built again by its kind."""
    settings = kinds.settings_of(load("http_echo"))(url="https://a.example/")
    assert kinds.kind_of(settings) == "http_echo"
    assert kinds.build(settings).kind == "http_echo"


def test_settings_beside_the_class(monkeypatch):
    """`Settings` may be the class's or its module's."""
    assert kinds.settings_of(load("http_echo")).__struct_config__.tag == "http_echo"


def test_options_are_typed_by_the_provider(converter, monkeypatch):
    """Only what was written is an option; a provider without options takes none."""

    class Options(_base.Options, frozen=True, kw_only=True):
        proxied: bool = False
        comment: str = ""

    class Settings(_base.Settings, frozen=True, kw_only=True, tag="this"):
        pass

    class This:
        pass

    This.Settings = Settings
    This.Options = Options
    monkeypatch.setattr(kinds.providers, "load", lambda _kind: This)
    read = lambda text: kinds.read_options(converter, compose(text).root, Settings(), "o")  # noqa: E731 -- short
    assert read("{proxied: true}") == frozenset({("proxied", True)})
    assert read("~") == frozenset()
    assert read("{proxied: perhaps}") is BROKEN
    This.Options = _base.Options
    assert read("{proxied: true}") is BROKEN
    assert [fault.message for fault in converter.faults] == [
        'expected true or false, found "perhaps"',
        "this has no options",
    ]


def test_only_the_named_module_is_imported(tmp_path):
    """A file with one kind of detector does not load the others."""
    (tmp_path / "homeport.yaml").write_text(
        "agent: {addresses: {a: {detect: [{kind: static, address: 192.0.2.1}]}}}"
    )
    script = (
        "import sys; from pathlib import Path; from homeport.config.loader import load;"
        f"load(Path({str(tmp_path / 'homeport.yaml')!r}), apart=True);"
        "print(*sorted(m for m in sys.modules if m.startswith(('homeport.detectors.', 'homeport.providers.', 'ruamel'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert [name for name in done.stdout.split() if "._" not in name] == ["homeport.detectors.static"]


def told(text):
    """Return what is wrong with a text, at the hosts there really are."""
    with pytest.raises(ConfigInvalid) as caught:
        loader.parse(text, Path("homeport.yaml"))
    return str(caught.value).split("\n")


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("namecheap, zone: example.com", "", "types: namecheap cannot hold AAAA records; write `types: [A]`"),
        (
            "namecheap, zone: example.com",
            "types: [A], shared: true",
            "shared: namecheap holds one address for a name and cannot be asked, so nobody's can stand beside another's",
        ),
    ],
)
def test_what_its_host_cannot_hold(kind, more, said):
    """A host with IPv4 alone is told from the file, and so is one that can share no name."""
    more = f", {more}" if more else ""
    text = f"""\
agent:
  records: [{{name: home.example.com, provider: p{more}}}]
  providers: {{p: {{kind: {kind}, password: "env:P"}}}}
"""
    assert [line.partition("agent.records[0].")[2] for line in told(text)] == [said]


def test_a_service_that_is_not_known():
    """Of many words the nearest is named, not all of them."""
    [line] = told("agent: {providers: {p: {kind: dyndns2, service: no-ip, user: me, password: 'env:P'}}}")
    assert line.endswith('expected another word, found "no-ip"; did you mean "noip"?')


@pytest.mark.parametrize(
    ("provider", "told"),
    [
        ('url: "http://127.0.0.1/?ip={address}&key={token}", token: "env:T"', ""),
        (
            'url: "http://dns.example/?ip={address}&key={token}", token: "env:T"',
            "url: what is sent there goes over",
        ),
        (
            'url: "https://dns.example/?ip={address}&key=hunter2"',
            "url: a secret seems to stand there; write {token}",
        ),
        ('url: "https://dns.example/", body: "password=hunter2"', "body: a secret seems to stand there"),
        (
            'url: "https://dns.example/", headers: {X-Token: hunter2}',
            "headers: a secret seems to stand there",
        ),
    ],
)
def test_a_template_is_looked_through_for_secrets(write, provider, told):
    """What goes in the clear or stands in a request is told where it is, and not quoted."""
    text = f"""
        agent:
          providers: {{p: {{kind: http, {provider}}}}}
          records: [{{name: a.example.com, types: A, provider: p}}]
    """
    warnings = [line.split(" agent.providers.p.")[1] for line in loader.load(write(text)).warnings]
    assert [line[: len(told)] for line in warnings] == ([told] if told else [])
    assert "hunter2" not in str(warnings)
