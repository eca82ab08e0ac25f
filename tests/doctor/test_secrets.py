"""The secrets, read once."""

from fakes.patient import FakeWay, agent, findings, ids, patient
from homeport.doctor.secrets import check
from homeport.system.method import Standing

SECRET = "0a1b2c3d-0000-4000-8000-000000000000"


def text(folder, token):
    return agent(folder, f"  providers:\n    duck: {{kind: duckdns, token: '{token}'}}\n")


async def test_secrets_that_can_be_read(tmp_path):
    """They are counted and not shown."""
    (tmp_path / "token").write_text(SECRET)
    [found] = await findings(check, patient(tmp_path, text(tmp_path, "file:token")))
    assert found.said.id == "secrets.ok"
    assert SECRET not in found.sentence


async def test_a_secret_that_is_not_there(tmp_path):
    """The provider and the place are named."""
    [found] = await findings(check, patient(tmp_path, text(tmp_path, "file:gone")))
    assert found.said.id == "secrets.unreadable"
    assert "providers.duck" in found.sentence
    assert str(tmp_path / "gone") in found.sentence


async def test_a_variable_of_this_shell(tmp_path, monkeypatch):
    """What the system starts does not have it: worth knowing once something is installed."""
    monkeypatch.setenv("DUCK", SECRET)
    case = patient(tmp_path, text(tmp_path, "env:DUCK"))
    assert ids(await findings(check, case)) == ["secrets.ok"]
    case.installed = [FakeWay(Standing(is_installed=True))]
    assert ids(await findings(check, case)) == ["secrets.environment", "secrets.ok"]


async def test_no_agent_has_no_secrets(tmp_path):
    """Nothing is said where there is nothing to read."""
    assert await findings(check, patient(tmp_path)) == []
