"""`homeport init`: a few questions, and a file that loads."""

import asyncio

import pytest
from click.testing import CliRunner

from fakes.homeport_gateway import Fake as Gateway
from fakes.neighbourhood import NAME
from fakes.programs import Folder, wait_until
from homeport import providers
from homeport.cli import main
from homeport.config import first, loader
from homeport.config.first import Answers, render
from homeport.config.kinds import settings_of, types_of, urls_of
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType

SECRET = "hunter2-T0ken"


def answers(**more):
    return Answers(
        **(
            {
                "name": Fqdn.parse(NAME),
                "kind": "cloudflare",
                "settings": {"token": "secret:cloudflare-token"},
                "secrets": {"cloudflare-token": SECRET},
                "types": (RRType.A, RRType.AAAA),
            }
            | more
        )
    )


def test_asks_tries_and_writes(tmp_path):
    """From the first question to a file, an encrypted secret, and a next step; a refused test is said."""
    path = tmp_path / "homeport.yaml"
    typed = f"not a name!\nhome\nhome.duckdns.org\nduckdns\n{SECRET}\nn\n"
    done = CliRunner().invoke(main, ["init", "--config", str(path)], input=typed)
    assert done.exit_code == 0, done.output
    assert "not a domain name" in done.output
    assert "home has no domain yet" in done.output
    assert "https://www.duckdns.org/" in done.output
    assert SECRET not in done.output
    assert "homeport plan" in done.output
    assert "service install" in done.output
    assert path.stat().st_mode & 0o777 == 0o600
    config = loader.load(path).config
    assert str(config.agent.records[0].name) == "home.duckdns.org"
    assert config.agent.providers["duckdns"].token.reveal() == SECRET
    assert SECRET not in path.read_text()


