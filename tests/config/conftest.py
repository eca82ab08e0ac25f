"""Kinds that stand in for real detectors and providers, so that the texts asserted here are this room's own."""

from __future__ import annotations

import textwrap
from typing import Literal

import msgspec
import pytest

from homeport import detectors, providers
from homeport.config import loader
from homeport.errors import ConfigInvalid
from homeport.model.address import Family
from homeport.model.name import Fqdn
from homeport.model.secret import Secret


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    nameservers: tuple[str, ...] = ()


class EchoSettings(Settings, frozen=True, kw_only=True, tag="echo"):
    url: str


class Echo:
    kind = "echo"
    witnesses = 2
    protocol = "https"
    camp = ""
    Settings = EchoSettings

    def __init__(self, settings, tools):
        self.operator = settings.url.split("/")[2]


class CardSettings(Settings, frozen=True, kw_only=True, tag="card"):
    name: str
    prefer: Literal["stable", "dynamic"] = "stable"


class Card:
    kind = "card"
    witnesses = 1
    operator = "this machine"
    protocol = "system"
    camp = ""
    Settings = CardSettings

    def __init__(self, settings, tools):
        self.families = (Family.V6,)


class CloudSettings(Settings, frozen=True, kw_only=True, tag="cloud"):
    zone: Fqdn | None = None
    token: Secret | None = None
    email: str = ""
    key: Secret | None = None
    base_url: str = "https://api.example.net"
    port: int = 443

    def __post_init__(self):
        if (self.token is None) == (self.key is None):
            raise ValueError("give either token, or email and key")


class CloudOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    proxied: bool = False
    comment: str = ""


class Cloud:
    kind = "cloud"
    Settings = CloudSettings
    Options = CloudOptions


class PlainSettings(Settings, frozen=True, kw_only=True, tag="plain"):
    password: Secret


class Plain:
    kind = "plain"
    Settings = PlainSettings


def _load(kinds, what):
    def load(kind):
        if kind == "extra":
            raise ImportError("no", name="lexicon")
        if kind not in kinds:
            raise ConfigInvalid(f"there is no {what} {kind!r}")
        return kinds[kind]

    return load


@pytest.fixture
def kinds(monkeypatch):
    """Replace both rooms by the kinds above."""
    monkeypatch.setattr(detectors, "load", _load({"echo": Echo, "card": Card}, "detector"), raising=False)
    monkeypatch.setattr(providers, "load", _load({"cloud": Cloud, "plain": Plain}, "provider"))


@pytest.fixture
def write(tmp_path):
    """Write a file and return its path."""

    def write(text, name="homeport.yaml"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def faults(write, kinds):
    """Return what is wrong with a text, each line without the folder."""

    def faults(text):
        path = write(text)
        with pytest.raises(ConfigInvalid) as caught:
            loader.load(path)
        return [line.removeprefix(f"{path.parent}/") for line in str(caught.value).split("\n")]

    return faults
