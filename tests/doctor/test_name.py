"""The names, looked up."""

from fakes.patient import agent, findings, ids, patient
from fakes.tools import toolbox
from homeport.doctor.name import check

RECORDS = """
  records:
    - {name: home.example.com, types: [A], provider: x}
    - {name: "*.example.com", types: [A], provider: x}
  providers: {x: {kind: http, url: "http://127.0.0.1:1/?a={address}"}}
"""


async def test_names_that_resolve_and_one_that_does_not(tmp_path):
    """A wildcard is tried by something below it."""
    tools = toolbox(names={"homeport.example.com": ["8.8.8.8"]})
    found = await findings(check, patient(tmp_path, agent(tmp_path, RECORDS), tools=tools))
    assert ids(found) == ["name.dead", "name.ok"]
    assert found[1].sentence == "*.example.com resolves to 8.8.8.8"


async def test_nothing_to_look_up(tmp_path):
    """Without a record that is said; without an agent there is nothing to say."""
    assert ids(await findings(check, patient(tmp_path, agent(tmp_path)))) == ["name.none"]
    assert await findings(check, patient(tmp_path)) == []
