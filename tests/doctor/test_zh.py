"""What doctor says in Chinese."""

import re

import pytest

from homeport.doctor import walk, zh

SAID = {sentence.id: sentence for sentence in walk.sentences()}


def test_every_sentence_and_every_check_is_there():
    """No more and no fewer."""
    assert set(zh.SENTENCES) == set(SAID)
    assert set(zh.CHECKS) == {*walk.START, *walk.NETWORK, "walk"}


@pytest.mark.parametrize("name", sorted(zh.SENTENCES))
def test_the_places_are_the_same(name):
    """What is quoted in one language is quoted in the other, and a remedy has its remedy."""
    for ours, theirs in zip((SAID[name].text, SAID[name].remedy), zh.SENTENCES[name], strict=True):
        assert set(re.findall(r"\{\w+\}", ours)) == set(re.findall(r"\{\w+\}", theirs))
        assert bool(ours) == bool(theirs)


def test_a_finding_in_chinese():
    """Sentence and remedy with their places filled."""
    found = SAID["state.full"].found(folder="/var", free=3)
    assert zh.sentence(found) == "/var 所在的磁盘已满（剩余 3 MB）"
    assert zh.remedy(found) == "请腾出空间"
