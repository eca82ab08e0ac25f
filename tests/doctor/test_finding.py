"""Sentences and findings."""

from homeport.doctor.finding import Verdict, note, ok, wrong


def test_a_finding_is_a_sentence_with_its_places_filled():
    """The sentence, the way out and the check's name follow from which sentence it is."""
    made = wrong("state.full", "{folder} is full", "make room in {folder}").found(folder="/var")
    assert (made.sentence, made.remedy, made.check) == ("/var is full", "make room in /var", "state")
    assert made.verdict is Verdict.WRONG


def test_what_others_said_is_no_template():
    """Braces in a value stay what they are."""
    assert note("a.b", "{why}").found(why="{x}").sentence == "{x}"


def test_what_is_well_needs_no_remedy():
    """A finding that is well has an empty remedy."""
    assert ok("a.b", "well").found().remedy == ""