def test_one_that_runs_already_is_to_take_the_file(tmp_path, monkeypatch):
    """Who began with `homeport run` and went on in a terminal is not sent to start a second one."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    config, folder = tmp_path / "homeport.yaml", Folder(tmp_path)
    folder.write("homeport.yaml", "agent: {web: {listen: []}}\n")
    with folder.running("run", log="log"):
        folder.wait_for("log", "agent.started")
        wait_until(lambda: not folder.run("status", check=False).returncode)
        typed = f"home.duckdns.org\nduckdns\n{SECRET}\nn\n"
        done = CliRunner().invoke(main, ["init", "--force", "--config", str(config)], input=typed)
        assert "homeport config reload" in done.output
        assert "homeport run" not in done.output.partition("Next:")[2]


def test_a_question_mark_lists_the_hosts(tmp_path):
    """Who came by a double click has no second window to ask in."""
    done = CliRunner().invoke(main, ["init", "--config", str(tmp_path / "h.yaml")], input=f"{NAME}\n?\n")
    assert [kind for kind in providers.kinds() if kind not in done.output] == []


def test_an_existing_file_is_not_replaced(tmp_path):
    """Without --force nothing is asked; the sentence says both ways out."""
    path = tmp_path / "homeport.yaml"
    path.write_text("mine")
    done = CliRunner().invoke(main, ["init", "--config", str(path)])
    assert done.exit_code == 2
    assert "--force" in done.stderr
    assert path.read_text() == "mine"


def test_a_host_that_refuses_writes_nothing(tmp_path):
    """When the host cannot be listed and the person says no, nothing is left behind."""
    path = tmp_path / "homeport.yaml"
    typed = f"home.example.com\nrfc2136\nexample.com\n127.0.0.1\nkey\n{SECRET}\nn\nstop\n"
    done = CliRunner().invoke(main, ["init", "--config", str(path)], input=typed)
    assert done.exit_code == 2, done.output
    assert "nothing was written" in done.stderr
    assert list(tmp_path.iterdir()) == []


async def test_a_secret_that_is_refused_is_typed_again(tmp_path):
    """It is told at once, and only what was refused is asked for again."""
    path = tmp_path / "homeport.yaml"
    async with Gateway().running() as gateway:
        gateway.hosts["home.dyn.example.com"] = set()
        wrong, right = ([gateway.url, token] for token in (gateway.wrong["token"], gateway.secret))
        typed = "\n".join(("home.dyn.example.com", "homeport", *wrong, "n", "", *right, ""))
        done = await asyncio.to_thread(CliRunner().invoke, main, ["init", "--config", str(path)], input=typed)
    assert done.exit_code == 0, done.output
    assert "What now (token, name, write, stop) [token]" in done.output
    assert loader.load(path).config.agent.providers["homeport"].token.reveal() == gateway.secret


def test_a_name_that_the_host_cannot_hold_is_asked_for_again(tmp_path):
    """Before the file is written, of hosts that cannot be asked, too."""
    path = tmp_path / "homeport.yaml"
    typed = f"home.example.com\nduckdns\n{SECRET}\nn\n\nhome.duckdns.org\n"
    done = CliRunner().invoke(main, ["init", "--config", str(path)], input=typed)
    assert done.exit_code == 0, done.output
    assert "write NAME.duckdns.org" in done.output
    assert str(loader.load(path).config.agent.records[0].name) == "home.duckdns.org"


@pytest.mark.parametrize("pasted", ["\x16", "   "])
def test_what_is_no_secret_is_asked_for_again(tmp_path, pasted):
    """A console may take Ctrl-V for a character; what was meant is then typed."""
    path = tmp_path / "homeport.yaml"
    typed = f"home.duckdns.org\nduckdns\n{pasted}\n{SECRET}\nn\n"
    done = CliRunner().invoke(main, ["init", "--config", str(path)], input=typed)
    assert done.exit_code == 0, done.output
    assert "right click" in done.output
    assert loader.load(path).config.agent.providers["duckdns"].token.reveal() == SECRET


def test_a_server_that_is_no_url_is_asked_for_again(tmp_path):
    """At once, before anything is tried, so that what is written loads."""
    path = tmp_path / "homeport.yaml"
    typed = f"home.example.com\nhomeport\nn\nhttp://127.0.0.1:1\n{SECRET}\nn\nwrite\n"
    done = CliRunner().invoke(main, ["init", "--config", str(path)], input=typed)
    assert done.exit_code == 0, done.output
    assert "Error: expected a URL that begins with" in done.output
    assert loader.load(path).config.agent.providers["homeport"].server == "http://127.0.0.1:1"


def test_questions_that_end_early(tmp_path):
    """Where nobody answers, it says that nothing was written and how to go on."""
    done = CliRunner().invoke(main, ["init", "--config", str(tmp_path / "homeport.yaml")], input="\n")
    assert done.exit_code == 2, done.output
    assert done.stderr.strip().startswith("the questions ended without an answer; nothing was written")
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_only_other_clients_know_is_called_unproven(tmp_path):
    """Before anything is asked of it, init says that it is unproven, and of every host where its token is made."""
    for kind, is_unproven in (("he", True), ("duckdns", False)):
        typed = f"home.example.com\n{kind}\n"
        done = CliRunner().invoke(main, ["init", "--config", str(tmp_path / "homeport.yaml")], input=typed)
        assert ("is unproven here" in done.output) is is_unproven
        assert providers.load(kind).about.access in done.output


VALUES = {
    "service": "noip",
    "server": "192.0.2.53",
    "url": "https://dns.example.net/u?ip={address}",
    "ionos": "a.b",
}


@pytest.mark.parametrize("kind", providers.kinds())
def test_every_host_is_asked_what_it_needs(kind, tmp_path):
    """Whatever the host, the answers to its questions are a file without faults, and its secret is among them."""
    settings = settings_of(providers.load(kind))
    asked = first.asked(kind)
    assert [field.name for field in asked if field.secret] or kind == "http"
    assert "proxy" not in {field.name for field in asked}
    given, secrets = {}, {}
    for field in asked:
        value = VALUES.get(field.name, "example.com")
        value = "https://example.com" if field.name in urls_of(settings) and kind != "http" else value
        given[field.name] = f"secret:{kind}-{field.name}" if field.secret else value
        secrets |= {f"{kind}-{field.name}": SECRET} if field.secret else {}
    types = tuple(types_of(kind))
    text = render(answers(kind=kind, settings=given, secrets=secrets, types=(RRType.A,)))
    assert RRType.A in types
    assert loader.parse(
        text.replace(NAME, "home.example.com"), tmp_path / "homeport.yaml"
    ).config.agent.records


def test_a_host_by_another_name(tmp_path):
    """What people call a host, and what was typed wrong, is answered with the kind that was meant."""
    for typed, meant in (
        ("aliyun", "alidns"),
        ("aws", "route53"),
        ("no-ip", "noip"),
        ("cloudfare", "cloudflare"),
    ):
        config = str(tmp_path / "homeport.yaml")
        done = CliRunner().invoke(main, ["init", "--config", config], input=f"home.example.com\n{typed}\n")
        assert f"did you mean {meant}?" in done.output


def test_a_host_with_ipv4_alone_is_given_ipv4_alone(tmp_path):
    """What its host cannot hold is not written down, so that the file loads."""
    path = tmp_path / "homeport.yaml"
    typed = f"home.example.com\nnamecheap\nexample.com\n{SECRET}\nn\n"
    done = CliRunner().invoke(main, ["init", "--config", str(path)], input=typed)
    assert done.exit_code == 0, done.output
    assert loader.load(path).config.agent.records[0].types == (RRType.A,)
