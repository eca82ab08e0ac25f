"""A provider is found by its kind, and only what is asked for is imported."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from homeport import providers
from homeport.errors import ConfigInvalid
from homeport.providers import _base
from homeport.providers.dyndns2 import SERVICES

TOP = Path(__file__).resolve().parents[2]


def test_kinds():
    """The five first ones are there, and nothing private is."""
    assert {"cloudflare", "dyndns2", "duckdns", "homeport", "rfc2136"} <= set(providers.kinds())
    assert not any(kind.startswith("_") for kind in providers.kinds())


@pytest.mark.parametrize(("typed", "meant"), [("cloudfare", "cloudflare"), ("duckdn", "duckdns")])
def test_a_typing_mistake_is_answered_with_the_right_word(typed, meant):
    """There is no default provider: an unknown kind is an error that names the nearest."""
    with pytest.raises(ConfigInvalid, match=f"did you mean '{meant}'"):
        providers.load(typed)


@pytest.mark.parametrize("kind", ["_base", "os", "../os", ""])
def test_what_is_no_provider(kind):
    """Nothing but a provider can be loaded by its name."""
    with pytest.raises(ConfigInvalid):
        providers.load(kind)


def test_loading_one_imports_no_library():
    """Providers are loaded when a file is read: the heavy libraries wait for the first request."""
    code = (
        "import sys; from homeport import providers; [providers.load(kind) for kind in providers.kinds()];"
        "print([name for name in ('httpx2', 'httpcore2', 'dns', 'starlette', 'cryptography') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("page", ["docs/providers.md", "docs/zh/providers.md"])
def test_everything_is_documented(page):
    """Each kind has its section, which shows or names each of its settings, options and presets."""
    text = (TOP / page).read_text(encoding="utf-8")
    shared = {field.name for field in msgspec.structs.fields(_base.Settings)} | {"base_url"}
    for kind in providers.kinds():
        section = text.split(f"\n## {kind}\n")[1].split("\n## ")[0]
        cls = providers.load(kind)
        for struct in (cls.Settings, cls.Options):
            names = {field.encode_name for field in msgspec.structs.fields(struct)}
            missing = [name for name in sorted(names - shared) if not re.search(rf"\b{name}\b", section)]
            assert not missing, f"{page} says nothing of {kind}'s {missing}"
    for service, how in SERVICES.items():
        assert re.search(rf"^\| `{re.escape(service)}` \| .+ \| {how.most} \|$", text, re.MULTILINE)
