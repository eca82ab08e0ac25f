"""The verdict of the witnesses."""

from dataclasses import replace

import pytest

from fakes.world import addresses
from homeport.engine.quorum import Statement, admit, confirm, decide, is_contestable, is_one_sided
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, NoAddress, Unknown


def says(operator, observation, needed=2, *, is_outside=True):
    return Statement(operator, operator, needed, is_outside, observation)


def test_two_that_agree_decide_before_the_third_speaks():
    """The first quorum is the verdict; a slow or dead witness costs nothing."""
    said = [says("a.org", addresses("8.8.8.8")), says("b.org", addresses("8.8.8.8"))]
    assert decide(said, expected=3) == addresses("8.8.8.8")


def test_one_voice_is_no_quorum():
    """While others are out there is no verdict; when all have failed it is Unknown with every reason."""
    said = [says("a.org", addresses("8.8.8.8"))]
    assert decide(said, expected=2) is None
    verdict = decide([*said, says("b.org", Unknown("timed out"))], expected=2)
    assert isinstance(verdict, Unknown)
    assert "only 1 of the 2 needed saw 8.8.8.8" in verdict.why
    assert "b.org: timed out" in verdict.why


def test_one_operator_has_one_vote():
    """Two servers of one operator lie together."""
    said = [says("a.org", addresses("8.8.8.8")), says("a.org", addresses("8.8.8.8"))]
    assert isinstance(decide(said, expected=2), Unknown)


def test_disagreement_is_unknown():
    """Split witnesses publish nothing, and both views are shown."""
    verdict = decide([says("a.org", addresses("8.8.8.8")), says("b.org", addresses("9.9.9.9"))], expected=2)
    assert isinstance(verdict, Unknown)
    assert "disagree" in verdict.why
    assert "8.8.8.8" in verdict.why
    assert "9.9.9.9" in verdict.why


def test_the_majority_beats_a_liar():
    """Two of three decide whatever the third says, in any order."""
    liar = says("liar.org", addresses("9.9.9.9"))
    honest = [says("a.org", addresses("8.8.8.8")), says("b.org", addresses("8.8.8.8"))]
    for said in ([liar, *honest], [honest[0], liar, honest[1]], [*honest, liar]):
        assert decide(said, expected=3) == addresses("8.8.8.8")


def test_two_quorums_are_no_verdict():
    """Two against two publish nothing, whoever was first; one more voice makes three against two no better."""
    said = [says(f"{name}.org", addresses("8.8.8.8")) for name in "ab"]
    said += [says(f"{name}.org", addresses("9.9.9.9")) for name in "cd"]
    assert isinstance(decide(said, expected=4), Unknown)
    assert is_contestable(said[:2], expected=4)
    assert not is_contestable(said[:2], expected=3)


def test_reasons_do_not_depend_on_who_was_first():
    """The same failures are the same reason, so that people are told once."""
    said = [says(f"{name}.org", Unknown("down")) for name in "abc"]
    assert decide(said, expected=3) == decide(said[::-1], expected=3)


def test_absence_counts_only_from_this_machine():
    """A web service cannot know that there is no address; the interface can."""
    gone = NoAddress("eth0 has no IPv4 address")
    assert decide([says("eth0", gone, needed=1, is_outside=False)], expected=1) == gone
    assert isinstance(decide([says("a.org", gone)], expected=1), Unknown)


def test_absence_does_not_outvote_an_address():
    """Somebody saw an address: that it is not on the interface does not make it gone."""
    said = [
        says("eth0", NoAddress("none"), needed=1, is_outside=False),
        says("a.org", addresses("8.8.8.8")),
    ]
    assert isinstance(decide(said, expected=2), Unknown)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10.0.0.1", "RFC 1918"),
        ("172.31.255.255", "RFC 1918"),
        ("192.168.1.1", "RFC 1918"),
        ("100.64.3.4", "carrier-grade NAT"),
        ("198.18.0.1", "benchmarking"),
        ("127.0.0.1", "loopback"),
        ("169.254.1.1", "link-local"),
        ("192.0.2.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("0.0.0.0", "unspecified"),
        ("fd00::1", "RFC 4193"),
        ("fe80::1", "link-local"),
        ("2001:db8::1", "documentation"),
        ("ff02::1", "multicast"),
        ("::1", "loopback"),
    ],
)
def test_what_is_not_public_is_not_published(text, reason):
    """Every special-purpose address becomes Unknown with its reason."""
    family = Family.of(parse_address(text))
    verdict = admit(addresses(text), family, allow_private=False)
    assert isinstance(verdict, Unknown)
    assert reason in verdict.why


