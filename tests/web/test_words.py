"""Every sentence of the page exists in every language."""

import ast
import re
from pathlib import Path

import pytest

from homeport.web import words

WEB = Path(words.__file__).parent
IN_TEMPLATE = re.compile(r"""_\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
FIELD = re.compile(r"\{(\w+)\}")


def sentences():
    """Yield what templates and code say, in English."""
    for path in WEB.glob("templates/*"):
        for found in IN_TEMPLATE.findall(path.read_text(encoding="utf-8")):
            yield ast.literal_eval(found)
    for path in WEB.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield from spoken(node)


def spoken(node):
    """Yield the sentences of one call: of `words(...)`, or what a template is given to translate."""
    if not isinstance(node, ast.Call):
        return
    is_words = isinstance(node.func, ast.Attribute) and node.func.attr == "_"
    literals = [
        each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    if is_words:
        yield from literals[:1]
    yield from (
        each.value.value
        for each in node.keywords
        if each.arg == "problem" and isinstance(each.value, ast.Constant) and each.value.value
    )
    if isinstance(node.func, ast.Name) and node.func.id in {"_account", "said"}:
        yield from literals


@pytest.mark.parametrize("code", sorted(set(words.languages()) - {words.ENGLISH}))
def test_a_language_has_every_sentence(code):
    """None is missing, and none is left of what nobody says any more."""
    wanted = set(sentences()) | LOOKUPS
    there = words.languages()[code].sentences
    assert sorted(wanted - set(there)) == []
    assert sorted(set(there) - wanted) == []


@pytest.mark.parametrize("code", sorted(set(words.languages()) - {words.ENGLISH}))
def test_a_sentence_keeps_its_fields(code):
    """What is filled in there is filled in here."""
    for english, other in words.languages()[code].sentences.items():
        assert sorted(FIELD.findall(english)) == sorted(FIELD.findall(other)), english


LOOKUPS = {  # sentences that templates look up by a value
    "right",
    "changing",
    "held",
    "failing",
    "paused",
    "seen in the DNS",
    "listed by the host",
    "accepted, cannot be seen",
    "not yet",
    "{n} s",
    "{n} min",
    "{n} h",
}


@pytest.mark.parametrize(
    ("wanted", "accepted", "code"),
    [
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        (None, "zh-TW", "zh-CN"),
        (None, "fr, en;q=0.5", "en"),
        (None, "en;q=0.4, zh;q=0.6", "zh-CN"),
        (None, ";q=x,,", "en"),
        ("en", "zh-CN", "en"),
        ("xx", "", "en"),
    ],
)
def test_the_language_is_what_was_chosen_or_what_the_browser_wants(wanted, accepted, code):
    """A choice counts first, then the browser's weights, then English."""
    assert words.chosen(wanted, accepted).code == code
