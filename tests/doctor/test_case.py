"""What is looked at."""

import sys

import pytest

from fakes.clock import FakeClock
from fakes.patient import agent, patient
from homeport.config import paths
from homeport.doctor.case import opened
from homeport.doctor.hearing import HearingHttp

SERVER = "server:\n  zones: [{name: dyn.example.com, nameservers: [{name: ns.example.net}]}]\n"


def test_the_databases_of_what_the_file_describes(tmp_path):
    """An agent's, a server's or both; without a file the agent's in the platform's place."""
    assert dict(patient(tmp_path, agent(tmp_path)).databases) == {"run": tmp_path / "state" / "agent.db"}
    store = f"  store: {{kind: sqlite, path: {tmp_path / 's.db'}}}\n"
    assert dict(patient(tmp_path, SERVER + store).databases) == {"serve": tmp_path / "s.db"}
    assert set(patient(tmp_path, agent(tmp_path) + SERVER + store).databases) == {"run", "serve"}
    assert set(patient(tmp_path).databases) == {"run"}


def test_the_database_of_a_service_is_the_services(tmp_path, monkeypatch):
    """Whoever names the file in the service's folder means its database, under any account."""
    monkeypatch.setattr(paths, "SERVICE", tmp_path)
    monkeypatch.setattr(paths.os, "geteuid", lambda: 1000)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert dict(patient(tmp_path, "agent: {}\n" + SERVER).databases) == {
        "run": tmp_path / "agent.db",
        "serve": tmp_path / "server.db",
    }


def test_the_job_is_what_the_system_would_start(tmp_path):
    """Of this file, by this interpreter."""
    job = patient(tmp_path, agent(tmp_path)).job("run")
    assert job.command[-4:] == ("run", "--config", str(tmp_path / "homeport.yaml"), "--no-web")
    assert job.state == tmp_path / "state"


def test_without_a_file_an_agent_would_ask_the_built_in_sources(tmp_path):
    """So that the network can be looked at before there is anything to configure."""
    assert list(patient(tmp_path).settings.addresses) == ["auto"]


async def test_an_opened_case_hears_the_clock_of_others(tmp_path):
    """Its HTTP notes the Date of every answer."""
    (tmp_path / "homeport.yaml").write_text(agent(tmp_path))
    async with opened(tmp_path / "homeport.yaml", (), FakeClock()) as case:
        assert isinstance(case.tools.http, HearingHttp)
        assert case.heard is case.tools.http.heard
        assert case.agent is not None


async def test_the_file_that_a_service_keeps_in_its_state_folder(tmp_path, monkeypatch):
    """It is looked at where there is no other: nobody has to know where it lies."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr("homeport.config.paths.FILE", "homeport-of-this-test.yaml")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "homeport").mkdir()
    (tmp_path / "homeport" / "homeport-of-this-test.yaml").write_text(agent(tmp_path))
    if sys.platform == "win32":
        pytest.skip("SKIPPED, NOT TESTED: the folders of Windows are elsewhere")
    async with opened(None, (), FakeClock()) as case:
        assert case.path.name == "homeport-of-this-test.yaml"
        assert case.agent is not None
