"""Templates: everything is escaped, nothing may be missing, every one can be read."""

import pytest
from jinja2 import UndefinedError

from homeport.web import template, words


@pytest.mark.parametrize("name", sorted(path.name for path in template.FOLDER.iterdir()))
def test_it_can_be_read_and_runs_no_script_of_its_own(name):
    """A script or a style in the page is refused by the browser; so is what htmx would evaluate."""
    template.template(name)
    text = (template.FOLDER / name).read_text(encoding="utf-8")
    for mark in (
        "<script>",
        "<style",
        " style=",
        " onclick",
        " onload",
        " onsubmit",
        "hx-on",
        "hx-vals='js",
        "javascript:",
    ):
        assert mark not in text, mark
    assert "://" not in text.replace("http://www.w3.org", "")


def test_what_others_said_is_escaped_and_what_is_missing_is_an_error():
    """A host's error may be HTML."""
    known = {"_": words.languages()["en"], "show": None}
    macros = template.module("pieces.html", **known)
    assert "&lt;b&gt;" in str(macros.state("<b>"))
    with pytest.raises(UndefinedError):
        str(macros.summary({"total": 1}))


def test_commands_in_a_sentence_are_code_and_nothing_else_becomes_markup():
    """A sentence of ours names a command between backticks; a host's error may have both, and HTML."""
    assert template.coded("run `homeport web open` <now>") == "run <code>homeport web open</code> &lt;now&gt;"
    assert template.coded("`<b>` and one ` alone") == "<code>&lt;b&gt;</code> and one ` alone"
