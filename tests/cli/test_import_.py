"""`homeport import` writes a file that loads, keeps its secrets apart, and touches nothing that is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from homeport.cli import main
from homeport.config import loader, secret_store

SAMPLES = Path(__file__).parents[1] / "config" / "samples"
GO = SAMPLES / "ddns_go" / "v6.yaml"


@pytest.fixture
def run(tmp_path):
    """Run it with a place of its own; no output may hold a secret."""

    def run(*words):
        done = CliRunner().invoke(
            main, ["import", *words, "--output", str(tmp_path / "new" / "homeport.yaml")]
        )
        assert "hunter2" not in done.output
        return done

    return run


def test_its_whole_work(run, tmp_path):
    """The file loads, its secrets are in the store, what was left is told, and what to do next."""
    done = run("ddns-go", str(GO))
    path = tmp_path / "new" / "homeport.yaml"
    assert done.exit_code == 0, done.output
    agent = loader.load(path).config.agent
    assert len(agent.records) == 5
    assert "hunter2" not in path.read_text(encoding="utf-8")
    assert secret_store.read(path.with_name("secrets.json"), "cloudflare-token") == "hunter2-cloudflare"
    assert "webhook: it is called for a failure that lasts" in done.stdout
    assert secret_store.read(path.with_name("secrets.json"), "webhook-url").endswith("hunter2-webhook")
    assert "stop ddns-go, for two programs would set the same names" in done.stdout
    assert f"homeport plan --config {path}" in done.stdout


def test_what_is_there_stays(run, tmp_path):
    """A file is replaced with `--force` alone, and then kept beside; secrets of others keep their names."""
    path = tmp_path / "new" / "homeport.yaml"
    path.parent.mkdir()
    path.write_text("mine")
    done = run("ddns-go", str(GO))
    assert (done.exit_code, path.read_text()) == (2, "mine")
    assert "is there already and was not touched" in done.stderr
    assert run("ddns-go", str(GO), "--force").exit_code == 0
    assert path.with_name("homeport.yaml.old").read_text() == "mine"


def test_secrets_that_are_there_stay(run, tmp_path):
    """Without `--force` a name that is taken in the store is not taken again."""
    store = tmp_path / "new" / "secrets.json"
    secret_store.put(store, "cloudflare-token", "mine")
    assert run("ddns-go", str(GO)).exit_code == 0
    assert secret_store.read(store, "cloudflare-token") == "mine"
    assert secret_store.read(store, "cloudflare-token-2") == "hunter2-cloudflare"


def test_json(run):
    """For machines: names, providers, the names of secrets, and both lists."""
    report = json.loads(run("godns", str(SAMPLES / "godns" / "v3.json"), "--json").stdout)
    assert report["records"][0] == "www.example.com A"
    assert report["providers"] == {"cloudflare": "cloudflare", "duckdns": "duckdns"}
    assert report["secrets"] == ["duckdns-token"]
    assert {each["what"] for each in report["left"]} == {"notify", "Hetzner"}


def test_to_be_looked_at(tmp_path, monkeypatch):
    """With `-` the file is shown and nothing is written."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(
        main, ["import", "ddclient", str(SAMPLES / "ddclient" / "v4.conf"), "--output", "-"]
    )
    assert done.exit_code == 0
    assert loader.parse(done.stdout, tmp_path / "homeport.yaml").config.agent.records
    assert "hunter2" not in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["favonia", "x"], "there is nothing here that reads 'favonia'"),
        (["ddns-go", "{tmp}/absent"], "there is no such file"),
        (["ddns-go", "{tmp}"], "cannot be read"),
        (["ddns-go", "{tmp}/latin"], "is not UTF-8"),
        (["ddns-go", "{tmp}/large"], "larger than"),
        (["inadyn", "{tmp}/empty"], "this is no configuration of inadyn"),
    ],
)
def test_what_cannot_be(run, tmp_path, words, said):
    """Each is one sentence, status 2, and nothing is written."""
    (tmp_path / "latin").write_bytes(b"\xe4\xf6\xfc")
    (tmp_path / "large").write_bytes(b" " * (1024 * 1024 + 1))
    (tmp_path / "empty").write_bytes(b"")
    done = run(*(word.replace("{tmp}", str(tmp_path)) for word in words))
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "new").exists()