@pytest.mark.parametrize("text", ["10.0.0.1", "100.64.3.4", "192.0.2.7", "fd00::1", "2001:db8::1"])
def test_allow_private_admits_every_unicast_address(text):
    """A LAN name may have a LAN address when its source says so."""
    family = Family.of(parse_address(text))
    assert isinstance(admit(addresses(text), family, allow_private=True), Addresses)


@pytest.mark.parametrize("text", ["127.0.0.1", "169.254.0.9", "::1", "fe80::7", "0.0.0.0"])
def test_allow_private_still_refuses_what_no_other_machine_can_reach(text):
    """Loopback, link-local and unspecified addresses are never published."""
    family = Family.of(parse_address(text))
    assert isinstance(admit(addresses(text), family, allow_private=True), Unknown)


def test_an_outside_witness_confirms_the_address_it_was_asked_from():
    """What it sees otherwise is a temporary address, somebody else's or a translator's; seen right, all of ours count."""
    own = [parse_address("2606:4700::1"), parse_address("2606:4700::2")]
    assert confirm(addresses("2606:4700::1"), own) == addresses("2606:4700::1", "2606:4700::2")
    for seen in ("2606:4700::2", "2606:4700::9"):
        verdict = confirm(addresses(seen), own)
        assert isinstance(verdict, Unknown)
        assert "no interface" in verdict.why
    assert confirm(Unknown("down"), own) == Unknown("down")


def camp(name, seen, *operators):
    return [replace(says(operator, addresses(seen)), camp=name) for operator in operators]


def test_camps_that_see_different_addresses_hold():
    """A proxy carries what goes abroad: neither address is published, whoever has more votes."""
    said = camp("worldwide", "8.8.8.8", "a.org", "b.org") + camp("mainland", "9.9.9.9", "c.cn")
    verdict = decide(said, expected=3)
    assert isinstance(verdict, Unknown)
    assert "proxy or VPN" in verdict.why
    assert "mainland China sees 9.9.9.9" in verdict.why


def test_a_camp_that_disagrees_within_itself_confirms_nobody():
    """A liar beside the honest one does not silence the camp: nobody there saw what the other camp sees."""
    said = camp("worldwide", "8.8.8.8", "a.org", "b.org") + camp("mainland", "9.9.9.9", "c.cn")
    verdict = decide([*said, *camp("mainland", "7.7.7.7", "liar.cn")], expected=4)
    assert isinstance(verdict, Unknown)
    assert "mainland China sees 7.7.7.7 or 9.9.9.9 and the world sees 8.8.8.8" in verdict.why
    half = camp("worldwide", "8.8.8.8", "a.org", "b.org") + camp("mainland", "7.7.7.7", "liar.cn")
    assert decide([*half, *camp("mainland", "8.8.8.8", "c.cn")], expected=4) == addresses("8.8.8.8")


def test_camps_that_agree_are_as_good_as_any():
    """One of each camp makes a quorum, and one liar does not speak for its camp."""
    both = camp("worldwide", "8.8.8.8", "a.org") + camp("mainland", "8.8.8.8", "c.cn")
    assert decide(both, expected=2) == addresses("8.8.8.8")
    said = (
        camp("worldwide", "8.8.8.8", "a.org", "b.org")
        + camp("worldwide", "9.9.9.9", "liar.org")
        + camp("mainland", "8.8.8.8", "c.cn")
    )
    assert decide(said, expected=4) == addresses("8.8.8.8")


def test_a_verdict_of_one_camp_is_worth_waiting_for_the_other():
    """Only while nobody there has spoken, and never where this machine's own interface spoke."""
    said = camp("worldwide", "8.8.8.8", "a.org", "b.org")
    assert is_one_sided(said, {"mainland"})
    assert not is_one_sided(said, {"worldwide", ""})
    assert not is_one_sided([*said, *camp("mainland", "8.8.8.8", "c.cn")], {"mainland"})
    assert not is_one_sided([says("eth0", addresses("8.8.8.8"), needed=1, is_outside=False)], {"mainland"})


def test_who_lost_the_vote_is_heard_and_not_counted():
    """It neither makes a quorum nor splits one, and the reason says so."""
    liar = replace(says("liar.org", addresses("9.9.9.9")), has_vote=False, claimed=addresses("9.9.9.9").found)
    one = says("a.org", addresses("8.8.8.8"))
    verdict = decide([one, liar], expected=2)
    assert isinstance(verdict, Unknown)
    assert "liar.org says 9.9.9.9 and has contradicted the others too often" in verdict.why
    assert decide([one, liar, says("b.org", addresses("8.8.8.8"))], expected=3) == addresses("8.8.8.8")
