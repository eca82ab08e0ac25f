"""What doctor says in Chinese."""

import re

import pytest

from homeport.doctor import walk, zh
from homeport.doctor._zh_exits import SAID as SAID_OF_EXITS
from homeport.doctor._zh_exits import in_chinese
from homeport.system import exits

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


@pytest.mark.parametrize("platform", ["posix", "nt"])
def test_every_exit_code_is_explained(platform):
    """In Chinese, and so is how to mend it; nothing is kept that no exit code says any more."""
    codes = [*(code for code, _ in exits.known(platform)), 0x41300, -9, -15, 77, 12345]
    for code in codes:
        for text in exits.meaning(code, platform):
            assert re.search(r"[\u4e00-\u9fff]", in_chinese(text)), (code, text)


def test_no_sentence_is_kept_that_nobody_says():
    """What `exits` no longer says goes."""
    said = {
        text
        for platform in ("posix", "nt")
        for code in (*(code for code, _ in exits.known(platform)), 0x41300, -9, -15)
        for text in exits.meaning(code, platform)
    }
    assert set(SAID_OF_EXITS) <= said


def test_how_a_service_ended_in_chinese():
    """Without a word of English in between."""
    said = exits.meaning(217, "posix")
    found = SAID["service.ended"].found(code=217, meaning=said.text, cure=said.remedy, kind="systemd")
    assert zh.sentence(found) == "systemd 上次以 217 退出：没有这个账户"
    assert zh.remedy(found) == "请创建该账户，或改正单元文件；然后运行 `homeport service start`"
