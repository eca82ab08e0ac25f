"""What a round did, in words."""

import pytest

from homeport.cli._done import Written, compared, heard, line, lines
from homeport.telemetry.events import Event, emit

RECORD = {
    "name": "a.b",
    "type": "A",
    "provider": "p",
    "published": {"rdata": ["8.8.8.8"]},
    "published_at": 7.0,
    "state": "current",
    "reason": "",
    "verified": "dns",
    "visible_after": 0.007,
    "given_up": False,
}
PLACE = ("a.b A", "p")
FAR = 4_102_488_000.0  # the first day of 2100, wherever this runs
WOULD = {"state": "current", "rdata": ["8.8.8.8"], "why": ""}
HELD = {"published": None, "state": "held", "reason": "split"}


@pytest.mark.parametrize(
    ("changes", "earlier", "said"),
    [
        ({}, {}, "a.b A: 8.8.8.8 (unchanged)"),
        (
            {},
            {PLACE: Written(["9.9.9.9"], ["8.8.8.8"])},
            "a.b A: 9.9.9.9 -> 8.8.8.8 (seen in DNS after 7 ms)",
        ),
        (
            {"verified": "accepted", "visible_after": None},
            {PLACE: Written([], ["8.8.8.8"])},
            "a.b A: new -> 8.8.8.8 (accepted, not seen)",
        ),
        ({"published": None}, {PLACE: Written(["8.8.8.8"], [])}, "a.b A: 8.8.8.8 -> - (withdrawn)"),
        (
            {},
            {PLACE: Written(["1.1.1.1", "9.9.9.9"], ["1.1.1.1", "8.8.8.8"])},
            "a.b A: 9.9.9.9 -> 8.8.8.8 (seen in DNS after 7 ms)",
        ),
        (
            {"published": None},
            {PLACE: Written(["1.1.1.1", "9.9.9.9"], ["1.1.1.1"])},
            "a.b A: 9.9.9.9 -> - (withdrawn)",
        ),
        (HELD, {}, "a.b A: - (held: split)"),
        (
            {"published": None, "state": "halted", "reason": "blocked for abuse", "given_up": True},
            {},
            "a.b A: - (halted: blocked for abuse, given up; `homeport retry a.b` tries again)",
        ),
    ],
)
def test_a_line_says_what_was_done(changes, earlier, said):
    """From what to what, nothing to do, or why not; plain, and the reason in it."""
    assert line(RECORD | changes, earlier) == said


def test_records_of_one_name_at_several_providers_say_where_they_are():
    """What two providers hold of one name is told apart by provider and line, and what one did is not the other's."""
    there = RECORD | {"provider": "ali", "published": {"rdata": ["9.9.9.9"], "options": {"line": "telecom"}}}
    earlier = {("a.b A", "ali"): Written([], ["9.9.9.9"])}
    assert lines([RECORD, there, RECORD | {"type": "AAAA"}], earlier) == [
        "a.b A at p: 8.8.8.8 (unchanged)",
        "a.b A at ali, line telecom: new -> 9.9.9.9 (seen in DNS after 7 ms)",
        "a.b AAAA: 8.8.8.8 (unchanged)",
    ]


def test_another_process_is_told_by_its_reports():
    """What was published since is a change, and what was not is none."""
    before = {"records": [RECORD, RECORD | {"type": "AAAA"}]}
    after = {"records": [RECORD | {"published_at": 8.0, "published": None}, RECORD | {"type": "AAAA"}]}
    assert compared(before, after) == {PLACE: Written(["8.8.8.8"], [])}


def test_this_process_is_heard():
    """The first value counts, should one run write twice; what comes after the block does not."""
    with heard() as earlier:
        emit(Event.RECORD_PUBLISHED, record="a.b A", provider="p", before=["1.1.1.1"], after=["8.8.8.8"])
        emit(Event.RECORD_PUBLISHED, record="a.b A", provider="p", before=["8.8.8.8"], after=["9.9.9.9"])
    emit(Event.RECORD_PUBLISHED, record="c.d A", provider="p", before=[], after=["9.9.9.9"])
    assert earlier == {PLACE: Written(["1.1.1.1"], ["9.9.9.9"])}


@pytest.mark.parametrize(
    ("until", "would", "said"),
    [
        (None, WOULD, "until `homeport resume a.b`"),
        (FAR, WOULD, "until 2100-01-01 "),
        (
            None,
            WOULD | {"rdata": ["9.9.9.9", "9.9.9.8"]},
            "until `homeport resume a.b`; would be 9.9.9.9, 9.9.9.8",
        ),
        (None, WOULD | {"rdata": None, "why": "split"}, "until `homeport resume a.b`; split"),
        (None, WOULD | {"rdata": None}, "until `homeport resume a.b`"),
    ],
)
def test_a_paused_record_says_until_when_and_what_it_would_be(until, would, said):
    """In the same words for a scheduler's log and for a table."""
    told = line(RECORD | {"state": "paused", "paused_until": until, "would_be": would}, {})
    assert told.startswith(f"a.b A: 8.8.8.8 (paused {said}")
    assert until is not None or told == f"a.b A: 8.8.8.8 (paused {said})"
