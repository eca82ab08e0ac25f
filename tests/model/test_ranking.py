"""The order in which a machine's addresses are taken."""

from dataclasses import replace

from homeport.model.address import Family, parse_address
from homeport.model.interface import InterfaceAddress
from homeport.model.ranking import lasting_public, rank, why_passing


def one(text, **more):
    return InterfaceAddress("eth0", 2, parse_address(text), 64, **more)


BEST = one("2606:4700::1", is_stable=True)


def test_what_is_preferred_comes_first():
    """Preferred, public, wired, stable, longest lifetime, in this order."""
    worse = [
        one("2606:4700::1", is_stable=True, valid_for=60),
        one("2606:4700::1"),
        one("2606:4700::1", is_stable=True, is_wireless=True),
        one("fd00::1", is_stable=True),
    ]
    ranks = [rank(each) for each in (BEST, *worse)]
    assert ranks == sorted(ranks)
    assert rank(worse[-1], prefer=["fd00::/8"]) < rank(BEST, prefer=["fd00::/8"])
    assert rank(replace(BEST, interface="en1"), prefer=["en*"]) < rank(BEST, prefer=["en*"])


def test_lifetimes_that_are_renewed_in_turns_do_not_overtake_each_other():
    """Two networks announce 30 days each; whichever was renewed last, the same address is taken."""
    month = 30 * 86400
    first, second = (
        one(text, valid_for=month, preferred_for=86400) for text in ("2606:4700:1::1", "2606:4700:2::1")
    )
    older = [replace(each, valid_for=month - 1800, preferred_for=86400 - 1800) for each in (first, second)]
    assert rank(first) < rank(older[1])
    assert rank(older[0]) < rank(second)
    assert rank(replace(second, valid_for=4 * month)) < rank(first)


def test_only_what_lasts_and_can_be_reached_is_confirmed_from_outside():
    """No temporary, deprecated, tentative, private or unplugged address is a candidate."""
    here = [
        one("2606:4700::2", is_temporary=True),
        one("2606:4700::3", is_deprecated=True),
        one("2606:4700::4", is_tentative=True),
        one("2606:4700::5", has_carrier=False),
        one("fd00::1"),
        one("8.8.8.8"),
        one("2606:4700::6", valid_for=60),
        BEST,
    ]
    assert [str(each.address) for each in lasting_public(here, Family.V6)] == ["2606:4700::1", "2606:4700::6"]
    assert [why_passing(each) for each in here[:3]] == ["temporary", "deprecated", "tentative"]
