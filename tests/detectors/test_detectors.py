"""Finding detectors by their kind."""

import pkgutil
import re
from pathlib import Path

import msgspec
import pytest

from fakes.tools import toolbox
from homeport import detectors
from homeport.config import automatic, loader
from homeport.detectors._services import ECHOES, STUN, WHOAMI
from homeport.errors import ConfigInvalid
from homeport.model.operator import MAINLAND, WORLDWIDE

NEEDED = {  # the settings without which a kind cannot be made
    "command": {"run": ("my-ip",)},
    "dns_echo": {"server": "opendns"},
    "file": {"path": Path("addresses")},
    "http_echo": {"service": "ipify"},
    "neighbour": {"mac": "52:54:00:12:34:56"},
    "push": {"from_": "fritz"},
    "server": {"server": "https://ddns.example.com"},
    "static": {"address": ("192.0.2.1",)},
    "stun": {"server": "stun.example.com"},
}


@pytest.mark.parametrize("kind", detectors.kinds())
def test_every_kind_is_whole(kind):
    """Kind, tag and module are one name, every setting is described, and a default for witnesses is there."""
    found = detectors.load(kind)
    module = __import__(found.__module__, fromlist=["Settings"])
    assert found.kind == kind
    assert module.Settings.__struct_config__.tag == kind
    assert module.Settings.__doc__
    assert found.witnesses >= 1
    [schema] = msgspec.json.schema_components([module.Settings])[1].values()
    assert all(field == "kind" or "description" in about for field, about in schema["properties"].items())


@pytest.mark.parametrize("kind", detectors.kinds())
def test_every_kind_says_whom_it_asks_and_how(kind):
    """Operator, protocol and camp are known before anybody is asked, and so is a line for people."""
    found = detectors.load(kind)
    module = __import__(found.__module__, fromlist=["Settings"])
    detector = found(module.Settings(**NEEDED.get(kind, {})), toolbox())
    assert detector.operator
    assert detector.protocol
    assert detector.camp in {MAINLAND, WORLDWIDE, ""}
    assert detector.describe().startswith(kind)


def test_all_are_found():
    """The kinds this version promises are there."""
    promised = {
        "http_echo",
        "dns_echo",
        "stun",
        "interface",
        "static",
        "file",
        "command",
        "server",
        "neighbour",
        "push",
    }
    assert promised <= set(detectors.kinds())
    ours = {module.name for module in pkgutil.iter_modules(detectors.__path__) if module.name[0] != "_"}
    assert ours <= set(detectors.kinds())


@pytest.mark.parametrize(
    ("kind", "near"), [("http-echo", "http_echo"), ("stunn", "stun"), ("../x", "there are")]
)
def test_an_unknown_kind_names_the_nearest(kind, near):
    """A typing mistake is answered with the right word."""
    with pytest.raises(ConfigInvalid, match=near):
        detectors.load(kind)


PAGES = [Path(__file__).parents[2] / "docs" / name for name in ("addresses.md", "zh/addresses.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_every_kind_and_setting_is_documented(page):
    """A kind has a section of its own, and in it stands every setting, preset and built-in service."""
    sections = dict(
        re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    )
    for kind in detectors.kinds():
        module = __import__(detectors.load(kind).__module__, fromlist=["Settings"])
        names = [field.encode_name for field in msgspec.structs.fields(module.Settings)]
        names += {"http_echo": ECHOES, "dns_echo": WHOAMI, "stun": STUN}.get(kind, ())
        assert [name for name in names if f"`{name}`" not in sections[kind]] == [], kind


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_every_example_loads(page):
    """What a page shows can be used as it stands; `auto` written out is `auto`."""
    examples = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    agents = [loader.parse(text, Path("homeport.yaml")).config.agent for text in examples]
    [auto] = [
        agent.addresses["auto"] for text, agent in zip(examples, agents, strict=True) if "auto:" in text
    ]
    assert auto == automatic.source(is_mainland=page.parent.name == "zh")
