"""Which servers are one witness."""

import pytest

from homeport.model.operator import operator_of


@pytest.mark.parametrize(
    ("host", "operator"),
    [
        ("api.ipify.org", "ipify.org"),
        ("api6.ipify.org.", "ipify.org"),
        ("IPIFY.org", "ipify.org"),
        ("4.ipw.cn", "ipw.cn"),
        ("ip.3322.com.cn", "3322.com.cn"),
        ("ip.example.co.uk", "example.co.uk"),
        ("com.cn", "com.cn"),
        ("stun.co.example", "co.example"),
        ("localhost", "localhost:81"),
        ("192.0.2.1", "192.0.2.1:81"),
        ("[2001:db8::1]", "[2001:db8::1]:81"),
        ("2001:db8::1", "[2001:db8::1]:81"),
    ],
)
def test_names_the_operator(host, operator):
    """Hosts below one registrable domain are one operator; an address is told apart by its port."""
    assert operator_of(host, 81) == operator
