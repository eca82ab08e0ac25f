"""The file that is written loads as it stands, and names secrets without holding them."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from homeport.config import compose, loader
from homeport.config.importing.moved import Draft
from homeport.config.importing.tree import _plain
from homeport.config.importing.write import _flow, write
from homeport.model.rrset import RRType


def moved(**settings):
    draft = Draft("a tool")
    account = draft.account("cloudflare", settings, {"token": "hunter2"})
    draft.leave("a\nthing", "two\nlines")
    draft.every(90)
    draft.record("a.example.com", [RRType.A], account, "auto", ttl=300, options={"comment": 'a "b": {c}'})
    return draft.moved()


def test_the_file():
    """Comments say what was left, each on one line; everything else is what it was."""
    written = write(moved())
    agent = loader.parse(written.text, Path("homeport.yaml")).config.agent
    assert dict(agent.records[0].options) == {"comment": 'a "b": {c}'}
    assert (agent.interval, agent.records[0].ttl) == (90, 300)
    assert "#   - a thing: two lines\n" in written.text
    assert written.secrets == {"cloudflare-token": "hunter2"}
    assert 'token: "secret:cloudflare-token"' in written.text


def test_names_of_secrets_that_are_taken():
    """A secret of somebody else's is not replaced."""
    assert list(write(moved(), ["cloudflare-token"]).secrets) == ["cloudflare-token-2"]


@given(
    st.recursive(
        st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    )
)
def test_every_value_is_read_back(value):
    """Whatever a text holds, YAML reads what was meant."""
    composed = compose.compose(f"x: {_flow(value)}\n")
    assert not composed.faults
    assert _plain(composed.root)["x"] == value
