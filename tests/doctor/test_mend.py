"""Mending what findings know how to mend."""

from homeport.doctor.finding import Fix, wrong
from homeport.doctor.mend import mend
from homeport.errors import NotAllowed

BAD = wrong("a.b", "it is bad", "mend it")


def test_each_fix_is_done_once_and_told():
    """Two findings that one deed mends get one deed."""
    done = []
    fix = Fix("make the folder", lambda: done.append(1))
    assert mend([BAD.found(fix), BAD.found(fix), BAD.found()]) == ["mended: make the folder"]
    assert done == [1]


def test_what_cannot_be_mended_is_told_with_the_reason():
    """Neither a refusal of the system nor one of ours stops the others."""

    def refuse():
        raise NotAllowed("this account may not")

    def fail():
        raise PermissionError(13, "Permission denied")

    told = mend([BAD.found(Fix("a", refuse)), BAD.found(Fix("b", fail)), BAD.found(Fix("c", int))])
    assert told == ["not mended: a: this account may not", "not mended: b: Permission denied", "mended: c"]
