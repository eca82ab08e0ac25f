"""What of a router's word holds after its next one."""

from ipaddress import IPv6Network

import pytest

from homeport.model.address import Family, parse_address
from homeport.model.pushed import Pushed

PREFIX = IPv6Network("2a00:1:2:3::/64")


def word(*addresses, prefix=None, at=1.0, source="192.168.178.1"):
    return Pushed(tuple(map(parse_address, addresses)), prefix, at, source)


def test_what_is_not_named_stays():
    """A push of one family says nothing of the other, nor of the prefix: it takes nothing back."""
    before = word("93.184.216.34", "2a00:1::9", prefix=PREFIX)
    now = word("93.184.216.35", at=2.0).after(before)
    assert now == word("93.184.216.35", "2a00:1::9", prefix=PREFIX, at=2.0)
    assert now.of(Family.V6) == (parse_address("2a00:1::9"),)
    assert word(prefix=PREFIX).after(word("93.184.216.34")).of(Family.V4) == (parse_address("93.184.216.34"),)
    assert word("93.184.216.34").after(None) == word("93.184.216.34")


@pytest.mark.parametrize(
    ("now", "is_news"),
    [
        (word("93.184.216.34", at=9.0, source="10.0.0.1"), False),
        (word("93.184.216.35"), True),
        (word("93.184.216.34", "2a00:1::9"), True),
        (word("93.184.216.34", prefix=PREFIX), True),
    ],
)
def test_news_is_another_address_or_prefix(now, is_news):
    """When it was said, and from where, is none."""
    assert now.is_news(word("93.184.216.34")) is is_news
    assert now.is_news(None)
