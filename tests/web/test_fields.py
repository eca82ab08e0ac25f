"""The forms of the file's parts: what they show, and what they make of what was typed."""

import pytest

from homeport.config.loader import examine_text
from homeport.errors import ConfigInvalid
from homeport.web import fields

TEXT = """\
agent:
  addresses:
    lan: {detect: [{kind: interface}]}
  records:
    - name: a.example.com
      types: [A]
      address: {A: lan}
      provider: d
  providers:
    d: {kind: duckdns, token: "secret:d"}
  web: {tls: {certificate: c.pem, key: k.pem}}
"""


@pytest.fixture
def parts(tmp_path):
    agent = examine_text(TEXT, tmp_path / "homeport.yaml").config.agent
    return {
        one.at: one for one in (*fields.parts(agent, TEXT), fields.new_record(agent, TEXT)._replace(at="new"))
    }


def names(part):
    return {one.name: one for one in part.fields}


def test_each_part_has_its_form(parts):
    """Of what stands in the file; the built-in source has none."""
    assert set(parts) == {"general", "records/0", "providers/d", "addresses/lan", "new"}
    assert names(parts["records/0"])["types"].value == "A"
    assert parts["addresses/lan"].asked == (("kind: interface", "addresses/lan/detect/0"),)


def test_no_form_has_a_program_a_file_or_a_secret_in_it(parts):
    """Paths have no field at all, a secret has one without a value, and what is a mapping is locked."""
    general = names(parts["general"])
    assert "state" not in general
    assert general["web.tls"].is_locked
    assert names(parts["records/0"])["address"].is_locked
    token = names(parts["providers/d"])["token"]
    assert (token.type, token.value) == ("password", "")
    assert "detect" not in names(parts["addresses/lan"])


@pytest.mark.parametrize(
    ("at", "typed", "line"),
    [
        ("general", {"interval": "60"}, "  interval: 60"),
        ("general", {"router_events": "false"}, "  router_events: false"),
        (
            "general",
            {"resolver": "192.0.2.1, 192.0.2.2"},
            "  resolver: [192.0.2.1, 192.0.2.2]".replace("192.0.2.1", '"192.0.2.1"').replace(
                "192.0.2.2", '"192.0.2.2"'
            ),
        ),
        ("records/0", {"ttl": "soon"}, "      ttl: soon"),
        ("records/0", {"types": "A AAAA"}, "      types: [A, AAAA]"),
        ("records/0", {"name": "b.example.com"}, "    - name: b.example.com"),
        ("providers/d", {"token": "typed"}, '    d: {kind: duckdns, token: "typed"}'),
    ],
)
def test_what_is_typed_is_put_into_the_text(parts, at, typed, line):
    """As what it is: a number, a yes or no, a list, a text."""
    assert line in fields.changed(TEXT, parts[at], typed).splitlines()


def test_what_is_locked_or_no_field_is_not_put(parts):
    """Whoever sends it all the same."""
    for at, typed in (
        ("general", {"state": "/etc", "web.tls": "generated"}),
        ("addresses/lan", {"detect": "x"}),
    ):
        assert fields.changed(TEXT, parts[at], typed) == TEXT


def test_what_is_emptied_is_dropped(parts):
    """The default holds again."""
    assert "types" not in fields.changed(TEXT, parts["records/0"], {"types": ""})
    with pytest.raises(ConfigInvalid):
        fields.changed("agent: &a {x: 1}\nother: [", parts["general"], {"interval": "1"})
