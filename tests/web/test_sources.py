"""The forms of whom an address source asks: every kind has one but those that no page may set."""

import pytest

from homeport import detectors
from homeport.config.loader import examine_text
from homeport.web import fields, sources

TEXT = """\
agent:
  addresses:                        # mine
    lan: {detect: [{kind: interface, name: eth0}], allow_private: true}
    two:
      detect:
        - kind: http_echo           # one
          service: ipify
        - kind: command
          run: [/bin/true]
        - {kind: router}
"""


@pytest.fixture
def agent(tmp_path):
    return examine_text(TEXT, tmp_path / "homeport.yaml").config.agent


def test_every_kind_has_a_form_but_programs_and_files(agent):
    """By their types: the next one that runs something or reads a file has none either."""
    assert set(detectors.kinds()) - set(sources.kinds()) == {"command", "file"}
    for kind in sources.kinds():
        form = sources.part(agent, TEXT, "addresses/lan/detect/new", kind)
        assert form.is_new
        assert form.place == ("agent", "addresses", "lan", "detect", 1)


def test_what_is_asked_is_shown_with_its_values(agent):
    """A program is shown by the source, and has no form of its own."""
    form = sources.part(agent, TEXT, "addresses/lan/detect/0")
    assert {one.name: one.value for one in form.fields if one.value} == {"name": "eth0"}
    assert form.asks == "interface"
    shown = next(one for one in fields.parts(agent, TEXT) if one.at == "addresses/two")
    assert [bool(one.at) for one in shown.asked] == [True, False, True]
    assert sources.part(agent, TEXT, shown.asked[0].at).asks == "http_echo"


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        ("addresses/two/detect/1", ""),
        ("addresses/two/detect/1", "interface"),
        ("addresses/two/detect/9", ""),
        ("addresses/lan/detect/new", "command"),
        ("addresses/lan/detect/new", "file"),
        ("addresses/lan/detect/new", "nonsense"),
        ("addresses/lan/detect/new", ""),
        ("addresses/auto/detect/0", ""),
        ("addresses/lan/detect/-1", ""),
        ("addresses/lan", ""),
    ],
)
def test_what_is_none_has_no_form(agent, at, kind):
    """A program, a number that is none, a kind that is none, and the source that is built in."""
    assert sources.part(agent, TEXT, at, kind) is None


@pytest.mark.parametrize(
    ("at", "kind", "typed", "line"),
    [
        (
            "addresses/lan/detect/0",
            "",
            {"name": "en*"},
            '    lan: {detect: [{kind: interface, name: "en*"}], allow_private: true}',
        ),
        (
            "addresses/lan/detect/new",
            "stun",
            {"server": "google"},
            "    lan: {detect: [{kind: interface, name: eth0}, {kind: stun, server: google}], allow_private: true}",
        ),
        ("addresses/two/detect/0", "", {"service": "aws"}, "          service: aws"),
        ("addresses/two/detect/new", "router", {"ipv6": "true"}, "          ipv6: true"),
        ("addresses/wan 2/detect/new", "router", {}, '    "wan 2": {detect: [{kind: router}]}'),
        (
            "addresses/web/detect/new",
            "http_echo",
            {"service": "aws", "source.witnesses": "1"},
            "    web: {detect: [{kind: http_echo, service: aws}], witnesses: 1}",
        ),
        (
            "addresses/new/detect/new",
            "static",
            {"address": "192.0.2.1, 2001:db8::1"},
            '    new: {detect: [{kind: static, address: ["192.0.2.1", "2001:db8::1"]}]}',
        ),
    ],
)
def test_what_is_typed_is_put_where_it_belongs(agent, at, kind, typed, line):
    """One that is there, one more, and the first of a source that is not there yet; comments stay."""
    text = fields.changed(TEXT, sources.part(agent, TEXT, at, kind), typed)
    assert line in text.splitlines()
    assert "# mine" in text
    assert "# one" in text


def test_the_first_source_of_a_file_that_has_none(tmp_path):
    """The mapping is made."""
    for empty in ("agent: {interval: 60}\n", "agent:\n  addresses: {}   # none\n"):
        agent = examine_text(empty, tmp_path / "homeport.yaml").config
        form = sources.part(
            agent.agent if agent else examine_text("agent: {interval: 1}", tmp_path / "x").config.agent,
            empty,
            "addresses/lan/detect/new",
            "interface",
        )
        made = examine_text(fields.changed(empty, form, {}), tmp_path / "homeport.yaml").config.agent
        assert [one.__struct_config__.tag for one in made.addresses["lan"].detect] == ["interface"]
