"""`homeport token`, while no server runs."""

import json

from fakes.served import HOME, TEMPLATE, configured, homeport, serving


def test_a_token_s_life(tmp_path):
    """Made, listed without its secret, rotated, revoked; the secret is printed once."""
    config = configured(tmp_path)
    homeport(config, "host", "add", HOME)
    issued = json.loads(
        homeport(config, "token", "create", "--host", HOME, "--label", "router", "--json").stdout
    )
    assert sorted(issued) == ["id", "secret"]
    listed = homeport(config, "token", "list").stdout
    assert listed == f"{issued['id']} (router): {HOME}; password, signing\n"
    assert issued["secret"] not in homeport(config, "token", "list", "--json").stdout
    fresh = json.loads(homeport(config, "token", "rotate", issued["id"], "--json").stdout)
    assert fresh["id"] == issued["id"]
    assert fresh["secret"] != issued["secret"]
    homeport(config, "token", "revoke", issued["id"])
    assert homeport(config, "token", "revoke", issued["id"], check=False).returncode == 4


def test_kinds(tmp_path):
    """People read user, password and token; a token may be for signing or for passwords alone."""
    config = configured(tmp_path)
    homeport(config, "host", "add", HOME)
    said = homeport(config, "token", "create", "--host", HOME, "--signed-only").stdout
    user, password, token = (line.split()[1] for line in said.splitlines())
    assert token == f"{user}.{password}"
    assert homeport(config, "token", "list").stdout.endswith("; signing\n")
    done = homeport(config, "token", "create", "--host", HOME, "--signed-only", "--no-signing", check=False)
    assert done.returncode == 4
    assert homeport(config, "token", "create", "--host", "away.dyn.example.com", check=False).returncode == 4
    assert homeport(config, "token", "create", check=False).returncode == 2


def test_a_key_beside_the_file(tmp_path, monkeypatch):
    """A relative `file:` begins at the configuration file's folder, wherever a command is run."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    config = configured(tmp_path, template=TEMPLATE + '  key: "file:own.key"\n')
    homeport(config, "host", "add", HOME)
    homeport(config, "token", "create", "--host", HOME)
    with serving(config):
        assert (tmp_path / "own.key").is_file()
    assert list((tmp_path / "elsewhere").iterdir()) == []
