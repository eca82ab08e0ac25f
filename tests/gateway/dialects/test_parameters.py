"""Many spellings, one meaning."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.house import HOME, NAS
from homeport.gateway.dialects import parameters
from homeport.gateway.dialects.parameters import Addresses
from homeport.model.address import parse_address


@pytest.mark.parametrize(
    ("words", "given", "from_connection"),
    [
        ({}, [], True),
        ({"myip": ""}, [], True),
        ({"myip": "1.1.1.1"}, ["1.1.1.1"], False),
        ({"myip": "1.1.1.1,2606:4700::1"}, ["1.1.1.1", "2606:4700::1"], False),
        ({"myip": ",2606:4700::1"}, ["2606:4700::1"], False),
        ({"myip": "1.1.1.1", "myipv6": ""}, ["1.1.1.1"], False),
        ({"myip": "no", "myipv6": "2606:4700::1"}, ["2606:4700::1"], False),
        ({"myip": "no"}, [], False),
        ({"myip": "auto", "myipv6": "2606:4700::1"}, ["2606:4700::1"], True),
        ({"ip": "1.1.1.1", "ipv6": "preserve"}, ["1.1.1.1"], False),
        ({"myipv6": "2606:4700::1/64"}, ["2606:4700::1"], False),
        ({"myip": "[2606:4700::1]"}, ["2606:4700::1"], False),
        ({"myip": "::ffff:1.1.1.1, 1.1.1.1"}, ["1.1.1.1"], False),
        ({"system": "dyndns", "wildcard": "ON", "mx": "x"}, [], True),
    ],
)
def test_addresses(words, given, from_connection):
    """Empty is not given, `no` leaves a family alone, `auto` and nothing at all mean the connection's."""
    found = parameters.addresses(words)
    assert found == Addresses(tuple(map(parse_address, given)), from_connection)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "1.1.1",
        "1.1.1.1.1",
        "1.1.1.1;2.2.2.2",
        "2606:4700::/32",
        "fe80::1%eth0",
        "2606:4700::1%eth0/64",
        "2606:4700::%\n/64",
        "\0",
    ],
)
def test_no_addresses(text):
    """What is no address is an error, not the connection's address."""
    with pytest.raises(ValueError, match=r"."):
        parameters.addresses({"myip": text})


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        ({"hostname": "a.b,c.d"}, ["a.b", "c.d"]),
        ({"hostname": " a.b , ,c.d "}, ["a.b", "c.d"]),
        ({"hostname": "", "host": "a.b"}, ["a.b"]),
        ({"host": "YES", "fqdn": "a.b"}, ["a.b"]),
        ({"hostname": "b.c", "alias": "a"}, ["a.b.c"]),
    ],
)
def test_hosts(words, hosts):
    """The first parameter that names a host counts, in the order it names them."""
    assert parameters.hosts(words, [HOME, NAS]) == hosts


def test_no_host_is_the_only_one():
    """Without a name a credential's only host is meant, and no other."""
    assert parameters.hosts({"hostname": ""}, [HOME]) == ["home.dyn.example.com"]
    assert parameters.hosts({}, [HOME, NAS]) == []


@given(st.dictionaries(st.sampled_from(["hostname", "myip", "ipv6", "alias", "x"]), st.text()))
def test_anything_is_read_or_refused(words):
    """Whatever comes is addresses or a ValueError, names or none."""
    with suppress(ValueError):
        parameters.addresses(words)
    for name in parameters.hosts(words):
        found = parameters.host(name)
        assert found is None or len(found.labels) > 1


def test_a_name_may_be_in_any_script():
    """What a person types is the name that DNS has."""
    assert str(parameters.host("家.dyn.example.com")) == "xn--fct.dyn.example.com"
    assert parameters.host("\u200d.dyn.example.com") is None
