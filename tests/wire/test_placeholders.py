"""Requests written by people: a value is itself at the other end, wherever it stood."""

import json
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.wire.placeholders import escape_of, fill, in_url, kind_of, literal_secrets, misspelt, words

VALUES = {"name": "home.example.com", "type": "AAAA", "address": "2001:db8::1", "ttl": "60", "token": "a&b"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{name} {type} {address} {ttl}", "home.example.com AAAA 2001:db8::1 60"),
        ("#{domain} #{recordType} #{ip} #{ttl}", "home.example.com AAAA 2001:db8::1 60"),
        ("__DOMAIN__ __RECORDTYPE__ __IP__ __TTL__", "home.example.com AAAA 2001:db8::1 60"),
        ('{"a": "{name}", "b": {ttl}}', '{"a": "home.example.com", "b": 60}'),
        ("{nothing} #{zone1} __IP_ {zone}", "{nothing} #{zone1} __IP_ "),
    ],
)
def test_every_spelling(text, filled):
    """Our words and those of two other clients stand for the same; what is none of them stays."""
    assert fill(text, VALUES, str) == filled


def test_words():
    """What a request asks for is known before one is sent."""
    assert words("https://x/?a={name}&b=#{ip}", "__TTL__ {none}") == {"name", "address", "ttl"}


@given(TEXTS, TEXTS)
def test_in_a_url_and_a_form(token, name):
    """Any value comes back out of a query or a form, and none is taken for a place itself."""
    url = fill("https://host/x?t={token}&n={name}", {"token": token, "name": name}, in_url)
    found = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert found == {"t": [token], "n": [name]}


@given(TEXTS)
def test_in_json(token):
    """Any value comes back out of a JSON body."""
    body = fill('{"a": ["x {token}"]}', {"token": token}, escape_of("application/json; charset=utf-8"))
    assert json.loads(body) == {"a": [f"x {token}"]}


@given(st.text("<>&\"'abc", min_size=1))
def test_in_xml(token):
    """A value is no markup."""
    assert ET.fromstring(fill("<a b='{token}'/>", {"token": token}, escape_of("text/xml"))).get("b") == token


def test_a_value_is_not_read_again():
    """A value that looks like a place is none."""
    assert fill("{token}", {"token": "{name}", "name": "x"}, str) == "{name}"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"ip": "#{ip}"}', "json"),
        ('{"ttl": {ttl}}', "json"),
        ("ip={address}&name={name}", "x-www-form-urlencoded"),
        ("{address}", "json"),
    ],
)
def test_kind_of_a_body(body, kind):
    """A body that is JSON once it is filled is sent as JSON, any other as a form."""
    assert kind_of(body) == f"application/{kind}"


def test_plain_text():
    """In a body of another kind a value stands as it is."""
    assert fill("ip {address}", VALUES, escape_of("text/plain")) == "ip 2001:db8::1"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{Name} {type}", ("{Name}", "{name}")),
        ("{ip}", ("{ip}", "#{ip}")),
        ("{whatever}", ("{whatever}", "")),
        ("__TTL____LIN__", ("__LIN__", "__LINE__")),
        ("{name}#{ip}__IP____VIEWSTATE__{zone1}{}", None),
    ],
)
def test_what_is_like_a_place(text, wrong):
    """A word in braces that is no place is told with the nearest; another client's only where it resembles one."""
    assert misspelt(text) == wrong


@pytest.mark.parametrize("body", ['{"a": {"b": "{name}"}}', '{"query": "mutation {set{id}}"}', "{whatever}"])
def test_a_body_has_braces_of_its_own(body):
    """What resembles no place is the body's business."""
    assert misspelt(body, is_body=True) is None
    assert misspelt(body.replace("name", "nmae") + "{nmae}", is_body=True) == ("{nmae}", "{name}")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("https://x/?key=1&ip={address}&client_token=2&monkey=3", ["1", "2"]),
        ("https://me:{token}@x/?password={token}&keys=1&token=", []),
        ("https://me:hunter2@x/", ["hunter2"]),
        ('{"apikey": "1", "token" : "{token}", "key": {"a": 1}}', ["1"]),
    ],
)
def test_secrets_that_are_written_out(text, values):
    """A key or a password that is no place is found, in a query, a form, JSON and before a host."""
    assert literal_secrets(text) == values
