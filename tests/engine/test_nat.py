"""What stands between this machine and the world, in words."""

from dataclasses import replace

import pytest

from fakes.world import addresses
from homeport.engine.learn import Learned
from homeport.engine.nat import translations
from homeport.engine.quorum import Statement
from homeport.model.address import Family
from homeport.model.observation import Unknown


def statement(kind, claimed, operator, *, line="", family_known=True):
    is_outside = kind != "router"
    found = addresses(claimed)
    return Statement(
        witness=f"{kind} {operator}",
        operator=operator,
        needed=2 if is_outside else 1,
        is_outside=is_outside,
        observation=found if family_known else Unknown("not public"),
        kind=kind,
        claimed=found.found,
        line=line,
    )


def learned(*said, family=Family.V4):
    return [Learned("auto", family, Unknown("whatever the verdict"), said)]


def world(claimed, **more):
    return [statement("http_echo", claimed, name, **more) for name in ("a.org", "b.org")]


@pytest.mark.parametrize(
    ("router", "why"),
    [
        ("100.64.3.4", "carrier-grade NAT"),
        ("192.168.1.2", "double NAT"),
        ("9.9.9.9", "the router has 9.9.9.9 and the world sees 8.8.8.8"),
    ],
)
def test_who_is_behind_a_translator_is_told_plainly(router, why):
    """The cause, that nobody can connect by IPv4, and what can be done."""
    [told] = translations(learned(statement("router", router, "your router"), *world("8.8.8.8")))
    assert why in told
    assert "nobody can connect to this machine by IPv4: use IPv6, a tunnel" in told


def test_a_private_router_is_told_without_the_world():
    """Its own address says enough when nobody outside answers."""
    assert translations(learned(statement("router", "10.0.0.2", "your router", family_known=False)))


def test_nothing_is_told_where_nothing_speaks_for_it():
    """The router and the world agree; the world is silent, or of one voice; IPv6 is not translated."""
    router = statement("router", "8.8.8.8", "your router")
    assert translations(learned(router, *world("8.8.8.8"))) == []
    assert translations(learned(router)) == []
    assert translations(learned(router, world("9.9.9.9")[0])) == []
    assert translations(learned(router, *world("9.9.9.9"), family=Family.V6)) == []


def test_each_line_has_its_own_router():
    """What is seen over one line says nothing of the router of another."""
    said = [
        statement("router", "8.8.8.8", "your router", line="fibre"),
        *world("8.8.8.8", line="fibre"),
        *world("9.9.9.9", line="lte"),
    ]
    assert translations(learned(*said)) == []


def test_a_router_that_hides_its_address_is_told():
    """Some keep a shared or private address to themselves and say that they have none; the world sees one."""
    silent = replace(
        statement("router", "8.8.8.8", "your router"),
        observation=Unknown("it tells no IPv4 address", tells_none=True),
        claimed=(),
    )
    [told] = translations(learned(silent, *world("8.8.4.4")))
    assert "tells no public address of its own and the world sees 8.8.4.4" in told
    assert "nobody can connect" in told
    assert translations(learned(silent)) == []
    absent = replace(silent, observation=Unknown("no answer"))
    assert translations(learned(absent, *world("8.8.4.4"))) == []
