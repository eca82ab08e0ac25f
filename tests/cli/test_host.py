"""`homeport host`, while no server runs."""

import json

from fakes.served import HOME, configured, homeport


def test_a_host_s_life(tmp_path):
    """Added, shown, with its rights, its history, and removed."""
    config = configured(tmp_path)
    added = json.loads(homeport(config, "host", "add", HOME, "--public-only", "--json").stdout)
    assert (added["name"], added["public_only"], added["addresses"]) == (HOME, True, [])
    assert "no address yet" in homeport(config, "host", "list").stdout
    assert "public_only" in homeport(config, "host", "show", HOME).stdout
    homeport(config, "host", "add", HOME, "--allow-private")
    lines = json.loads(homeport(config, "host", "history", HOME, "--json").stdout)
    assert [line["what"] for line in lines] == ["added", "added"]
    assert " added  by admin" in homeport(config, "host", "history", HOME, "--limit", "1").stdout
    homeport(config, "host", "remove", HOME)
    assert json.loads(homeport(config, "host", "list", "--json").stdout) == []


def test_what_is_added_twice_is_no_news(tmp_path):
    """The second time says that it was there, and either names the host where a token is to be made."""
    config = configured(tmp_path)
    first = homeport(config, "host", "add", HOME).stdout
    assert first.endswith(f"no token: homeport token create --host {HOME}\n")
    assert homeport(config, "host", "add", HOME).stdout == f"{first.rstrip()}; it was there already\n"
    assert "; 1 host; " in homeport(config, "zone", "list").stdout


def test_a_name_without_its_zone(tmp_path):
    """The name that was meant is in the sentence."""
    done = homeport(configured(tmp_path), "host", "add", "nas", check=False)
    assert done.returncode == 4
    assert done.stderr == "nas is in no zone of this server; did you mean nas.dyn.example.com?\n"


def test_refusals(tmp_path):
    """A name outside of every zone, and rights that contradict, are refused with the way out."""
    config = configured(tmp_path)
    done = homeport(config, "host", "add", "home.example.org", check=False)
    assert done.returncode == 4
    assert done.stderr == "home.example.org is in no zone of this server; add one first: homeport zone add\n"
    assert (
        homeport(config, "host", "add", HOME, "--public-only", "--allow-private", check=False).returncode == 4
    )
    assert homeport(config, "host", "remove", HOME, check=False).returncode == 4
