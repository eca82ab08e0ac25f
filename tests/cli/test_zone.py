"""`homeport zone`, while no server runs: the command opens the database itself."""

import json

from fakes.served import TEMPLATE, configured, homeport


def test_add_list_show_remove(tmp_path):
    """A zone of another script's letters is added, listed, shown and removed."""
    config = configured(tmp_path)
    homeport(
        config,
        "zone",
        "add",
        "家.example.net",
        "--ns",
        "ns1.家.example.net=198.51.100.53,2001:db8::53",
        "--ttl",
        "30",
    )
    listed = json.loads(homeport(config, "zone", "list", "--json").stdout)
    assert [(zone["name"], zone["ttl"], zone["from_file"]) for zone in listed] == [
        ("dyn.example.com", 60, True),
        ("xn--fct.example.net", 30, False),
    ]
    assert "2001:db8::53" in homeport(config, "zone", "show", "家.example.net").stdout
    homeport(config, "zone", "remove", "家.example.net")
    assert len(json.loads(homeport(config, "zone", "list", "--json").stdout)) == 1


def test_refusals(tmp_path):
    """A zone of the file, an unknown one and a bad address are one sentence each, with a status."""
    config = configured(tmp_path)
    done = homeport(config, "zone", "remove", "dyn.example.com", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "configuration file" in done.stderr
    assert homeport(config, "zone", "show", "nobody.example", check=False).returncode == 4
    done = homeport(config, "zone", "add", "a.example", "--ns", "ns1.a.example=here", check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert homeport(config, "zone", "add", "a b", check=False).returncode == 2


def test_name_servers_left_out(tmp_path):
    """A server on loopback says on standard error that the world cannot ask it; standard output stays the data."""
    config = configured(tmp_path)
    done = homeport(config, "zone", "add", "lab.example.com", "--json")
    assert json.loads(done.stdout)["hint"] == done.stderr.strip()
    assert "homeport zone add lab.example.com --ns ns1.lab.example.com=ADDRESS" in done.stderr


def test_a_zone_that_left_the_file(tmp_path):
    """It is listed as what it is, and can be removed."""
    config = configured(tmp_path)
    homeport(config, "zone", "list")
    config.write_text(config.read_text().replace("name: dyn.example.com", "name: lab.example.com"))
    assert "not in the file any more" in homeport(config, "zone", "show", "dyn.example.com").stdout
    homeport(config, "zone", "remove", "dyn.example.com")
    assert homeport(config, "zone", "show", "dyn.example.com", check=False).returncode == 4


def test_a_database_in_the_default_place_is_named_once(tmp_path, monkeypatch):
    """Where it was made is said when it is made, beside the answer, and never for a place the file names."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    config = configured(tmp_path, template=TEMPLATE.rpartition("  store:")[0])
    made = homeport(config, "zone", "list", "--json")
    place = tmp_path / "state" / "server.db"
    assert made.stderr == f"made {place}; server.store.path in the file chooses another place\n"
    assert json.loads(made.stdout)
    assert homeport(config, "zone", "list").stderr == ""
    assert homeport(configured(tmp_path), "zone", "list").stderr == ""
