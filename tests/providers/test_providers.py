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


WORKED = """\
import fakes
from homeport import providers

providers.__path__.append({folder!r} + "/providers")
fakes.__path__.append({folder!r} + "/fakes")
providers.kinds = lambda: ["exampledns"]
providers.load = lambda kind: __import__(f"homeport.providers.{{kind}}", fromlist=["PROVIDER"]).PROVIDER
"""


@pytest.mark.parametrize("page", ["docs/adding-a-provider.md", "docs/zh/adding-a-provider.md"])
def test_the_worked_example_is_a_provider(page, tmp_path):
    """The two files that the page shows are the example's provider and a fake, and together pass the whole suite."""
    provider, fake = re.findall(r"```python\n(.*?)```", (TOP / page).read_text(), re.DOTALL)
    example = TOP / "examples/homeport-example-provider/src/homeport_example_provider/exampledns.py"
    assert provider == example.read_text()
    for room, text in (("providers", provider), ("fakes", fake)):
        (tmp_path / room).mkdir()
        (tmp_path / room / "exampledns.py").write_text(text)
    (tmp_path / "worked.py").write_text(WORKED.format(folder=str(tmp_path)))
    if page.startswith("docs/zh"):
        return  # the same two files as above, which one run has proven
    suite = ["tests/providers/test_conformance.py", "-q", "-p", "worked", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *suite],
        cwd=TOP,
        env={"PYTHONPATH": f"{tmp_path}:{TOP / 'tests'}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
