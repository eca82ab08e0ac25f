"""Which names follow what a router pushes, and what is told of routers, sources and names that do not fit."""

import re
from pathlib import Path

import pytest

from homeport.config import loader
from homeport.config.pushers import admits_private, names_of

FILE = """
agent:
  push:
    fritz: {{password: "secret:fritz"{more}}}
    lte: {{password: "secret:lte"}}
  addresses:
    home: {{detect: [{{kind: push, from: fritz}}]}}
    backup: {{detect: [{{kind: push, from: lte}}], allow_private: true}}
    either: {{lines: [home, backup]}}
    fixed: {{detect: [{{kind: static, address: 8.8.8.8}}]}}
  records:
    - {{name: home.duckdns.org, types: [A, AAAA], address: {{A: home, AAAA: either}}, provider: duck}}
    - {{name: both.duckdns.org, types: [A], address: either, provider: duck}}
    - {{name: fixed.duckdns.org, types: [A], address: fixed, provider: duck}}
  providers:
    duck: {{kind: duckdns, token: "secret:duck"}}
"""


DOCS = [Path(__file__).parents[2] / "docs" / name for name in ("push.md", "zh/push.md")]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.parent.name)
def test_the_pages_examples_lead_from_router_to_name(page):
    """What a page shows can be used as it stands, without a warning, and a name follows its router."""
    examples = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 2
    for text in examples:
        found = loader.examine_text(text, Path("homeport.yaml"))
        assert (found.faults, found.warnings) == ((), ())
        assert names_of(found.config.agent, "fritz")


def agent(more=""):
    return loader.parse(FILE.format(more=more), Path("homeport.yaml")).config.agent


def names(config, credential):
    return [str(name) for name in names_of(config, credential)]


def test_a_credential_may_update_what_follows_it():
    """By its own source or as one of several lines, each name once; what is written down counts in place of that."""
    assert names(agent(), "fritz") == ["home.duckdns.org", "both.duckdns.org"]
    assert names(agent(), "lte") == ["home.duckdns.org", "both.duckdns.org"]
    assert names(agent(", names: home.duckdns.org"), "fritz") == ["home.duckdns.org"]


def test_a_private_address_is_for_who_wants_it():
    """The source says so, for the credential that it follows and no other."""
    assert (admits_private(agent(), "fritz"), admits_private(agent(), "lte")) == (False, True)


def examined(before, after, more=""):
    text = FILE.format(more=more)
    assert before in text
    return loader.examine_text(text.replace(before, after), Path("homeport.yaml"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("from: lte", "from: ltee", 'there is no name in agent.push "ltee"; did you mean "lte"?'),
        ("lte: {password", '"l:te": {password', "a user name of HTTP has no colon; choose another name"),
        (
            "names: home.duckdns.org",
            "names: [home.duckdns.org, hom.duckdns.org]",
            'there is no record named "hom.duckdns.org"; did you mean "home.duckdns.org"?',
        ),
    ],
)
def test_what_does_not_belong_together_is_a_fault(before, after, said):
    """Each is told where it stands, with the word that was probably meant."""
    found = examined(before, after, ", names: home.duckdns.org")
    assert said in [fault.message for fault in found.faults]
    assert all(fault.line > 1 for fault in found.faults)


def test_a_credential_that_nobody_follows_is_warned_of():
    """It is answered `good`, and nothing becomes of what it says."""
    [warning] = [each for each in examined("from: lte", "from: fritz").warnings if "push" in each.path]
    assert warning.path == "agent.push.lte"
    assert "no address source follows it" in warning.message


@pytest.mark.parametrize(
    "broken", ["push: 5", "push: {fritz: 5}", "push: {fritz: {names: x}}", "addresses: 3"]
)
def test_what_cannot_be_read_is_told_once_and_breaks_nothing(broken):
    """The rest of the file is checked all the same."""
    key = broken.partition(":")[0]
    lines = FILE.format(more="").splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip() == f"{key}:")
    end = next(i for i, line in enumerate(lines) if i > start and len(line) - len(line.lstrip()) == 2)
    text = "\n".join([*lines[:start], f"  {broken}", *lines[end:]])
    assert loader.examine_text(text, Path("homeport.yaml")).faults
