"""One form for every provider, made of its settings."""

import pytest

from homeport import providers
from homeport.config import first
from homeport.config.kinds import settings_of
from homeport.config.schema import settings
from homeport.web import forms


def field(kind, name):
    return next(one for one in forms.inputs(kind) if one.name == name)


@pytest.mark.parametrize("kind", providers.kinds())
def test_a_form_asks_for_everything_that_must_be_known(kind):
    """What is asked comes first; what must be written is there and required; every secret is typed unseen."""
    found = forms.inputs(kind)
    asked = [one.name for one in first.asked(kind)]
    assert [one.name for one in found[: len(asked)]] == asked
    required = {one.name for one in settings(settings_of(providers.load(kind))) if one.required}
    assert required - {one.name for one in found if one.is_required} <= {"headers", "options"}
    assert {one.type for one in found if one.is_secret} <= {"password", "textarea"}
    assert not [one.name for one in found if one.type in {"password", "textarea"} and not one.is_secret]
    assert not [one.initial for one in found if one.is_secret and one.initial]


def test_each_setting_has_an_element_of_its_kind():
    """Choices are chosen, numbers are numbers, and what has several lines is not typed into one."""
    assert field("dyndns2", "service").type == "select"
    assert field("rfc2136", "port").type == "number"
    assert field("rfc2136", "port").initial == "53"
    assert field("transip", "global_key").type == "checkbox"
    assert field("transip", "private_key").type == "textarea"
    assert field("homeport", "server").type == "url"
    assert field("cloudflare", "token").label == "Token"


def test_what_is_typed_is_read_as_the_file_would_have_it():
    """Secrets apart, empty fields left out, numbers and lists as such; a checkbox says what differs."""
    posted = {
        "zone": " example.com ",
        "server": "192.0.2.1",
        "port": "5353",
        "key_name": "",
        "key_secret": " s3 ",
    }
    typed = forms.read("rfc2136", posted | {"nameservers": "192.0.2.1:53, 192.0.2.2"})
    assert typed.given == {
        "zone": "example.com",
        "server": "192.0.2.1",
        "port": 5353,
        "nameservers": ["192.0.2.1:53", "192.0.2.2"],
    }
    assert typed.secrets == {"key_secret": "s3"}
    assert typed.problems == {}
    assert forms.read("transip", {"global_key": "on"}).given == {}
    assert forms.read("transip", {}).given == {"global_key": False}


def test_what_is_typed_wrong_is_told_at_its_field():
    """A number that is none, a choice that is not there, and what a console made of Ctrl-V."""
    assert forms.read("rfc2136", {"port": "x"}).problems == {"port": forms.NO_NUMBER}
    assert forms.read("rfc2136", {"key_algorithm": "md5"}).problems == {"key_algorithm": forms.NO_CHOICE}
    assert forms.read("homeport", {"server": "nas"}).problems == {"server": forms.NO_URL}
    assert forms.read("cloudflare", {"token": "\x16"}).problems == {"token": forms.NOT_TEXT}
    assert forms.read("cloudflare", {"email": "a\x00b"}).problems == {"email": forms.NOT_TEXT}


def test_a_key_of_several_lines_stays_so():
    """A PEM key is pasted as it is."""
    pem = "-----BEGIN PRIVATE KEY-----\r\nAAAA\r\n-----END PRIVATE KEY-----"
    assert forms.read("transip", {"private_key": pem}).secrets == {"private_key": pem}


def test_what_is_wanting():
    """Of a host with two ways in, the first is asked for until the other one is begun."""
    assert forms.wanting("alidns", forms.read("alidns", {"access_key_id": "x"})) == ["access_key_secret"]
    assert forms.wanting("cloudflare", forms.read("cloudflare", {})) == ["token"]
    assert forms.wanting("cloudflare", forms.read("cloudflare", {"key": "k", "email": "e"})) == []


def test_where_secrets_are_sent_to():
    """The settings whose change makes every secret be typed anew."""
    assert forms.hosts_in("homeport", {"server": "https://a", "nameservers": ["b"]}) == {
        "server": "https://a"
    }
    assert forms.hosts_in("cloudflare", {"base_url": "https://a", "zone": "b"}) == {"base_url": "https://a"}
    assert forms.hosts_in("dyndns2", {"service": "noip", "user": "a"}) == {"service": "noip"}
    assert forms.hosts_in("http", {"url": "https://a"}) == {"url": "https://a"}


def test_a_setting_is_shown_again_as_it_was_typed():
    """Lists with commas, numbers as digits, and nothing where nothing was."""
    given = {"nameservers": ["a", "b"], "port": 53, "zone": "example.com"}
    assert [forms.shown(given, name) for name in (*given, "other")] == ["a, b", "53", "example.com", ""]
