"""Zones of names, services by their servers, and the secret in a request."""

from __future__ import annotations

import pytest

from homeport.config.importing import hosts


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("a.b.example.com", "example.com"),
        ("example.com", "example.com"),
        ("a.example.com.cn", "example.com.cn"),
        ("x.me.eu.org", "me.eu.org"),
    ],
)
def test_the_zone_of_a_name(name, zone):
    """Below some suffixes one registers names as below `com`."""
    assert hosts.zone_of(name) == zone


@pytest.mark.parametrize(
    ("server", "service"),
    [
        ("members.dyndns.org:8245", "dyn"),
        ("https://dynupdate.no-ip.com/nic/update", "noip"),
        ("dyn.example.net", None),
    ],
)
def test_a_service_by_its_server(server, service):
    """With a port, with a path, or alone."""
    assert hosts.service_of(server) == service


@pytest.mark.parametrize(
    ("url", "body", "hidden", "token"),
    [
        ("https://x/?token=a%2Fb&ip=#{ip}", "", "https://x/?token={token}&ip=#{ip}", "a/b"),
        ("https://u:pw@x/?ip=__IP__", "", "https://u:{token}@x/?ip=__IP__", "pw"),
        ("https://x/", "password=p w&a=b", "https://x/", "p w"),
        ("https://x/?host=#{domain}&key=#{ip}", "", "https://x/?host=#{domain}&key=#{ip}", ""),
    ],
)
def test_the_secret_of_a_request(url, body, hidden, token):
    """It is found by what it is called, in the query, the body and before the host."""
    found = hosts.hide(url, body)
    assert found is not None
    assert (found.url, found.token) == (hidden, token)
    assert not token or token not in found.body


def test_two_secrets():
    """There is one place."""
    assert hosts.hide("https://x/?token=a&password=b", "") is None
