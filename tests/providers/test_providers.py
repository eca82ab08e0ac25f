"""A provider is found by its kind, and only what is asked for is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from fakes.hosts import fake_of
from homeport import providers
from homeport.errors import ConfigInvalid
from homeport.jobs.clock import SystemClock
from homeport.providers._presets import SERVICES

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
    """Each kind has its row with its settings and evidence, each preset its own: the page is as the tool writes it."""
    text = (TOP / page).read_text(encoding="utf-8")
    assert [kind for kind in providers.kinds() if f"\n| `{kind}` | " not in text] == []
    assert [name for name in SERVICES if f"\n| `{name}` | " not in text] == []
    done = subprocess.run(
        [sys.executable, TOP / "tools" / "provider_docs", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert page not in done.stdout, done.stdout


@pytest.mark.parametrize("page", ["providers.md", "adding-a-provider.md"])
def test_people_are_spoken_to_politely(page):
    """The Chinese pages say 您, in the cells that come from the providers as well."""
    assert "你" not in (TOP / "docs" / "zh" / page).read_text(encoding="utf-8")


def test_the_tables_hold_what_is_in_this_tree(tmp_path, monkeypatch):
    """A kind from a package installed beside it is no part of the documentation."""
    info = tmp_path / "outsider-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outsider\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[homeport.providers]\noutsider = outsider:PROVIDER\n")
    (tmp_path / "outsider.py").write_text("from homeport.providers.duckdns import PROVIDER\n")
    kept = sys.executable, TOP / "tools" / "provider_docs", "--check"
    before = subprocess.run(kept, capture_output=True, text=True, check=False)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    after = subprocess.run(kept, capture_output=True, text=True, check=False)
    assert (after.returncode, after.stdout) == (before.returncode, before.stdout), after.stderr


@pytest.mark.parametrize("kind", ["alidns", "tencentcloud", "homeport"])
def test_a_stand_in_knows_the_time(kind):
    """Whoever runs one outside of this suite need not give it a clock."""
    assert abs(fake_of(kind)().clock.now() - SystemClock().now()) < 60
